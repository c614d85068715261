/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * judge.h: from a target that was found to a decision: which of its rules applies here and now.
 */
#ifndef INTERDICT_BPF_ACT_JUDGE_H
#define INTERDICT_BPF_ACT_JUDGE_H

#include "bpf/act/behind.h"
#include "bpf/act/count.h"
#include "bpf/act/fired.h"
#include "bpf/opaque.h"

enum judgement {
	JUDGED_NOTHING = 0, /* no rule applies: a shorter suffix or prefix may */
	JUDGED_PASS = 1,    /* the search ends, the packet passes */
	JUDGED_FIRE = 2,    /* packet->rule and packet->action say what */
};

/* The named scopes that this packet is in (maps/scopes.h). */
static __noinline __u32 packet_scopes(struct packet *packet)
{
	struct interdict_control *state = bpf_map_lookup_elem(&control, &ZERO);
	struct interdict_prefix_key key = {.length = 128};
	__u32 slot = masked(packet->slot, 1), bits = packet->interface_scope, index;
	__u32 *found;
	void *trie;

	if (!state)
		return 0;
	index = slot * INTERDICT_VLANS + (packet->vlan & 0x1fff);
	found = bpf_map_lookup_elem(&vlan_scopes, &index);
	if (found)
		bits &= *found;
	trie = bpf_map_lookup_elem(&prefix_scopes, &slot);
	found = 0;
	if (trie) {
		const __u8 *subscriber =
			packet->side == INTERDICT_ROLE_UPLINK ? packet->destination : packet->source;
		__builtin_memcpy(key.address, subscriber, 16);
		found = bpf_map_lookup_elem(trie, &key);
	}
	return bits & (found ? *found : state->generation[masked(slot, 1)].prefix_default_scope);
}

INTERDICT_INLINE int ports_match(const struct interdict_rule *rule, const struct packet *packet)
{
	__u16 port = packet->side == INTERDICT_ROLE_UPLINK ? packet->source_port : packet->destination_port;
	__u32 i;

	if (!rule->ports_count)
		return 1;
	if (!packet->has_ports)
		return 0;
#pragma unroll
	for (i = 0; i < INTERDICT_RULE_PORTS_MAX; i++)
		if (i < rule->ports_count && port >= rule->ports[i].first && port <= rule->ports[i].last)
			return 1;
	return 0;
}

/*
 * Goes through the rules on one target, first to last. whole: the target is the name itself, not a
 * suffix of it. Counts whatever applies.
 */
__noinline __u32 judge_rules(struct packet *packet, __u32 first, __u32 channel, __u32 whole)
{
	struct interdict_control *state = bpf_map_lookup_elem(&control, &ZERO);
	__u32 id = first, i, slot;

	if (!packet || !state)
		return JUDGED_NOTHING;
	slot = masked(packet->slot, 1);
	for (i = 0; i < INTERDICT_RULE_CHAIN_MAX; i++) {
		void *inner = bpf_map_lookup_elem(&rules, &slot);
		__u32 here = id;
		struct interdict_hits *hits;
		struct interdict_rule *rule;
		__u64 now = 0;

		if (!id || !inner)
			break;
		rule = bpf_map_lookup_elem(inner, &here);
		hits = hits_of(state, here);
		if (!rule || !hits)
			break;
		/* Both lines come from memory: asking for them together halves the wait. */
		(void)*(volatile __u64 *)&hits->packets;
		id = rule->next;
		if (!(rule->means & INTERDICT_MEANS(channel & 7)) || !(rule->flags & INTERDICT_RULE_PRESENT))
			continue;
		if (!whole && !(rule->flags & INTERDICT_RULE_SUBTREE))
			continue;
		if (rule->protocol && rule->protocol != packet->protocol)
			continue;
		if (!ports_match(rule, packet))
			continue;
		now = wall_seconds(state);
		if (now < rule->not_before || (rule->not_after && now >= rule->not_after))
			continue;
		if (rule->scope && !(rule->scope & packet_scopes(packet)))
			continue;
		if (rule->flags & INTERDICT_RULE_EXEMPT) {
			total(INTERDICT_TOTAL_EXEMPTED);
			return JUDGED_PASS;
		}
		if (!fired_before(packet, here))
			hits_add(state, hits, packet->frame_length, now, channel);
		packet->rule = here;
		packet->channel = (__u8)channel;
		if (rule->flags & INTERDICT_RULE_OBSERVE) {
			total(INTERDICT_TOTAL_OBSERVED);
			behind_note(packet, rule->answer, channel);
			continue;
		}
		if (packet->flags & INTERDICT_CONTROL_OBSERVE) {
			total(INTERDICT_TOTAL_OBSERVED);
			return JUDGED_PASS;
		}
		packet->action = rule->action[channel & 7];
		packet->answer = rule->answer;
		return JUDGED_FIRE;
	}
	return JUDGED_NOTHING;
}

#endif
