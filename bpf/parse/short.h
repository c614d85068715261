/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * short.h: the short way through a frame: Ethernet, up to two VLAN tags, one IP header without extension
 * headers, TCP or UDP that is no tunnel. Reads the packet in place; whatever is not this simple is left
 * to the layer reader (layers.h), which knows everything but costs more.
 */
#ifndef INTERDICT_BPF_PARSE_SHORT_H
#define INTERDICT_BPF_PARSE_SHORT_H

#include <bpf/bpf_endian.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include "bpf/parse/channels.h"
#include "bpf/parse/protocols.h"

/* Everything in host byte order but the address words, which are pointed at. */
struct short_frame {
	const __u8 *source; /* 4 or 16 bytes, in the packet */
	const __u8 *destination;
	__u32 family;
	__u32 protocol;
	__u32 network;
	__u32 transport;
	__u32 payload;
	__u32 source_port;
	__u32 destination_port;
	__u32 sequence;
	__u32 acknowledgement;
	__u32 tcp_flags;
	struct payload_start start;
};

struct vlan_tag {
	__be16 id;
	__be16 protocol;
};

INTERDICT_INLINE int is_vlan(__be16 protocol)
{
	return protocol == bpf_htons(ETH_P_8021Q) || protocol == bpf_htons(ETH_P_8021AD) ||
	       protocol == bpf_htons(ETH_P_QINQ1);
}

/* start->length is set; the bytes that the frame's first buffer has. */
INTERDICT_INLINE void start_read(const __u8 *payload, const void *data_end, struct payload_start *start)
{
	start->first = start->second = start->third = start->sixth = 0;
	if (start->length > 5 && (void *)(payload + 6) <= data_end) {
		start->first = payload[0];
		start->second = payload[1];
		start->third = payload[2];
		start->sixth = payload[5];
		return;
	}
	if (start->length && (void *)(payload + 1) <= data_end)
		start->first = payload[0];
	if (start->length > 1 && (void *)(payload + 2) <= data_end)
		start->second = payload[1];
	if (start->length > 2 && (void *)(payload + 3) <= data_end)
		start->third = payload[2];
}

/* Returns 0, or -1 if the frame needs the layer reader. */
INTERDICT_INLINE int short_parse(void *data, void *data_end, struct short_frame *frame)
{
	struct ethhdr *ethernet = data;
	void *at = ethernet + 1;
	__u32 total;
	struct tcphdr *tcp;
	struct udphdr *udp;
	__be16 protocol;

	if (at > data_end)
		return -1;
	protocol = ethernet->h_proto;
	if (is_vlan(protocol)) {
		struct vlan_tag *tag = at;

		at = tag + 1;
		if (at > data_end)
			return -1;
		protocol = tag->protocol;
		if (is_vlan(protocol)) {
			tag = at;
			at = tag + 1;
			if (at > data_end)
				return -1;
			protocol = tag->protocol;
		}
	}
	/*
	 * Offsets are differences of pointers rather than sums of sizes: what the verifier doesn't know
	 * exactly it needn't follow once for every number of tags.
	 */
	frame->network = (__u32)(at - data);
	if (protocol == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = at;
		__u32 header;

		if ((void *)(ip + 1) > data_end)
			return -1;
		header = ip->ihl * 4;
		total = bpf_ntohs(ip->tot_len);
		if (ip->version != 4 || header < sizeof(*ip) || total < header ||
		    ip->frag_off & bpf_htons(0x3fff))
			return -1;
		frame->family = 4;
		frame->protocol = ip->protocol;
		frame->source = (const __u8 *)&ip->saddr;
		frame->destination = (const __u8 *)&ip->daddr;
		at += header;
		total -= header;
	} else if (protocol == bpf_htons(ETH_P_IPV6)) {
		struct ipv6hdr *ip = at;

		if ((void *)(ip + 1) > data_end)
			return -1;
		if (ip->version != 6 || !ip->payload_len)
			return -1;
		total = bpf_ntohs(ip->payload_len);
		frame->family = 6;
		frame->protocol = ip->nexthdr;
		frame->source = (const __u8 *)&ip->saddr;
		frame->destination = (const __u8 *)&ip->daddr;
		at = ip + 1;
	} else {
		return -1;
	}
	frame->transport = (__u32)(at - data);
	if (frame->protocol == IPPROTO_TCP) {
		__u32 header;

		tcp = at;
		if ((void *)(tcp + 1) > data_end)
			return -1;
		header = tcp->doff * 4;
		if (header < sizeof(*tcp) || total < header)
			return -1;
		frame->source_port = bpf_ntohs(tcp->source);
		frame->destination_port = bpf_ntohs(tcp->dest);
		frame->sequence = bpf_ntohl(tcp->seq);
		frame->acknowledgement = bpf_ntohl(tcp->ack_seq);
		frame->tcp_flags = ((__u8 *)tcp)[13];
		frame->payload = frame->transport + header;
		frame->start.length = total - header;
		start_read(at + header, data_end, &frame->start);
		return 0;
	}
	if (frame->protocol == IPPROTO_UDP) {
		udp = at;
		if ((void *)(udp + 1) > data_end)
			return -1;
		frame->source_port = bpf_ntohs(udp->source);
		frame->destination_port = bpf_ntohs(udp->dest);
		if (is_tunnel_port(frame->destination_port))
			return -1;
		frame->payload = frame->transport + sizeof(*udp);
		frame->start.length = total < sizeof(*udp) ? 0 : total - sizeof(*udp);
		start_read((const __u8 *)(udp + 1), data_end, &frame->start);
		return 0;
	}
	return -1;
}

#endif
