/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reflect.h: turns a frame round: every header up to the transport header goes back to where it came from,
 * with the lengths and checksums of the answer that is to stand behind it. Tunnels keep their identifiers
 * (VLAN, MPLS label, GRE key, TEID, VNI) and their ports: what they are for the way back is not in the frame.
 */
#ifndef INTERDICT_BPF_ACT_REFLECT_H
#define INTERDICT_BPF_ACT_REFLECT_H

#include <bpf/bpf_endian.h>
#include <linux/if_ether.h>
#include <linux/in.h>

#include "bpf/act/count.h"
#include "bpf/opaque.h"

#define ANSWER_HOPS 64

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

/*
 * Of the pseudo-header (RFC 9293 section 3.1, RFC 8200 section 8.1) in front of `length` bytes. The mapped
 * form of an IPv4 address adds 0xffff to the sum, which changes nothing.
 */
INTERDICT_INLINE __u64 pseudo_header_sum(const struct packet *packet, __u32 protocol, __u32 length)
{
	return checksum_words((const __u16 *)packet->source, 8) +
	       checksum_words((const __u16 *)packet->destination, 8) + bpf_htons((__u16)protocol) +
	       bpf_htons((__u16)length);
}

static __noinline int reflect_ethernet(struct xdp_md *ctx, __u32 at)
{
	__u8 mac[12], swapped[12];

	if (bpf_xdp_load_bytes(ctx, at, mac, sizeof(mac)))
		return -1;
	__builtin_memcpy(swapped, mac + 6, 6);
	__builtin_memcpy(swapped + 6, mac, 6);
	return (int)bpf_xdp_store_bytes(ctx, at, swapped, sizeof(swapped));
}

/* Swapped addresses sum up the same; options stay as they are, so the checksum is changed, not made anew. */
static __noinline int reflect_ipv4(struct xdp_md *ctx, __u32 at, __u32 length)
{
	__u16 ip[10];
	__u64 sum;
	__u16 swap;

	if (bpf_xdp_load_bytes(ctx, at, ip, sizeof(ip)))
		return -1;
	sum = (__u16)~ip[5] + (__u64)(__u16)~ip[1] + (__u16)~ip[4] + (__u16)~ip[3];
	ip[1] = bpf_htons((__u16)length);
	((__u8 *)ip)[8] = ANSWER_HOPS;
	ip[3] = bpf_htons(0x4000); /* don't fragment */
	sum += (__u64)ip[1] + ip[4] + ip[3];
	ip[5] = checksum_fold(sum);
	swap = ip[6];
	ip[6] = ip[8];
	ip[8] = swap;
	swap = ip[7];
	ip[7] = ip[9];
	ip[9] = swap;
	return (int)bpf_xdp_store_bytes(ctx, at, ip, sizeof(ip));
}

static __noinline int reflect_ipv6(struct xdp_md *ctx, __u32 at, __u32 length)
{
	__u8 addresses[32], swapped[32], fixed[4];

	if (bpf_xdp_load_bytes(ctx, at + 4, fixed, sizeof(fixed)) ||
	    bpf_xdp_load_bytes(ctx, at + 8, addresses, sizeof(addresses)))
		return -1;
	length -= 40;
	fixed[0] = (__u8)(length >> 8);
	fixed[1] = (__u8)length;
	fixed[3] = ANSWER_HOPS;
	__builtin_memcpy(swapped, addresses + 16, 16);
	__builtin_memcpy(swapped + 16, addresses, 16);
	if (bpf_xdp_store_bytes(ctx, at + 4, fixed, sizeof(fixed)))
		return -1;
	return (int)bpf_xdp_store_bytes(ctx, at + 8, swapped, sizeof(swapped));
}

static __noinline int store_be16(struct xdp_md *ctx, __u32 at, __u32 value)
{
	__be16 bytes = bpf_htons((__u16)value);

	return (int)bpf_xdp_store_bytes(ctx, at, &bytes, sizeof(bytes));
}

