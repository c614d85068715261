/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tcp_reply.h: the TCP header of an answer in the server's place, and the reset (RFC 9293 section 3.10.7.1).
 */
#ifndef INTERDICT_BPF_ACT_TCP_REPLY_H
#define INTERDICT_BPF_ACT_TCP_REPLY_H

#include "bpf/act/reflect.h"

#define TCP_HEADER 20
#define TCP_REPLY_WINDOW 0xffff

struct tcp_reply {
	__be16 source;
	__be16 destination;
	__be32 sequence;
	__be32 acknowledgement;
	__u8 offset;
	__u8 flags;
	__be16 window;
	__u16 check;
	__be16 urgent;
};

/* First sequence number behind the segment at hand. */
INTERDICT_INLINE __u32 segment_end(const struct packet *packet)
{
	return packet->sequence + packet->payload_length + (packet->tcp_flags & (TCP_SYN | TCP_FIN) ? 1 : 0);
}

/*
 * Writes the header at packet->transport, as if the server had sent it. sum: of the payload as 16-bit words
 * in memory order, unfolded; length: its bytes. Returns 0, or -1.
 */
static __noinline int tcp_reply_store(struct xdp_md *ctx, struct packet *packet, __u32 flags, __u64 sum,
				      __u32 length)
{
	struct tcp_reply tcp = {};

	tcp.source = bpf_htons(packet->destination_port);
	tcp.destination = bpf_htons(packet->source_port);
	tcp.offset = TCP_HEADER / 4 << 4;
	tcp.flags = (__u8)(flags | TCP_ACK);
	if (packet->tcp_flags & TCP_ACK)
		tcp.sequence = bpf_htonl(packet->acknowledgement);
	tcp.acknowledgement = bpf_htonl(segment_end(packet));
	if (!(flags & TCP_RST))
		tcp.window = bpf_htons(TCP_REPLY_WINDOW);
	sum += checksum_words((const __u16 *)&tcp, sizeof(tcp) / 2) +
	       pseudo_header_sum(packet, IPPROTO_TCP, TCP_HEADER + length);
	tcp.check = checksum_fold(sum);
	return (int)bpf_xdp_store_bytes(ctx, packet->transport, &tcp, sizeof(tcp));
}

/* Returns 0 once the frame is the reset; anything else: the frame may have changed, drop it. */
INTERDICT_INLINE int reset_build(struct xdp_md *ctx, struct packet *packet)
{
	if (reflect(ctx, packet, packet->transport + TCP_HEADER))
		return -1;
	return tcp_reply_store(ctx, packet, TCP_RST, 0, 0);
}

#endif
