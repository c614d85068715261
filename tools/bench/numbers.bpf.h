/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * numbers.bpf.h: the i-th target of the bench, the same on both sides. A bijection of 32 bits, so that the
 * first n are n different targets in no order, and those after them are n certain misses.
 */
#ifndef INTERDICT_TOOLS_BENCH_NUMBERS_BPF_H
#define INTERDICT_TOOLS_BENCH_NUMBERS_BPF_H

#include <linux/types.h>

#define BENCH_DIGITS 8 /* hexadecimal, of a number in a name */

static inline __attribute__((always_inline)) __u32 bench_number(__u32 i)
{
    i += 0x9e3779b9U; /* so that the first is not 0.0.0.0 */
    i ^= i >> 16;
    i *= 0x7feb352dU;
    i ^= i >> 15;
    i *= 0x846ca68bU;
    i ^= i >> 16;
    return i;
}

static inline __attribute__((always_inline)) void bench_digits(__u8* digits, __u32 number)
{
    __u32 i;

    for (i = 0; i < BENCH_DIGITS; i++) {
        __u8 nibble = number >> (28 - 4 * i) & 15;

        digits[i] = nibble + (nibble < 10 ? '0' : 'a' - 10);
    }
}

/* Knuth's constants; the upper half is good. */
static inline __attribute__((always_inline)) __u32 bench_draw(__u64* state, __u32 first, __u32 span)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return first + (__u32)(((*state >> 32) * span) >> 32);
}

#endif