/* The UDP header of a tunnel: without a checksum, as RFC 6935 allows tunnels over IPv6, too. */
static __noinline int reflect_udp(struct xdp_md *ctx, __u32 at, __u32 length)
{
	return store_be16(ctx, at + 4, length) || store_be16(ctx, at + 6, 0);
}

/* One header of packet->path; end: offset of the answer's last byte + 1. Returns 0, or -1. */
__noinline int reflect_layer(struct xdp_md *ctx, __u32 index, __u32 end)
{
	struct packet *packet = packet_at_hand();
	struct packet_layer layer;

	if (!packet)
		return -1;
	layer = packet->path[masked(index, PACKET_PATH_MAX - 1)];
	switch (layer.kind) {
	case LAYER_ETHERNET:
		return reflect_ethernet(ctx, layer.at);
	case LAYER_IPV4:
		return reflect_ipv4(ctx, layer.at, end - layer.at);
	case LAYER_IPV6:
		return reflect_ipv6(ctx, layer.at, end - layer.at);
	case LAYER_TYPE:
		if (layer.what == ETH_P_PPP_SES)
			return store_be16(ctx, layer.at + 4, end - layer.at - 6);
		/* The length of an 802.3 frame. */
		return layer.what < ETH_P_802_3_MIN ? store_be16(ctx, layer.at - 2, end - layer.at) : 0;
	case LAYER_IP_PAYLOAD:
		return layer.what == IPPROTO_UDP ? reflect_udp(ctx, layer.at, end - layer.at) : 0;
	case LAYER_GTPU:
		return store_be16(ctx, layer.at + 2, end - layer.at - 8);
	default:
		return 0;
	}
}

#define FORWARD_STEP 64u
#define FORWARD_STEPS 4

/* Copies the `length` bytes at `by` to the beginning of the frame. Returns 0, or -1. */
static __noinline int frame_forward(struct xdp_md *ctx, __u32 by, __u32 length)
{
	__u8 bytes[FORWARD_STEP];
	__u32 at, size;

	if (length > FORWARD_STEP * FORWARD_STEPS)
		return -1;
	for (at = 0; at < FORWARD_STEP * FORWARD_STEPS; at += FORWARD_STEP) {
		if (at >= length)
			break;
		size = length - at < FORWARD_STEP ? length - at : FORWARD_STEP;
		size = masked(size - 1, FORWARD_STEP - 1) + 1;
		if (bpf_xdp_load_bytes(ctx, by + at, bytes, size) ||
		    bpf_xdp_store_bytes(ctx, at, bytes, size))
			return -1;
	}
	return 0;
}

/*
 * Makes the frame `end` bytes long; what stands before packet->transport stays. Drivers that fit the buffer
 * to the frame (veth, tun, generic mode) leave little room behind it, but all leave XDP_PACKET_HEADROOM
 * before it. Returns 0, 1 if there is no room, -1 if the frame has changed and cannot be finished.
 */
static __noinline int frame_resize(struct xdp_md *ctx, struct packet *packet, __u32 end)
{
	int change = (int)end - (int)packet->frame_length;

	if (!change)
		return 0;
	if (!bpf_xdp_adjust_tail(ctx, change)) {
		packet->frame_length = end;
		return 0;
	}
	if (change < 0 || bpf_xdp_adjust_head(ctx, -change))
		return 1;
	packet->frame_length = end;
	return frame_forward(ctx, (__u32)change, packet->transport);
}

/*
 * Makes the frame end at `end` and turns round every header before packet->transport. Returns 0; 1 if the
 * frame has no room and is as it was; -1 if it may have changed: drop it.
 */
static __noinline int reflect(struct xdp_md *ctx, struct packet *packet, __u32 end)
{
	int error = frame_resize(ctx, packet, end);
	__u32 i;

	if (error)
		return error;
	for (i = 0; i < PACKET_PATH_MAX; i++) {
		if (i >= packet->path_length)
			break;
		if (packet->path[i].at < packet->transport && reflect_layer(ctx, i, end))
			return -1;
	}
	return 0;
}

#endif
