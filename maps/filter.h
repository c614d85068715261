/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * filter.h: what lets most packets skip the target table.
 *
 * Map "filter": ARRAY of __u64, BPF_F_MMAPABLE, one part per slot. A part holds
 *   - a one-word blocked Bloom filter over full-length addresses,
 *   - one over names,
 *   - a guard bitmap over shorter IPv4 prefixes: a bit per /16 that some prefix touches,
 *   - a guard bitmap over shorter IPv6 prefixes: a bit per hash of the first 32 bits.
 * All have a fixed place and size, so the look-up is inlined and never leaves the second-level cache.
 * A filter never gives a false "no"; a full one only costs speed.
 */
#ifndef INTERDICT_MAPS_FILTER_H
#define INTERDICT_MAPS_FILTER_H

#include "maps/hash.h"

#define INTERDICT_BLOOM_WORDS (1u << 17)
#define INTERDICT_GUARD_WORDS (1u << 10)

#define INTERDICT_FILTER_ADDRESS 0u
#define INTERDICT_FILTER_NAME (INTERDICT_FILTER_ADDRESS + INTERDICT_BLOOM_WORDS)
#define INTERDICT_FILTER_GUARD4 (INTERDICT_FILTER_NAME + INTERDICT_BLOOM_WORDS)
#define INTERDICT_FILTER_GUARD6 (INTERDICT_FILTER_GUARD4 + INTERDICT_GUARD_WORDS)
#define INTERDICT_FILTER_WORDS (INTERDICT_FILTER_GUARD6 + INTERDICT_GUARD_WORDS)
#define INTERDICT_FILTER_ENTRIES (INTERDICT_SLOTS * INTERDICT_FILTER_WORDS)

/* Prefixes of IPv6 shorter than this are probed without asking the guard. */
#define INTERDICT_GUARD6_BITS 32

/* Word of a Bloom filter that has mask + 1 words, relative to its start. */
INTERDICT_INLINE __u32 interdict_bloom_word(struct interdict_hash hash, __u32 mask)
{
	return (__u32)(hash.place >> 40) & mask & (INTERDICT_BLOOM_WORDS - 1);
}

/* Four bits; a target may be present only if all are set. */
INTERDICT_INLINE __u64 interdict_bloom_bits(struct interdict_hash hash)
{
	__u64 f = hash.fingerprint;

	return 1ULL << (f & 63) | 1ULL << (f >> 6 & 63) | 1ULL << (f >> 12 & 63) | 1ULL << (f >> 18 & 63);
}

/* Bit number in the guard bitmaps, below 65,536. address: the leftmost 32 bits as a number. */
INTERDICT_INLINE __u32 interdict_guard4_bit(__u32 address)
{
	return address >> 16;
}

INTERDICT_INLINE __u32 interdict_guard6_bit(__u32 first_word)
{
	return (first_word * 0x9e3779b1u) >> 16;
}

#endif
