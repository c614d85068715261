/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * near.h: where the counter of a full address probably is, before the target table has said which rule is on
 * it.
 *
 * A packet that is dropped waits for memory twice: for its bucket, then for the counter of the rule there. So
 * that both can be asked for at once, a rule on a full address is given, where ids are given to many rules at
 * a time, one of four ids that follow from the address: two in each of two cache lines of one page of
 * counters. This is a guess and no more: the bucket says which rule it is. A rule that has any other id (a
 * free one was not among the four, or it is older) is counted all the same, only later.
 *
 * No secret goes in: whoever chooses addresses makes at most a counter come as late as it would without this.
 */
#ifndef INTERDICT_MAPS_NEAR_H
#define INTERDICT_MAPS_NEAR_H

#include "maps/counters.h"

/* Ids are laid over so many blocks from id 0 on: interdict_generation.near_blocks. */
#define INTERDICT_NEAR_BLOCK 4096u
#define INTERDICT_NEAR_LINE 2u
#define INTERDICT_NEAR_LINES 2u /* for an address to choose between */

INTERDICT_ASSERT(INTERDICT_NEAR_LINE * sizeof(struct interdict_hits) == 64, "a cache line of them");

/* address: words as on the wire, one of IPv4 (family 4) or four of IPv6. */
INTERDICT_INLINE __u64 interdict_near_mix(__u32 family, const __u32 *address)
{
	__u64 mix = address[0];

	if (family != 4)
		mix = ((__u64)address[1] << 32 | address[0]) * 0xc2b2ae3d27d4eb4fULL ^
		      ((__u64)address[3] << 32 | address[2]);
	return mix * 0x9e3779b97f4a7c15ULL;
}

/* The page of counters, by its number. blocks: at least 1. */
INTERDICT_INLINE __u32 interdict_near_page(__u64 mix, __u32 blocks)
{
	return (__u32)((mix >> 32) * (blocks * (INTERDICT_NEAR_BLOCK / INTERDICT_COUNTERS_OF_PAGE)) >> 32);
}

/* One of the two lines of that page, by its number there. which: 0 or 1. */
INTERDICT_INLINE __u32 interdict_near_line(__u64 mix, __u32 which)
{
	__u32 low = (__u32)(mix >> 32); /* what is high there chose the page */

	return (low + which * (1 + (low >> 6 & 31))) & (INTERDICT_COUNTERS_OF_PAGE / INTERDICT_NEAR_LINE - 1);
}

/* The first of the ids that count in that line. */
INTERDICT_INLINE __u32 interdict_near_id(__u64 mix, __u32 blocks, __u32 which)
{
	return interdict_near_page(mix, blocks) * INTERDICT_COUNTERS_OF_PAGE +
	       interdict_near_line(mix, which) * INTERDICT_NEAR_LINE;
}

#endif
