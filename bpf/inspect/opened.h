/* SPDX-License-Identifier: GPL-2.0-only */
/* opened.h: the connection at hand in map "opens". */
#ifndef INTERDICT_BPF_INSPECT_OPENED_H
#define INTERDICT_BPF_INSPECT_OPENED_H

#include "bpf/act/count.h"
#include "bpf/opaque.h"

/* To be called once packet->key is that of a TCP or a QUIC connection. Returns 0. */
__noinline int open_at_hand(struct packet *packet)
{
	struct interdict_control *state = bpf_map_lookup_elem(&control, &ZERO);

	if (packet && state)
		packet->open_place = interdict_open_locate(&state->open_key, &packet->key, state->open_sets);
	return 0;
}

/* Fills packet->open and returns the connection's slot, INTERDICT_OPEN_WAYS if nothing is kept of it. */
__noinline __u32 open_slot(struct packet *packet)
{
	struct interdict_control *state = bpf_map_lookup_elem(&control, &ZERO);
	struct interdict_open_slot *found;
	struct interdict_open_set *set;
	__u32 slot, index, now;

	if (!packet || !state)
		return INTERDICT_OPEN_WAYS;
	index = packet->open_place.set;
	set = bpf_map_lookup_elem(&opens, &index);
	if (!set)
		return INTERDICT_OPEN_WAYS;
	slot = interdict_open_find(set, packet->open_place.tag, state->open_key.slot, &packet->open);
	if (slot >= INTERDICT_OPEN_WAYS)
		return slot;
	/* What is in use is not to give way, nor to be written for every packet. */
	now = INTERDICT_OPEN_STAMP(bpf_ktime_get_coarse_ns());
	found = &set->slot[masked(slot, INTERDICT_OPEN_WAYS - 1)];
	if (now - interdict_open_stamp(found) > INTERDICT_OPEN_STAMP(NSEC_PER_SEC))
		interdict_open_write(found, packet->open_place.tag, state->open_key.slot, &packet->open, now);
	return slot;
}

/* What is kept of the connection, null if nothing is: a copy, good until it is asked for again. */
INTERDICT_INLINE struct interdict_open *open_find(struct packet *packet)
{
	return open_slot(packet) < INTERDICT_OPEN_WAYS ? &packet->open : 0;
}

enum open_stored {
	OPEN_CHANGED = 0,
	OPEN_NEW = 1, /* nothing was kept before */
	OPEN_NOWHERE = 2,
};

/* Keeps `open`, in the place of what was known of the connection. Returns enum open_stored. */
__noinline __u32 open_store(struct packet *packet, const struct interdict_open *open)
{
	struct interdict_control *state = bpf_map_lookup_elem(&control, &ZERO);
	__u32 slot, index, now, stored = OPEN_CHANGED;
	struct interdict_open_set *set;
	struct interdict_open fresh, known;
	__u64 age;

	if (!packet || !open || !state)
		return OPEN_NOWHERE;
	fresh = *open;
	index = packet->open_place.set;
	set = bpf_map_lookup_elem(&opens, &index);
	if (!set)
		return OPEN_NOWHERE;
	now = INTERDICT_OPEN_STAMP(bpf_ktime_get_coarse_ns());
	slot = interdict_open_find(set, packet->open_place.tag, state->open_key.slot, &known);
	if (slot >= INTERDICT_OPEN_WAYS) {
		slot = interdict_open_oldest(set, now, &age);
		stored = OPEN_NEW;
		if (age < INTERDICT_OPEN_YOUNG)
			total(INTERDICT_TOTAL_OPEN_EVICTED);
	}
	interdict_open_write(&set->slot[masked(slot, INTERDICT_OPEN_WAYS - 1)], packet->open_place.tag,
			     state->open_key.slot, &fresh, now);
	return stored;
}

/* Returns 1 if something was kept of the connection; it is no longer. */
__noinline __u32 open_remove(struct packet *packet)
{
	struct interdict_open_set *set;
	__u32 slot, index;

	if (!packet)
		return 0;
	slot = open_slot(packet);
	if (slot >= INTERDICT_OPEN_WAYS)
		return 0;
	index = packet->open_place.set;
	set = bpf_map_lookup_elem(&opens, &index);
	if (!set)
		return 0;
	interdict_open_free(&set->slot[masked(slot, INTERDICT_OPEN_WAYS - 1)]);
	return 1;
}

#endif
