/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * behind.h: counts the names behind addresses that rules observe (maps/sketches.h). The address is judged
 * first; which sketches it has is kept with the packet until a name was read in it, if one is.
 */
#ifndef INTERDICT_BPF_ACT_BEHIND_H
#define INTERDICT_BPF_ACT_BEHIND_H

#include "bpf/maps.bpf.h"
#include "bpf/opaque.h"

/* The address at hand has this sketch. A function of its own: it adds nothing to the loop over rules. */
__noinline __u32 behind_note(struct packet *packet, __u32 sketch, __u32 channel)
{
	__u32 count;

	if (!packet || !sketch || channel != INTERDICT_CHANNEL_ADDRESS ||
	    packet->side == INTERDICT_ROLE_UPLINK)
		return 0;
	count = packet->behind.count;
	if (count >= PACKET_BEHIND_MAX)
		return 0;
	packet->behind.sketch[masked(count, PACKET_BEHIND_MAX - 1)] = sketch;
	packet->behind.count = count + 1;
	return 0;
}

/* The name at hand, whose text was kept, is behind that address. A question about it is not. */
__noinline __u32 behind_add(struct packet *packet)
{
	struct interdict_control *state;
	__u32 zero = 0, i, at;
	__u64 hash;
	__u8 rank;

	state = bpf_map_lookup_elem(&control, &zero);
	if (!packet || !state || packet->channel == INTERDICT_CHANNEL_DNS)
		return 0;
	hash = interdict_name_hash(state->sketch_key, packet->name.text, packet->name.length);
	at = interdict_sketch_register(hash);
	rank = interdict_sketch_rank(hash);
	for (i = 0; i < PACKET_BEHIND_MAX; i++) {
		struct interdict_sketch *sketch;
		__u32 index = packet->behind.sketch[i];

		if (i >= packet->behind.count)
			break;
		sketch = bpf_map_lookup_elem(&sketches, &index);
		if (sketch && sketch->rank[masked(at, INTERDICT_SKETCH_REGISTERS - 1)] < rank)
			sketch->rank[masked(at, INTERDICT_SKETCH_REGISTERS - 1)] = rank;
	}
	return 0;
}

#endif
