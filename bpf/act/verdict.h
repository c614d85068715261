/* SPDX-License-Identifier: GPL-2.0-only */
/* verdict.h: how a packet leaves: passed, dropped or answered; counted; and reported where asked. */
#ifndef INTERDICT_BPF_ACT_VERDICT_H
#define INTERDICT_BPF_ACT_VERDICT_H

#include "bpf/act/count.h"
#include "bpf/act/reset.h"

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
	return 0;
}

INTERDICT_INLINE int leave(struct packet *packet, int xdp, __u32 verdict)
{
	if (packet->flags & INTERDICT_CONTROL_REPORT)
		write_report(packet, verdict);
	return xdp;
}

INTERDICT_INLINE int pass(struct packet *packet)
{
	return leave(packet, XDP_PASS, INTERDICT_VERDICT_PASS);
}

/* A reset is never answered with a reset (RFC 9293 section 3.5.2), and a later fragment can't be. */
INTERDICT_INLINE int may_reset(const struct packet *packet)
{
	return packet->protocol == IPPROTO_TCP && packet->plain && packet->has_ports &&
	       !(packet->tcp_flags & TCP_RST);
}

/* Carries out packet->action, the one of the rule that fired. */
__noinline int refuse(struct xdp_md *ctx, struct packet *packet)
{
	__u32 action;

	if (!packet)
		return XDP_DROP;
	action = packet->action;
	total(INTERDICT_TOTAL_HIT_ADDRESS + (packet->channel & 7));
	if (action == INTERDICT_ACTION_DEFAULT && packet->channel == INTERDICT_CHANNEL_TLS)
		action = INTERDICT_ACTION_RESET;
	if (action == INTERDICT_ACTION_RESET && may_reset(packet) && !reset_build(ctx, packet)) {
		total(INTERDICT_TOTAL_RESET);
		return leave(packet, XDP_TX, INTERDICT_VERDICT_RESET);
	}
	total(INTERDICT_TOTAL_DROPPED);
	return leave(packet, XDP_DROP, INTERDICT_VERDICT_DROP);
}

#endif
