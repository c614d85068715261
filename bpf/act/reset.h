/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reset.h: turns a TCP segment into the reset that answers it (RFC 9293 section 3.10.7.1), in the frame's
 * own VLAN tags and PPPoE session, and sent back where it came from.
 */
#ifndef INTERDICT_BPF_ACT_RESET_H
#define INTERDICT_BPF_ACT_RESET_H

#include <bpf/bpf_endian.h>
#include <linux/in.h>

#include "bpf/maps.bpf.h"

#define TCP_HEADER 20
#define RESET_HOPS 64

struct reset_tcp {
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

INTERDICT_INLINE __u16 checksum_fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}

INTERDICT_INLINE __u64 checksum_words(const __u16 *words, __u32 count)
{
	__u64 sum = 0;
	__u32 i;

	for (i = 0; i < count; i++)
		sum += words[i];
	return sum;
}

/* Only what changes in an IPv4 header: the length and the hop limit; swapped addresses sum up the same. */
static __noinline int reset_ipv4(struct xdp_md *ctx, struct packet *packet, __u32 header)
{
	__u16 ip[10];
	__u64 sum;
	__u16 swap;

	if (bpf_xdp_load_bytes(ctx, packet->network, ip, sizeof(ip)))
		return -1;
	sum = (__u16)~ip[5] + (__u64)(__u16)~ip[1] + (__u16)~ip[4] + (__u16)~ip[3];
	ip[1] = bpf_htons((__u16)(header + TCP_HEADER));
	((__u8 *)ip)[8] = RESET_HOPS;
	ip[3] = bpf_htons(0x4000); /* don't fragment */
	sum += (__u64)ip[1] + ip[4] + ip[3];
	ip[5] = checksum_fold(sum);
	swap = ip[6];
	ip[6] = ip[8];
	ip[8] = swap;
	swap = ip[7];
	ip[7] = ip[9];
	ip[9] = swap;
	return (int)bpf_xdp_store_bytes(ctx, packet->network, ip, sizeof(ip));
}

static __noinline int reset_ipv6(struct xdp_md *ctx, struct packet *packet)
{
	__u8 fixed[8];

	if (bpf_xdp_load_bytes(ctx, packet->network, fixed, sizeof(fixed)))
		return -1;
	fixed[4] = 0;
	fixed[5] = TCP_HEADER;
	fixed[7] = RESET_HOPS;
	if (bpf_xdp_store_bytes(ctx, packet->network, fixed, sizeof(fixed)))
		return -1;
	if (bpf_xdp_store_bytes(ctx, packet->network + 8, packet->destination, 16))
		return -1;
	return (int)bpf_xdp_store_bytes(ctx, packet->network + 24, packet->source, 16);
}

static __noinline int reset_tcp(struct xdp_md *ctx, struct packet *packet)
{
	struct reset_tcp tcp = {};
	__u32 taken = packet->payload_length;
	__u64 sum;

	if (packet->tcp_flags & (TCP_SYN | TCP_FIN))
		taken++;
	tcp.source = bpf_htons(packet->destination_port);
	tcp.destination = bpf_htons(packet->source_port);
	tcp.offset = TCP_HEADER / 4 << 4;
	tcp.flags = TCP_RST;
	if (packet->tcp_flags & TCP_ACK)
		tcp.sequence = bpf_htonl(packet->acknowledgement);
	tcp.flags |= TCP_ACK;
	tcp.acknowledgement = bpf_htonl(packet->sequence + taken);
	/* The mapped form of an IPv4 address adds 0xffff to the sum, which changes nothing. */
	sum = checksum_words((const __u16 *)&tcp, sizeof(tcp) / 2);
	sum += checksum_words((const __u16 *)packet->source, 8);
	sum += checksum_words((const __u16 *)packet->destination, 8);
	sum += bpf_htons(IPPROTO_TCP) + bpf_htons(TCP_HEADER);
	tcp.check = checksum_fold(sum);
	return (int)bpf_xdp_store_bytes(ctx, packet->transport, &tcp, sizeof(tcp));
}

/* Returns 0 once the frame is the answer; anything else: the frame may have changed, drop it. */
INTERDICT_INLINE int reset_build(struct xdp_md *ctx, struct packet *packet)
{
	__u32 header = packet->transport - packet->network;
	__u8 mac[12], swapped[12];
	int shrink;

	if (bpf_xdp_load_bytes(ctx, 0, mac, sizeof(mac)))
		return -1;
	__builtin_memcpy(swapped, mac + 6, 6);
	__builtin_memcpy(swapped + 6, mac, 6);
	shrink = (int)(packet->transport + TCP_HEADER) - (int)packet->frame_length;
	if (shrink > 0 || bpf_xdp_store_bytes(ctx, 0, swapped, sizeof(swapped)))
		return -1;
	if (packet->family == 4 ? reset_ipv4(ctx, packet, header) : reset_ipv6(ctx, packet))
		return -1;
	if (reset_tcp(ctx, packet))
		return -1;
	if (packet->pppoe) {
		__be16 length = bpf_htons((__u16)(2 + header + TCP_HEADER));

		if (bpf_xdp_store_bytes(ctx, packet->pppoe + 4, &length, sizeof(length)))
			return -1;
	}
	if (shrink && bpf_xdp_adjust_tail(ctx, shrink))
		return -1;
	return 0;
}

#endif
