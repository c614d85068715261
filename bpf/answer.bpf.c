// SPDX-License-Identifier: GPL-2.0-only
/*
 * answer.bpf.c: answers a refused packet in the server's place, in the frame's own encapsulation. Where no
 * answer can be built the packet is dropped: a refusal never becomes a pass.
 */
#include "bpf/act/notice.h"
#include "bpf/act/verdict.h"

/* A reset is never answered with a reset (RFC 9293 section 3.5.2). */
INTERDICT_INLINE int may_reset(const struct packet *packet)
{
	return packet->protocol == IPPROTO_TCP && packet->answerable && packet->has_ports &&
	       !(packet->tcp_flags & TCP_RST);
}

/* A datagram put together from fragments has no frame to turn round. */
INTERDICT_INLINE int may_answer_dns(const struct packet *packet)
{
	return packet->channel == INTERDICT_CHANNEL_DNS && packet->protocol == IPPROTO_UDP &&
	       packet->answerable && !packet->datagram && packet->action >= INTERDICT_ACTION_NXDOMAIN &&
	       packet->action <= INTERDICT_ACTION_SINKHOLE;
}

/*
 * An answer over TCP: the verdict, or INTERDICT_VERDICT_PASS if there is none to give. What could not be
 * built is counted; the frame may have changed then, which shows in its length. A SYN with data cannot be
 * answered by data alone.
 */
INTERDICT_INLINE __u32 answer_segment(struct xdp_md *ctx, struct packet *packet)
{
	int result = 1;
	__u32 verdict = INTERDICT_VERDICT_PASS;

	if (packet->datagram || packet->tcp_flags & TCP_SYN)
		return INTERDICT_VERDICT_PASS;
	if (packet->channel == INTERDICT_CHANNEL_HTTP && packet->action == INTERDICT_ACTION_NOTICE) {
		result = notice_build(ctx, packet);
		verdict = INTERDICT_VERDICT_NOTICE;
	} else if (packet->channel == INTERDICT_CHANNEL_DNS && packet->asked.length &&
		   packet->action >= INTERDICT_ACTION_NXDOMAIN &&
		   packet->action <= INTERDICT_ACTION_SINKHOLE) {
		result = dns_answer_segment(ctx, packet);
		verdict = INTERDICT_VERDICT_ANSWER;
	}
	if (!result) {
		total(verdict == INTERDICT_VERDICT_NOTICE ? INTERDICT_TOTAL_NOTICED
							  : INTERDICT_TOTAL_ANSWERED);
		return verdict;
	}
	if (result < 0)
		total(INTERDICT_TOTAL_SKIP_ANSWER);
	return INTERDICT_VERDICT_PASS;
}

/* The end of a connection that was answered. */
INTERDICT_INLINE int close_client(struct xdp_md *ctx, struct packet *packet)
{
	if (!packet->answerable || packet->datagram || acknowledgement_build(ctx, packet)) {
		total(INTERDICT_TOTAL_SKIP_ANSWER);
		return drop(packet);
	}
	total(INTERDICT_TOTAL_CLOSED);
	return leave(packet, XDP_TX,
		     packet->channel == INTERDICT_CHANNEL_HTTP ? INTERDICT_VERDICT_NOTICE
							       : INTERDICT_VERDICT_ANSWER);
}

SEC("xdp")
int interdict_answer(struct xdp_md *ctx)
{
	struct packet *packet = packet_at_hand();
	__u32 is_tcp, length, verdict;

	if (!packet)
		return XDP_DROP;
	if (packet->closing)
		return close_client(ctx, packet);
	is_tcp = packet->protocol == IPPROTO_TCP;
	length = packet->frame_length;
	if (may_reset(packet)) {
		verdict = answer_segment(ctx, packet);
		if (verdict != INTERDICT_VERDICT_PASS)
			return leave(packet, XDP_TX, verdict);
		if (packet->frame_length != length)
			return drop(packet);
		if (!reset_build(ctx, packet)) {
			total(INTERDICT_TOTAL_RESET);
			return leave(packet, XDP_TX, INTERDICT_VERDICT_RESET);
		}
	}
	if (may_answer_dns(packet) && !dns_answer_datagram(ctx, packet)) {
		total(INTERDICT_TOTAL_ANSWERED);
		return leave(packet, XDP_TX, INTERDICT_VERDICT_ANSWER);
	}
	/* A reset is asked for of TCP; everything else is meant to be dropped in its place. */
	if (packet->action != INTERDICT_ACTION_RESET || (is_tcp && !packet->answerable))
		total(INTERDICT_TOTAL_SKIP_ANSWER);
	return drop(packet);
}

char LICENSE[] SEC("license") = "GPL";
