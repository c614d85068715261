/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * counters.h: what every rule has done.
 *
 * Map "counters": ARRAY_OF_MAPS; inner map number id >> 16 is an ARRAY of pages of struct interdict_hits,
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

#include "maps/rules.h"

#define INTERDICT_COUNTERS_SHIFT 16
#define INTERDICT_COUNTERS_PER_MAP (1u << INTERDICT_COUNTERS_SHIFT)
#define INTERDICT_COUNTER_MAPS 1024
#define INTERDICT_COUNTER_SHARDS_MAX 8u /* a power of two, as is the number in use */
#define INTERDICT_RULE_ID_MAX (INTERDICT_COUNTERS_PER_MAP * INTERDICT_COUNTER_MAPS - 1)

/*
 * The channels' parts are counted modulo 2^32: whoever keeps them takes differences, often enough (no channel
 * of a rule sees 2^32 packets within the hour). A rule on an address knows one channel, a rule on names four,
 * of which TLS has what the other three leave. Each part lies in the place of `channel & 3`, so that finding
 * it needs no branch.
 */
struct interdict_hits {
	__u64 packets;
	__u64 bytes; /* of the frames, link header included */
	__u32 http;
	__u32 last_seen; /* seconds since the Unix epoch, 0 = never; holds until 2106 */
	__u32 quic;
	__u32 dns;
};

INTERDICT_ASSERT(sizeof(struct interdict_hits) == 32, "two to a cache line, none across two");
INTERDICT_ASSERT(__builtin_offsetof(struct interdict_hits, http) == 16 + (INTERDICT_CHANNEL_HTTP & 3) * 4,
		 "place");
INTERDICT_ASSERT(__builtin_offsetof(struct interdict_hits, quic) == 16 + (INTERDICT_CHANNEL_QUIC & 3) * 4,
		 "place");
INTERDICT_ASSERT(__builtin_offsetof(struct interdict_hits, dns) == 16 + (INTERDICT_CHANNEL_DNS & 3) * 4,
		 "place");

/* channel: QUIC, DNS or HTTP. */
INTERDICT_INLINE __u32 *interdict_hits_part(struct interdict_hits *hits, __u32 channel)
{
	return &hits->http + (channel & 3);
}

/* The packets of one channel, modulo 2^32. means: of the rule, interdict_rule.means. */
INTERDICT_INLINE __u32 interdict_hits_by(const struct interdict_hits *hits, __u32 channel, __u32 means)
{
	if (!(means & INTERDICT_MEANS(channel)))
		return 0;
	switch (channel) {
	case INTERDICT_CHANNEL_ADDRESS:
		return (__u32)hits->packets;
	case INTERDICT_CHANNEL_TLS:
		return (__u32)hits->packets - hits->quic - hits->dns - hits->http;
	case INTERDICT_CHANNEL_QUIC:
		return hits->quic;
	case INTERDICT_CHANNEL_DNS:
		return hits->dns;
	default:
		return hits->http;
	}
}

/* An element of an inner map: a page of memory. */
#define INTERDICT_COUNTERS_OF_PAGE 128u
struct interdict_hits_page {
	struct interdict_hits hits[INTERDICT_COUNTERS_OF_PAGE];
};

/* Counters in one inner map. */
INTERDICT_INLINE __u32 interdict_counter_elements(__u32 shards)
{
	return shards << INTERDICT_COUNTERS_SHIFT;
}

/* Where a rule's hits of one shard are among the counters of its inner map. */
INTERDICT_INLINE __u32 interdict_hits_index(__u32 shard, __u32 rule)
{
	return shard << INTERDICT_COUNTERS_SHIFT | (rule & (INTERDICT_COUNTERS_PER_MAP - 1));
}

#endif
