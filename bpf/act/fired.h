/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fired.h: the rules that fired on one packet. A segment may hold several requests or queries: each rule that
 * one of them hits is counted, once, and the first decides what is done.
 */
#ifndef INTERDICT_BPF_ACT_FIRED_H
#define INTERDICT_BPF_ACT_FIRED_H

#include "bpf/opaque.h"
#include "bpf/packet.h"

/* Without branches: the verifier would follow every one of them in the loop over a target's rules. */
INTERDICT_INLINE __u32 fired_before(const struct packet *packet, __u32 rule)
{
	__u32 i, found = 0;

	if (!packet->fired.count)
		return 0;
#pragma unroll
	for (i = 0; i < INTERDICT_FIRED_MAX; i++)
		found |= (unknown(packet->fired.rule[i] ^ rule) - 1) >> 31;
	return found;
}

/* After a name was judged JUDGED_FIRE: keeps what the next one would take the place of. Returns 0. */
__noinline int fired_keep(struct packet *packet)
{
	struct fired *fired;
	__u32 count, i;

	if (!packet)
		return 0;
	fired = &packet->fired;
	count = fired->count;
	if (!count) {
		/* No rule has number 0, nor one above 2^31: see fired_before(). */
		for (i = 0; i < INTERDICT_FIRED_MAX; i++)
			fired->rule[i] = 0;
		fired->answer = packet->answer;
		fired->action = packet->action;
		fired->whole = packet->whole;
		fired->name_length = packet->name.length;
		if (packet->flags & INTERDICT_CONTROL_REPORT)
			__builtin_memcpy(fired->text, packet->name.text, sizeof(fired->text));
	}
	if (count >= INTERDICT_FIRED_MAX || fired_before(packet, packet->rule))
		return 0;
	fired->rule[masked(count, INTERDICT_FIRED_MAX - 1)] = packet->rule;
	fired->count = count + 1;
	return 0;
}

/* The packet again as after the first one. Returns 0. */
__noinline int fired_first(struct packet *packet)
{
	const struct fired *fired;

	if (!packet)
		return 0;
	fired = &packet->fired;
	packet->rule = fired->rule[0];
	packet->answer = fired->answer;
	packet->action = fired->action;
	packet->whole = fired->whole;
	packet->name.length = fired->name_length;
	if (packet->flags & INTERDICT_CONTROL_REPORT)
		__builtin_memcpy(packet->name.text, fired->text, sizeof(fired->text));
	return 0;
}

#endif
