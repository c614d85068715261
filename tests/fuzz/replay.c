// SPDX-License-Identifier: Apache-2.0
//
// replay.c: every file of FOLDER/<target>/ through its target, without libFuzzer and with any compiler.
// usage: fuzz_replay FOLDER...
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX (1 << 20)

int fuzz_hello(const uint8_t* data, size_t size);
int fuzz_records(const uint8_t* data, size_t size);
int fuzz_name(const uint8_t* data, size_t size);
int fuzz_stream(const uint8_t* data, size_t size);
int fuzz_quic(const uint8_t* data, size_t size);
int fuzz_dns(const uint8_t* data, size_t size);
int fuzz_http(const uint8_t* data, size_t size);
int fuzz_frame(const uint8_t* data, size_t size);

static const struct {
    const char* name;
    int (*run)(const uint8_t* data, size_t size);
} targets[] = {
    {"hello", fuzz_hello}, {"records", fuzz_records}, {"name", fuzz_name}, {"stream", fuzz_stream},
    {"quic", fuzz_quic},   {"dns", fuzz_dns},         {"http", fuzz_http}, {"frame", fuzz_frame},
};

// Returns 1, or 0 if it is not a file. The name is printed first: a finding aborts.
static int replay(const char* path, int (*run)(const uint8_t*, size_t))
{
    FILE* file = fopen(path, "rb");
    uint8_t* data = malloc(INPUT_MAX);
    size_t size;

    if (!file || !data) {
        fprintf(stderr, "%s: cannot be read: %s\n", path, strerror(errno));
        exit(1);
    }
    size = fread(data, 1, INPUT_MAX, file);
    fclose(file);
    printf("%s\n", path);
    fflush(stdout);
    // Its own allocation of just this size, so that the sanitizers see a read behind the end.
    uint8_t* exact = malloc(size > 0 ? size : 1);

    if (!exact)
        exit(1);
    memcpy(exact, data, size);
    run(exact, size);
    free(exact);
    free(data);
    return 1;
}

static int replay_folder(const char* folder, size_t target)
{
    char path[4096];
    struct dirent* entry;
    int count = 0;

    snprintf(path, sizeof(path), "%s/%s", folder, targets[target].name);
    DIR* open = opendir(path);
    if (!open)
        return 0;
    while ((entry = readdir(open))) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s/%s", folder, targets[target].name, entry->d_name);
        count += replay(path, targets[target].run);
    }
    closedir(open);
    return count;
}

int main(int argc, char** argv)
{
    int count = 0;

    for (int i = 1; i < argc; i++)
        for (size_t target = 0; target < sizeof(targets) / sizeof(targets[0]); target++)
            count += replay_folder(argv[i], target);
    printf("%d inputs\n", count);
    if (count == 0)
        fprintf(stderr, "no inputs; usage: fuzz_replay FOLDER..., each with FOLDER/<target>/<input>\n");
    return count == 0;
}
