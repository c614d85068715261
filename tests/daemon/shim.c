// SPDX-License-Identifier: Apache-2.0
//
// shim.c: preloaded into a daemon, shifts its wall clock and lets the kernel refuse it new BPF maps, as the
// file says that INTERDICT_TEST_SHIM names (struct shim). The machine's own clock and memory are everybody's.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "shim.h"

static const volatile struct shim* shim;
static int (*real_clock_gettime)(clockid_t, struct timespec*);
static long (*real_syscall)(long, ...);

__attribute__((constructor)) static void begin(void)
{
    real_clock_gettime = (int (*)(clockid_t, struct timespec*))dlsym(RTLD_NEXT, "clock_gettime");
    real_syscall = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    const char* name = getenv("INTERDICT_TEST_SHIM");
    const int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    void* memory = mmap(NULL, sizeof(*shim), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (memory != MAP_FAILED)
        shim = memory;
}

int clock_gettime(clockid_t clock, struct timespec* time)
{
    if (!real_clock_gettime) // another constructor came first
        begin();
    const int result = real_clock_gettime(clock, time);
    if (result == 0 && shim &&
        (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI))
        time->tv_sec += shim->clock;
    return result;
}

long syscall(long number, ...)
{
    if (!real_syscall)
        begin();
    long a[6];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < 6; ++i)
        a[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_bpf && a[0] == BPF_MAP_CREATE && shim && shim->no_maps) {
        errno = ENOMEM;
        return -1;
    }
    return real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
