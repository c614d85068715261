/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * address.h: looks an address up, full length first, then shorter prefixes from long to short.
 *
 * The quick question (`address_may_match`) reads one word of the filter and, where the generation has
 * shorter prefixes, one of the guard; nearly every packet ends there.
 */
#ifndef INTERDICT_BPF_ACT_ADDRESS_H
#define INTERDICT_BPF_ACT_ADDRESS_H

#include <bpf/bpf_endian.h>

#include "bpf/act/judge.h"
#include "bpf/opaque.h"
#include "maps/near.h"

#define MAY_BE_HOST 1u
#define MAY_BE_PREFIX 2u

INTERDICT_INLINE __u64 filter_word(__u32 slot, __u32 word)
{
	__u32 index = slot * INTERDICT_FILTER_WORDS + word;
	__u64 *found = bpf_map_lookup_elem(&filter, &index);

	/* The map holds every index; without it nothing could be ruled out. */
	return found ? *found : ~0ULL;
}

INTERDICT_INLINE __u32 bloom_may_hold(__u32 slot, __u32 start, __u32 mask, struct interdict_hash hash)
{
	__u64 bits = interdict_bloom_bits(hash);

	return (filter_word(slot, start + interdict_bloom_word(hash, mask)) & bits) == bits;
}

INTERDICT_INLINE __u32 guard_may_hold(__u32 slot, __u32 start, __u32 bit)
{
	return filter_word(slot, start + (bit >> 6)) >> (bit & 63) & 1;
}

/* address: in host byte order. hash: of the full address, set where it may be a target. */
INTERDICT_INLINE __u32 ipv4_may_match(const struct interdict_generation *live, __u32 slot, __u32 address,
				      struct interdict_hash *hash)
{
	__u32 may = 0;

	if (live->hosts & INTERDICT_HOSTS_IPV4) {
		*hash = interdict_hash_ipv4(&live->key, address, 32);
		if (bloom_may_hold(slot, INTERDICT_FILTER_ADDRESS, live->address_mask, *hash))
			may |= MAY_BE_HOST;
	}
	if (live->ipv4_lengths &&
	    guard_may_hold(slot, INTERDICT_FILTER_GUARD4, interdict_guard4_bit(address)))
		may |= MAY_BE_PREFIX;
	return may;
}

/* address: four words in host byte order, leftmost first. hash: as above. */
INTERDICT_INLINE __u32 ipv6_may_match(const struct interdict_generation *live, __u32 slot,
				      const __u32 address[4], struct interdict_hash *hash)
{
	__u32 may = 0;

	if (live->hosts & INTERDICT_HOSTS_IPV6) {
		*hash = interdict_hash_ipv6(&live->key, address, 128);
		if (bloom_may_hold(slot, INTERDICT_FILTER_ADDRESS, live->address_mask, *hash))
			may |= MAY_BE_HOST;
	}
	if (live->ipv6_lengths[0] | live->ipv6_lengths[1]) {
		if (live->ipv6_lengths[0] & ((1ULL << INTERDICT_GUARD6_BITS) - 1) ||
		    guard_may_hold(slot, INTERDICT_FILTER_GUARD6, interdict_guard6_bit(address[0])))
			may |= MAY_BE_PREFIX;
	}
	return may;
}

/* address: 4 or 16 bytes as on the wire. */
INTERDICT_INLINE __u32 address_may_match(const struct interdict_generation *live, __u32 slot, __u32 family,
					 const __u8 *address, struct interdict_hash *hash)
{
	__u32 words[4], i;

	if (family == 4)
		return ipv4_may_match(live, slot, bpf_ntohl(*(const __u32 *)address), hash);
	for (i = 0; i < 4; i++)
		words[i] = bpf_ntohl(((const __u32 *)address)[i]);
	return ipv6_may_match(live, slot, words, hash);
}

/* Returns the first rule on a target, with its mark; 0 if it is not in the live table. */
__noinline __u32 target_rule(__u32 slot, __u64 fingerprint, __u64 place)
{
	struct interdict_control *state = bpf_map_lookup_elem(&control, &ZERO);
	struct interdict_hash hash = {.fingerprint = fingerprint, .place = place};
	struct interdict_table table;

	slot = masked(slot, 1);
	table.map = bpf_map_lookup_elem(&targets, &slot);
	if (!state || !table.map)
		return 0;
	table.buckets = state->generation[masked(slot, 1)].buckets;
	return interdict_target_find(&table, hash);
}

/* Where its counter may be: two lines of one page, that come from memory while its bucket does. */
INTERDICT_INLINE struct interdict_hits_page *near_fetch(const struct interdict_control *state, __u64 mix,
							__u32 number)
{
	struct interdict_hits_page *page = hits_page(state, number * INTERDICT_COUNTERS_OF_PAGE);
	__u32 i;

	if (!page)
		return 0;
	for (i = 0; i < INTERDICT_NEAR_LINES; i++) {
		__u32 at = masked(interdict_near_line(mix, i) * INTERDICT_NEAR_LINE,
				  INTERDICT_COUNTERS_OF_PAGE - 1);

		(void)*(volatile __u64 *)&page->hits[at].packets;
	}
	return page;
}

