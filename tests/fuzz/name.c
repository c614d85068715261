// SPDX-License-Identifier: Apache-2.0
//
// name.c: the bytes of a host name, against a reader that goes from left to right and sums up every suffix on
// its own. Input: the name.
#include "target.h"

static struct interdict_name_key key;

static void make_key(void)
{
    uint64_t state = 1;
    uint64_t* word = (uint64_t*)&key;

    for (size_t i = 0; i < sizeof(key) / sizeof(*word); i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        word[i] = state ^ state >> 29;
    }
}

static int in_host_names(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           byte == '-' || byte == '_';
}

// Writes the folded text; returns its length, or 0 if it is not a host name.
static size_t fold(const uint8_t* data, size_t size, uint8_t* text)
{
    size_t label = 0;

    if (size > 0 && data[size - 1] == '.')
        size--;
    if (size == 0 || size > INTERDICT_NAME_MAX)
        return 0;
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '.' ? label == 0 : !in_host_names(data[i]))
            return 0;
        label = data[i] == '.' ? 0 : label + 1;
        text[i] = interdict_fold(data[i]);
    }
    return label > 0 ? size : 0;
}

static struct interdict_lanes sum_of(const uint8_t* text, size_t length)
{
    struct interdict_lanes sum = {{key.start[0], key.start[1]}};

    for (size_t i = 0; i < length; i++)
        interdict_hash_name_byte(&key, &sum, (uint32_t)i, text[length - 1 - i]);
    return sum;
}

TARGET(name)
{
    static struct interdict_bytes bytes;
    static struct name name;
    uint8_t text[INTERDICT_NAME_MAX];
    size_t there = at_most(size, INTERDICT_STREAM_MAX), length = fold(data, there, text), labels = 0,
           dots = 0;
    uint32_t offset = size > 0 && there < 4000 ? data[0] % 64 : 0;
    int refused;

    if (!key.start[0])
        make_key();
    keep(&bytes, offset, data, there, '.');
    name.keep_text = 1;
    refused = inspect_name(&bytes, offset, (uint32_t)there, &key, &name);
    MUST(refused == (length == 0 ? -1 : 0));
    if (refused)
        return 0;
    MUST(name.length == length && memcmp(name.text, text, length) == 0);
    for (size_t i = 0; i < length; i++)
        dots += text[i] == '.';
    MUST(name.labels == dots + 1);
    for (size_t at = length; at > 0; at--) {
        if (at > 1 && text[at - 2] != '.')
            continue;
        // A label begins at at - 1.
        struct interdict_lanes sum = sum_of(text + at - 1, length - at + 1);
        int whole = at == 1;

        labels++;
        if (labels > INTERDICT_LABELS_MAX && !whole)
            continue;
        MUST(memcmp(&name.suffix[at_most(labels - 1, INTERDICT_LABELS_MAX)], &sum, sizeof(sum)) == 0);
    }
    return 0;
}
