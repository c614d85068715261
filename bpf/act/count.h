/* SPDX-License-Identifier: GPL-2.0-only */
/* count.h: totals per CPU, counters per rule, and the clock that both rules and counters go by. */
#ifndef INTERDICT_BPF_ACT_COUNT_H
#define INTERDICT_BPF_ACT_COUNT_H

#include "bpf/maps.bpf.h"
#include "bpf/opaque.h"

#define NSEC_PER_SEC 1000000000ULL

static const __u32 ZERO = 0;

INTERDICT_INLINE void total_add(enum interdict_total which, __u64 amount)
{
	struct interdict_totals *sums = bpf_map_lookup_elem(&totals, &ZERO);

	if (sums)
		sums->value[which] += amount;
}

INTERDICT_INLINE void total(enum interdict_total which)
{
	total_add(which, 1);
}

/* Monotonic; for what ages. */
INTERDICT_INLINE __u32 coarse_seconds(void)
{
	return (__u32)(bpf_ktime_get_coarse_ns() / NSEC_PER_SEC);
}

__noinline __u64 wall_seconds_at(__u64 tick)
{
	struct interdict_control *state = bpf_map_lookup_elem(&control, &ZERO);
	__u64 now = bpf_ktime_get_coarse_ns(), wall;

	if (!state)
		return 0;
	/* Unsigned: a second that has not begun is as far away as one long past. */
	if (now - state->second_start >= NSEC_PER_SEC) {
		wall = bpf_ktime_get_tai_ns() - state->tai_offset * NSEC_PER_SEC;
		state->second_start = now - wall % NSEC_PER_SEC;
		state->second = wall / NSEC_PER_SEC;
	}
	state->tick = tick;
	return state->second;
}

/*
 * Seconds since the Unix epoch. The coarse monotonic clock costs little but does not follow steps of the wall
 * clock; the exact one does and is slow. So the second is kept, and the first packet after its end that needs
 * the time reads the exact clock: windows hold with the controller dead, and a step of the clock is followed
 * within a second. The coarse clock moves with the tick, hence is read once in each.
 */
INTERDICT_INLINE __u64 wall_seconds(const struct interdict_control *state)
{
	__u64 tick = bpf_jiffies64();

	return tick == state->tick ? state->second : wall_seconds_at(tick);
}

/* The page of counters that the rule has its own on, of this CPU. */
INTERDICT_INLINE struct interdict_hits_page *hits_page(const struct interdict_control *state, __u32 rule)
{
	__u32 map = rule >> INTERDICT_COUNTERS_SHIFT, index;
	void *counts = bpf_map_lookup_elem(&counters, &map);

	if (!counts)
		return 0;
	index = interdict_hits_index(bpf_get_smp_processor_id() & (state->counter_shards - 1), rule) /
		INTERDICT_COUNTERS_OF_PAGE;
	return bpf_map_lookup_elem(counts, &index);
}

/* The hits of a rule on this CPU; null if it has no counter. */
INTERDICT_INLINE struct interdict_hits *hits_of(const struct interdict_control *state, __u32 rule)
{
	struct interdict_hits_page *page = hits_page(state, rule);

	return page ? &page->hits[masked(rule, INTERDICT_COUNTERS_OF_PAGE - 1)] : 0;
}

INTERDICT_INLINE void hits_add(const struct interdict_control *state, struct interdict_hits *hits,
			       __u64 bytes, __u64 now, __u32 channel)
{
	if (state->flags & INTERDICT_CONTROL_ATOMIC) {
		__sync_fetch_and_add(&hits->packets, 1);
		__sync_fetch_and_add(&hits->bytes, bytes);
		if (channel >= INTERDICT_CHANNEL_QUIC)
			__sync_fetch_and_add(interdict_hits_part(hits, channel), 1);
	} else {
		hits->packets++;
		hits->bytes += bytes;
		if (channel >= INTERDICT_CHANNEL_QUIC)
			++*interdict_hits_part(hits, channel);
	}
	hits->last_seen = (__u32)now;
}

#endif
