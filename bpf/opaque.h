/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * opaque.h: keeps the compiler from checking one copy of an index and using another, which the verifier
 * refuses. The mask must be a power of two minus one.
 */
#ifndef INTERDICT_BPF_OPAQUE_H
#define INTERDICT_BPF_OPAQUE_H

#include <linux/types.h>

/* A function that the verifier checks once, by its types, and not again at every call. */
#ifdef __bpf__
#define CHECKED_ONCE __attribute__((noinline))
#else
#define CHECKED_ONCE static inline
#endif

static inline __attribute__((always_inline)) __u32 masked(__u32 index, const __u32 mask)
{
#ifdef __bpf__
	asm volatile("%0 &= %1" : "+w"(index) : "i"(mask));
	return index;
#else
	return index & mask;
#endif
}

/* The value, without what the compiler knows about it (the verifier still knows). */
static inline __attribute__((always_inline)) __u32 unknown(__u32 value)
{
#ifdef __bpf__
	asm volatile("" : "+r"(value));
#endif
	return value;
}

#endif
