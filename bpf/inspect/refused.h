/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * refused.h: connections that were refused, until both ends are done with them.
 *
 * XDP cannot hold a packet back: undecided segments pass, since no server answers half a message, and the one
 * that completes the name is refused. Of the connection then only the rule is kept, which is asked again for
 * every retransmission: by its state at that moment, whichever generation is live.
 *
 * An answer ends in FIN, so the client closes at once. Its acknowledgement, which would puzzle the server,
 * becomes a reset with the very number that the server waits for (RFC 5961 section 3.2).
 */
#ifndef INTERDICT_BPF_INSPECT_REFUSED_H
#define INTERDICT_BPF_INSPECT_REFUSED_H

#include "bpf/act/tcp_reply.h"
#include "bpf/act/verdict.h"
#include "bpf/inspect/connection.h"

/* Will the refusal be an answer that ends the connection? */
INTERDICT_INLINE __u32 will_answer(const struct packet *packet)
{
	__u32 action = packet->action;

	if (action == INTERDICT_ACTION_DEFAULT)
		action = interdict_default_action(packet->channel);
	return action >= INTERDICT_ACTION_NXDOMAIN && packet->channel != INTERDICT_CHANNEL_TLS;
}

/* base: of the stream. next: the first sequence number that the server has not been let see. */
static __noinline void refused_keep(struct packet *packet, __u32 base, __u32 next)
{
	struct interdict_open mark = {.base = base, .rule = packet->rule, .next = next};

	mark.whole = packet->whole;
	mark.channel = packet->channel;
	mark.acked = packet->acknowledgement;
	mark.closing = will_answer(packet) ? INTERDICT_CLOSING_ANSWERED : INTERDICT_CLOSING_NONE;
	open_keep(packet, &mark);
}

/* Turns the segment at hand, which has no payload, into a reset that the server takes. */
static __noinline int server_reset(struct xdp_md *ctx, const struct packet *packet, __u32 sequence)
{
	struct tcp_reply tcp;
	__u64 sum;

	if (packet->datagram || bpf_xdp_load_bytes(ctx, packet->transport, &tcp, sizeof(tcp)))
		return -1;
	sum = checksum_words((const __u16 *)&tcp, sizeof(tcp) / 2) - tcp.check;
	/* RFC 1624: what was there goes out of the sum, what will be there comes in. */
	sum = (__u16)~tcp.check + 0xffffULL * (sizeof(tcp) / 2) - sum;
	tcp.sequence = bpf_htonl(sequence);
	tcp.acknowledgement = 0;
	tcp.flags = TCP_RST;
	tcp.check = 0;
	sum += checksum_words((const __u16 *)&tcp, sizeof(tcp) / 2);
	tcp.check = checksum_fold(sum);
	return (int)bpf_xdp_store_bytes(ctx, packet->transport, &tcp, sizeof(tcp));
}

/*
 * A segment without payload, on a connection of which something is kept. Once the client has its answer: the
 * first one that says so becomes the server's reset, later ones end here, and a FIN is acknowledged. Asks no
 * rule: the end of the connection is part of the answer that was given.
 */
INTERDICT_INLINE int refused_close(struct xdp_md *ctx, struct packet *packet, struct interdict_open *mark)
{
	packet->rule = mark->rule;
	packet->channel = mark->channel;
	if (mark->closing == INTERDICT_CLOSING_ANSWERED) {
		mark->closing = INTERDICT_CLOSING_RESET;
		open_keep(packet, mark);
		if (server_reset(ctx, packet, mark->next))
			return drop(packet);
		total(INTERDICT_TOTAL_CLOSED);
		return pass(packet);
	}
	if (!(packet->tcp_flags & TCP_FIN))
		return drop(packet);
	open_forget(packet);
	packet->closing = 1;
	bpf_tail_call(ctx, &stages, INTERDICT_STAGE_ANSWER);
	total(INTERDICT_TOTAL_SKIP_ANSWER);
	return drop(packet);
}

/* Is the segment at hand, which has no payload, one that refused_close() is for? */
INTERDICT_INLINE __u32 refused_closes(const struct packet *packet, const struct interdict_open *mark)
{
	if (!mark->rule || mark->closing == INTERDICT_CLOSING_NONE)
		return 0;
	return mark->closing == INTERDICT_CLOSING_RESET || packet->tcp_flags & (TCP_RST | TCP_FIN) ||
	       (__s32)(packet->acknowledgement - mark->acked) > 0;
}

#endif
