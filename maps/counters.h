/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * counters.h: what every rule has done.
 *
 * Map "counters": ARRAY_OF_MAPS; inner map number id >> 16 is an ARRAY of struct interdict_hits,
 * BPF_F_MMAPABLE, read by userspace without system calls: 65,536 for each shard, a shard per CPU. A rule's
 * counter is the sum of its shards, its last second the latest of theirs. Indexed by the stable rule id and
 * independent of generations, so a swap resets nothing; a new inner map is added when ids reach it, so
 * growing loses nothing either.
 *
 * No update is lost: a CPU adds to its own shard, and programs on one CPU don't interrupt each other.
 * Where there are more CPUs than shards, or where softirqs can be preempted (PREEMPT_RT), additions are
 * atomic (INTERDICT_CONTROL_ATOMIC). A BPF_PROG_TEST_RUN can be interrupted by a packet: planes with
 * interfaces are not test-run.
 *
 * No address of anybody is ever stored here.
 */
#ifndef INTERDICT_MAPS_COUNTERS_H
#define INTERDICT_MAPS_COUNTERS_H

#include "maps/types.h"

#define INTERDICT_COUNTERS_SHIFT 16
#define INTERDICT_COUNTERS_PER_MAP (1u << INTERDICT_COUNTERS_SHIFT)
#define INTERDICT_COUNTER_MAPS 1024
#define INTERDICT_COUNTER_SHARDS_MAX 8u /* a power of two, as is the number in use */
#define INTERDICT_RULE_ID_MAX (INTERDICT_COUNTERS_PER_MAP * INTERDICT_COUNTER_MAPS - 1)

struct interdict_hits {
	__u64 packets;
	__u64 bytes;	 /* of the frames, link header included */
	__u64 last_seen; /* seconds since the Unix epoch, 0 = never */
};

INTERDICT_ASSERT(sizeof(struct interdict_hits) == 24, "small: at a million rules every line counts");

/* Elements of one inner map. */
INTERDICT_INLINE __u32 interdict_counter_elements(__u32 shards)
{
	return shards << INTERDICT_COUNTERS_SHIFT;
}

/* Where a rule's hits of one shard are in its inner map. */
INTERDICT_INLINE __u32 interdict_hits_index(__u32 shard, __u32 rule)
{
	return shard << INTERDICT_COUNTERS_SHIFT | (rule & (INTERDICT_COUNTERS_PER_MAP - 1));
}

#endif