/*
 * Is this full address the target of a plain rule that is in force? Counts it then and returns 1: the
 * packet is to be dropped. near: interdict_near_mix() of the address. The short way through the commonest of
 * all rules; every other one, and any plain one that this leaves open, is judged by its record.
 */
__noinline __u32 plain_drop(__u32 slot, __u64 fingerprint, __u64 place, __u32 length, __u64 near)
{
	struct interdict_control *state = bpf_map_lookup_elem(&control, &ZERO);
	struct interdict_hash hash = {.fingerprint = fingerprint, .place = place};
	struct interdict_generation *live;
	struct interdict_table table;
	struct interdict_hits_page *page = 0;
	struct interdict_hits *hits;
	__u32 rule, number = 0;
	__u64 now;

	slot = masked(slot, 1);
	table.map = bpf_map_lookup_elem(&targets, &slot);
	if (!state || !table.map || state->flags & (INTERDICT_CONTROL_OBSERVE | INTERDICT_CONTROL_REPORT))
		return 0;
	live = &state->generation[masked(slot, 1)];
	table.buckets = live->buckets;
	if (live->near_blocks) {
		number = interdict_near_page(near, live->near_blocks);
		page = near_fetch(state, near, number);
	}
	rule = interdict_target_find(&table, hash);
	if (!(rule & INTERDICT_TARGET_PLAIN))
		return 0;
	now = wall_seconds(state);
	if (now < live->plain_from || now >= live->plain_until)
		return 0;
	rule = INTERDICT_TARGET_RULE(rule);
	if (page && rule / INTERDICT_COUNTERS_OF_PAGE == number)
		hits = &page->hits[masked(rule, INTERDICT_COUNTERS_OF_PAGE - 1)];
	else
		hits = hits_of(state, rule);
	if (!hits)
		return 0;
	hits_add(state, hits, length, now, INTERDICT_CHANNEL_ADDRESS);
	return 1;
}

INTERDICT_INLINE __u32 ipv4_mask(__u32 length)
{
	return length ? ~0u << (32 - length) : 0;
}

/* The first rule on the prefix of `length` bits around the address that is judged, 0 if it is no target. */
__noinline __u32 prefix_rule(struct packet *packet, __u32 length)
{
	struct interdict_control *state = bpf_map_lookup_elem(&control, &ZERO);
	struct interdict_generation *live;
	struct interdict_hash hash;
	const __u8 *address;
	__u32 slot, words[4], i;

	if (!packet || !state)
		return 0;
	slot = masked(packet->slot, 1);
	live = &state->generation[slot];
	address = packet->side == INTERDICT_ROLE_UPLINK ? packet->source : packet->destination;
	for (i = 0; i < 4; i++)
		words[i] = (__u32)address[i * 4] << 24 | (__u32)address[i * 4 + 1] << 16 |
			   (__u32)address[i * 4 + 2] << 8 | address[i * 4 + 3];
	if (packet->family == 4) {
		hash = interdict_hash_ipv4(&live->key, words[3] & ipv4_mask(length & 63), length);
	} else {
		for (i = 0; i < 4; i++) {
			__u32 bits = length > i * 32 ? length - i * 32 : 0;

			words[i] &= bits < 32 ? ipv4_mask(bits & 31) : ~0u;
		}
		hash = interdict_hash_ipv6(&live->key, words, length);
	}
	return INTERDICT_TARGET_RULE(target_rule(slot, hash.fingerprint, hash.place));
}

/* may: what the quick question left open. packet->side says which of the two addresses is judged. */
__noinline __u32 judge_address(struct packet *packet, __u32 may)
{
	struct interdict_control *state = bpf_map_lookup_elem(&control, &ZERO);
	struct interdict_generation *live;
	__u32 full, length, i, id, judged;

	if (!packet || !state)
		return JUDGED_NOTHING;
	full = packet->family == 4 ? 32 : 128;
	live = &state->generation[masked(packet->slot, 1)];
	if (may & MAY_BE_HOST) {
		id = prefix_rule(packet, full);
		judged = id ? judge_rules(packet, id, INTERDICT_CHANNEL_ADDRESS, 1) : JUDGED_NOTHING;
		if (judged)
			return judged;
	}
	if (!(may & MAY_BE_PREFIX))
		return JUDGED_NOTHING;
	for (i = 1; i < 128; i++) {
		__u64 present;

		if (i >= full)
			break;
		length = (full - i) & 127;
		present = full == 32	? live->ipv4_lengths
			  : length < 64 ? live->ipv6_lengths[0]
					: live->ipv6_lengths[1];
		if (!(present >> (length & 63) & 1))
			continue;
		id = prefix_rule(packet, length);
		judged = id ? judge_rules(packet, id, INTERDICT_CHANNEL_ADDRESS, 1) : JUDGED_NOTHING;
		if (judged)
			return judged;
	}
	return JUDGED_NOTHING;
}

#endif
