// SPDX-License-Identifier: Apache-2.0
//
// target.h: what a fuzz target is. TARGET(name) opens the function that libFuzzer calls, or with
// INTERDICT_REPLAY one of its own name for replay.c, so that all targets fit into one program. Always returns
// 0: a finding aborts.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/inspect.h"

#ifdef INTERDICT_REPLAY
#define TARGET(name) int fuzz_##name(const uint8_t* data, size_t size)
#else
#define TARGET(name) int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
#endif

// assert() that no build type switches off.
#define MUST(condition)                                                                    \
    do {                                                                                   \
        if (!(condition)) {                                                                \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                       \
        }                                                                                  \
    } while (0)

static inline size_t at_most(size_t value, size_t limit) { return value < limit ? value : limit; }

// data[0, size) at `start` with `fill` around it; cut at the end of the buffer. Returns where it ends.
static inline uint32_t keep(struct interdict_bytes* bytes, uint32_t start, const uint8_t* data, size_t size,
                            int fill)
{
    memset(bytes->data, fill, sizeof(bytes->data));
    size = at_most(size, INTERDICT_STREAM_MAX - start);
    if (size > 0)
        memcpy(bytes->data + start, data, size);
    return start + (uint32_t)size;
}

// Two readings of the same beginning, of which `whole` saw more of it: only "more" may change, and a name may
// turn out to stand in a malformed hello. part_bytes and whole_bytes are what the names' offsets count in.
static inline void must_agree(struct inspect_result part, const struct interdict_bytes* part_bytes,
                              struct inspect_result whole, const struct interdict_bytes* whole_bytes)
{
    if (part.status == INSPECT_MORE)
        return;
    if (part.status != INSPECT_NAME) {
        MUST(whole.status == part.status);
        return;
    }
    MUST(whole.status == INSPECT_NAME || whole.status == INSPECT_BAD);
    if (whole.status == INSPECT_BAD)
        return;
    MUST(whole.length == part.length);
    MUST(memcmp(whole_bytes->data + whole.offset, part_bytes->data + part.offset, part.length) == 0);
    MUST(whole.ech >= part.ech);
}
