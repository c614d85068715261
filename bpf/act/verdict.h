/* SPDX-License-Identifier: GPL-2.0-only */
/* verdict.h: how a packet leaves: passed, dropped or answered; counted; and reported where asked. */
#ifndef INTERDICT_BPF_ACT_VERDICT_H
#define INTERDICT_BPF_ACT_VERDICT_H

#include "bpf/act/count.h"

__noinline int write_report(struct packet *packet, __u32 verdict)
{
	__u32 cpu = bpf_get_smp_processor_id(), i;
	struct interdict_report *out = bpf_map_lookup_elem(&report, &cpu);

	if (!packet || !out)
		return -1;
	out->rule = packet->rule;
	out->verdict = (__u8)verdict;
	out->channel = packet->channel;
	out->name_length = (__u16)packet->name.length;
	for (i = 0; i < sizeof(out->name); i++)
		out->name[i] = packet->name.text[i];
	out->others = packet->fired.count ? packet->fired.count - 1 : 0;
	for (i = 0; i + 1 < INTERDICT_FIRED_MAX; i++)
		out->other[i] = i < out->others ? packet->fired.rule[i + 1] : 0;
	return 0;
}

INTERDICT_INLINE int leave(struct packet *packet, int xdp, __u32 verdict)
{
	if (packet->flags & INTERDICT_CONTROL_REPORT)
		write_report(packet, verdict);
	return xdp;
}

/*
 * A datagram that passes is let go with its last fragment, or a later one with its identification would be
 * judged by its bytes. Of one that is refused they stay: its last fragment must not get through when it is
 * sent again.
 */
INTERDICT_INLINE int pass(struct packet *packet)
{
	if (packet->datagram && !bpf_map_delete_elem(&flows, &packet->datagram_key))
		total(INTERDICT_TOTAL_FLOW_FINISHED);
	return leave(packet, XDP_PASS, INTERDICT_VERDICT_PASS);
}

INTERDICT_INLINE int drop(struct packet *packet)
{
	total(INTERDICT_TOTAL_DROPPED);
	return leave(packet, XDP_DROP, INTERDICT_VERDICT_DROP);
}

/* Carries out packet->action, the one of the rule that fired; whatever is more than a drop is a stage. */
INTERDICT_INLINE int refuse(struct xdp_md *ctx, struct packet *packet)
{
	total(INTERDICT_TOTAL_HIT_ADDRESS + (packet->channel & 7));
	if (packet->action == INTERDICT_ACTION_DEFAULT)
		packet->action = (__u8)interdict_default_action(packet->channel);
	if (packet->action != INTERDICT_ACTION_DROP) {
		bpf_tail_call(ctx, &stages, INTERDICT_STAGE_ANSWER);
		total(INTERDICT_TOTAL_SKIP_ANSWER);
	}
	return drop(packet);
}

#endif
