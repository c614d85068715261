/* SPDX-License-Identifier: GPL-2.0-only */
/* lookup.h: from the bytes of a name to a judgement, longest suffix first. */
#ifndef INTERDICT_BPF_INSPECT_LOOKUP_H
#define INTERDICT_BPF_INSPECT_LOOKUP_H

#include "bpf/act/address.h"
#include "bpf/inspect/name.h"

/* Does one suffix of packet->name have rules that apply? */
__noinline __u32 judge_suffix(struct packet *packet, __u32 index)
{
	struct interdict_control *state = bpf_map_lookup_elem(&control, &ZERO);
	struct interdict_hash hash;
	__u32 slot, id, whole;

	if (!packet || !state || index > INTERDICT_LABELS_MAX)
		return JUDGED_NOTHING;
	slot = masked(packet->slot, 1);
	hash = interdict_hash_finish(packet->name.suffix[masked(index, NAME_SUFFIXES - 1)]);
	if (!bloom_may_hold(slot, INTERDICT_FILTER_NAME, state->generation[slot].name_mask, hash))
		return JUDGED_NOTHING;
	id = INTERDICT_TARGET_RULE(target_rule(slot, hash.fingerprint, hash.place));
	whole = index == INTERDICT_LABELS_MAX || index + 1 == packet->name.labels;
	packet->whole = (__u8)whole;
	return id ? judge_rules(packet, id, packet->channel, whole) : JUDGED_NOTHING;
}

/* Reads the name at bytes[offset, offset + length) into packet->name. Returns 0, or -1 if it is none. */
static __noinline int name_take(struct packet *packet, const struct interdict_bytes *bytes, __u32 offset,
				__u32 length)
{
	struct interdict_name_key *key;
	__u32 slot = masked(packet->slot, 1);

	key = bpf_map_lookup_elem(&name_keys, &slot);
	packet->name.keep_text = (packet->flags & INTERDICT_CONTROL_REPORT) | packet->behind.count;
	return name_read(bytes, offset, length, key, &packet->name);
}

/* Judges packet->name, found by way of `packet->channel`. */
__noinline __u32 judge_taken(struct packet *packet)
{
	__u32 i, judged, count;

	if (!packet)
		return JUDGED_NOTHING;
	if (packet->behind.count)
		behind_add(packet);
	count = packet->name.labels;
	for (i = 0; i <= INTERDICT_LABELS_MAX; i++) {
		__u32 index = INTERDICT_LABELS_MAX - i;

		if (index >= count)
			continue;
		judged = judge_suffix(packet, index);
		if (judged)
			return judged;
	}
	return JUDGED_NOTHING;
}

/*
 * Judges the name at bytes[offset, offset + length), found by way of `packet->channel`.
 */
__noinline __u32 judge_name(struct packet *packet, const struct interdict_bytes *bytes, __u32 offset,
			    __u32 length)
{
	if (!packet || !bytes)
		return JUDGED_NOTHING;
	if (name_take(packet, bytes, offset, length)) {
		total(INTERDICT_TOTAL_SKIP_NAME);
		return JUDGED_NOTHING;
	}
	return judge_taken(packet);
}

#endif
