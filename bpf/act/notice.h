/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * notice.h: the answer to a request over TCP in the server's place, as the last thing that it sends: the 451
 * response to an HTTP request (RFC 7725), or a DNS message. One segment, with FIN; if it is lost, the client
 * sends its request again and is answered again. The response to HEAD has a body, too, which clients pass
 * over, since nothing follows it.
 */
#ifndef INTERDICT_BPF_ACT_NOTICE_H
#define INTERDICT_BPF_ACT_NOTICE_H

#include "bpf/act/dns_answer.h"
#include "bpf/act/tcp_reply.h"

/* Returns 0 once the frame is the response, 1 if it has no room for it, -1: see reflect(). */
static __noinline int response_build(struct xdp_md *ctx, struct packet *packet,
				     const struct interdict_answer *answer, __u32 brief)
{
	__u32 length = brief ? answer->brief_length : answer->notice_length;
	const __u8 *bytes = brief ? answer->brief : answer->notice;
	int error;

	if (!length || length > INTERDICT_NOTICE_MAX)
		return 1;
	error = reflect(ctx, packet, packet->transport + TCP_HEADER + length);
	if (error)
		return error;
	if (tcp_reply_store(ctx, packet, TCP_PSH | TCP_FIN, brief ? answer->brief_sum : answer->notice_sum,
			    length))
		return -1;
	/* What follows `brief` in the record is longer than what its length could be mistaken for. */
	length = masked(length - 1, INTERDICT_NOTICE_MAX - 1) + 1;
	return bpf_xdp_store_bytes(ctx, packet->transport + TCP_HEADER, (void *)bytes, length) ? -1 : 0;
}

/* Returns 0 once the frame is the notice, 1 if the order has none, -1: see reflect(). */
static __noinline int notice_build(struct xdp_md *ctx, struct packet *packet)
{
	const struct interdict_answer *answer = answer_of(packet);
	int error;

	if (!answer || !answer->notice_length)
		return 1;
	error = response_build(ctx, packet, answer, 0);
	if (error > 0)
		error = response_build(ctx, packet, answer, 1);
	return error ? -1 : 0;
}

/* The same with the answer to the DNS query that was refused. */
static __noinline int dns_answer_segment(struct xdp_md *ctx, struct packet *packet)
{
	__u32 length = dns_answer_build(packet), size = DNS_LENGTH_PREFIX + length;
	__u64 sum = dns_answer_sum(packet, 0, length);

	if (reflect(ctx, packet, packet->transport + TCP_HEADER + size) ||
	    tcp_reply_store(ctx, packet, TCP_PSH | TCP_FIN, sum, size))
		return -1;
	return dns_answer_store(ctx, packet, packet->transport + TCP_HEADER, 0, length);
}

/* An acknowledgement of the segment at hand, and nothing else. */
static __noinline int acknowledgement_build(struct xdp_md *ctx, struct packet *packet)
{
	if (reflect(ctx, packet, packet->transport + TCP_HEADER))
		return -1;
	return tcp_reply_store(ctx, packet, 0, 0, 0);
}

#endif
