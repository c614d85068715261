/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * layers.h: the layer reader: any of the link layers, tunnels and extension headers that interdict knows,
 * inside one another. One function per header reads it at packet->cursor, moves the cursor behind it and
 * returns what comes next. Headers are copied out, so nothing depends on how the frame lies in memory.
 */
#ifndef INTERDICT_BPF_PARSE_LAYERS_H
#define INTERDICT_BPF_PARSE_LAYERS_H

#include <bpf/bpf_endian.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>

#include "bpf/maps.bpf.h"
#include "bpf/parse/protocols.h"

#define LAYERS_MAX 24
#define MPLS_BOTTOM 0x100
#define GTPU_EXTENSIONS_MAX 4

#define ETH_P_CISCO_METADATA 0x8909
#define ETH_P_TRANSPARENT_BRIDGING 0x6558
#define IPPROTO_MPLS_IN_IP 137
#define IPPROTO_HIP_EXTENSION 139
#define IPPROTO_SHIM6_EXTENSION 140
#define IPPROTO_MOBILITY 135

INTERDICT_INLINE __u32 be16_of(const __u8 *bytes)
{
	return (__u32)bytes[0] << 8 | bytes[1];
}

INTERDICT_INLINE __u32 be32_of(const __u8 *bytes)
{
	return be16_of(bytes) << 16 | be16_of(bytes + 2);
}

/* Reads a header of a fixed size; -1 if it is not all there. */
#define header_read(ctx, packet, header)                   \
	((packet)->cursor + sizeof(header) > (packet)->end \
		 ? -1                                      \
		 : (int)bpf_xdp_load_bytes(ctx, (packet)->cursor, header, sizeof(header)))

__noinline int layer_ethernet(struct xdp_md *ctx, struct packet *packet)
{
	__u8 header[ETH_HLEN];

	if (!packet || header_read(ctx, packet, header))
		return LAYER_TRUNCATED;
	packet->cursor += sizeof(header);
	packet->type = be16_of(header + 12);
	return LAYER_TYPE;
}

/* IEEE 802.3 with an LLC and SNAP header (RFC 1042): the type was a length. */
INTERDICT_INLINE int layer_snap(struct xdp_md *ctx, struct packet *packet)
{
	__u8 snap[8];

	if (header_read(ctx, packet, snap))
		return LAYER_TRUNCATED;
	if (snap[0] != 0xaa || snap[1] != 0xaa || snap[2] != 3 || snap[3] | snap[4] | snap[5])
		return LAYER_UNKNOWN;
	packet->cursor += sizeof(snap);
	packet->type = be16_of(snap + 6);
	return packet->type < ETH_P_802_3_MIN ? LAYER_UNKNOWN : LAYER_TYPE;
}

INTERDICT_INLINE int layer_vlan(struct xdp_md *ctx, struct packet *packet)
{
	__u8 tag[4];
	__u32 id;

	if (header_read(ctx, packet, tag))
		return LAYER_TRUNCATED;
	id = be16_of(tag) & 0xfff;
	if (packet->vlan == INTERDICT_UNTAGGED) {
		packet->vlan = (__u16)id;
		packet->vlan_key = (__u16)(id << 4);
	} else {
		packet->vlan_key ^= (__u16)id;
	}
	packet->cursor += sizeof(tag);
	packet->type = be16_of(tag + 2);
	return LAYER_TYPE;
}

/* RFC 2516 section 4; the protocol may be compressed to one byte (RFC 1661 section 6.5). */
INTERDICT_INLINE int layer_pppoe(struct xdp_md *ctx, struct packet *packet)
{
	__u8 header[8];
	__u32 protocol;

	if (header_read(ctx, packet, header))
		return LAYER_TRUNCATED;
	if (header[0] != 0x11 || header[1])
		return LAYER_UNKNOWN;
	packet->cursor += 6;
	protocol = be16_of(header + 6);
	if (header[6] & 1) {
		protocol = header[6];
		packet->cursor += 1;
	} else {
		packet->cursor += 2;
	}
	return protocol == PPP_IPV4 ? LAYER_IPV4 : protocol == PPP_IPV6 ? LAYER_IPV6 : LAYER_UNKNOWN;
}

__noinline int layer_type(struct xdp_md *ctx, struct packet *packet)
{
	__u8 metadata[8];

	if (!packet)
		return LAYER_TRUNCATED;
	if (packet->type < ETH_P_802_3_MIN)
		return layer_snap(ctx, packet);
	switch (packet->type) {
	case ETH_P_IP:
		return LAYER_IPV4;
	case ETH_P_IPV6:
		return LAYER_IPV6;
	case ETH_P_8021Q:
	case ETH_P_8021AD:
	case ETH_P_QINQ1:
		return layer_vlan(ctx, packet);
	case ETH_P_PPP_SES:
		return layer_pppoe(ctx, packet);
	case ETH_P_MPLS_UC:
	case ETH_P_MPLS_MC:
		return packet->encapsulations & INTERDICT_ENCAP_MPLS ? LAYER_MPLS : LAYER_UNKNOWN;
	case ETH_P_TRANSPARENT_BRIDGING:
		return LAYER_ETHERNET;
	case ETH_P_CISCO_METADATA:
		/* Version, length and one option of four bytes, then the EtherType. */
		if (header_read(ctx, packet, metadata))
			return LAYER_TRUNCATED;
		packet->cursor += sizeof(metadata);
		packet->type = be16_of(metadata + 6);
		return LAYER_TYPE;
	default:
		return LAYER_UNKNOWN;
	}
}

/* RFC 3032: labels down to the bottom of the stack; a pseudowire (first bits neither 4 nor 6) passes. */
__noinline int layer_mpls(struct xdp_md *ctx, struct packet *packet)
{
	__u8 label[4];

	if (!packet || header_read(ctx, packet, label))
		return LAYER_TRUNCATED;
	packet->cursor += sizeof(label);
	return be32_of(label) & MPLS_BOTTOM ? LAYER_INNER : LAYER_MPLS;
}

__noinline int layer_inner(struct xdp_md *ctx, struct packet *packet)
{
	__u8 first[1];

	if (!packet || header_read(ctx, packet, first))
		return LAYER_TRUNCATED;
	return first[0] >> 4 == 4 ? LAYER_IPV4 : first[0] >> 4 == 6 ? LAYER_IPV6 : LAYER_UNKNOWN;
}

INTERDICT_INLINE void address_ipv4(__u8 out[16], const __u8 *in)
{
	__builtin_memset(out, 0, 10);
	out[10] = out[11] = 0xff;
	__builtin_memcpy(out + 12, in, 4);
}

INTERDICT_INLINE void packet_end(struct packet *packet, __u32 length)
{
	/* A frame cut short by a capture is read as far as it goes. */
	if (packet->cursor + length < packet->end)
		packet->end = packet->cursor + length;
}

__noinline int layer_ipv4(struct xdp_md *ctx, struct packet *packet)
{
	__u8 ip[20];
	__u32 header, total, fragment;

	if (!packet || header_read(ctx, packet, ip))
		return LAYER_TRUNCATED;
	header = (ip[0] & 15) * 4;
	total = be16_of(ip + 2);
	if (ip[0] >> 4 != 4 || header < sizeof(ip) || total < header)
		return LAYER_TRUNCATED;
	packet->depth++;
	packet->network = packet->cursor;
	packet_end(packet, total);
	packet->cursor += header;
	packet->family = 4;
	packet->protocol = ip[9];
	address_ipv4(packet->source, ip + 12);
	address_ipv4(packet->destination, ip + 16);
	fragment = be16_of(ip + 6);
	packet->fragment_offset = (fragment & 0x1fff) * 8;
	packet->fragment_id = be16_of(ip + 4);
	packet->fragment = fragment & 0x2000	     ? FRAGMENT_MORE
			   : packet->fragment_offset ? FRAGMENT_LAST
						     : FRAGMENT_NONE;
	if (!packet->fragment)
		return LAYER_IP_PAYLOAD;
	packet->answerable = 0;
	return LAYER_FRAGMENT;
}

__noinline int layer_ipv6(struct xdp_md *ctx, struct packet *packet)
{
	__u8 ip[40];
	__u32 length;

	if (!packet || header_read(ctx, packet, ip))
		return LAYER_TRUNCATED;
	if (ip[0] >> 4 != 6)
		return LAYER_TRUNCATED;
	packet->depth++;
	packet->network = packet->cursor;
	packet->cursor += sizeof(ip);
	length = be16_of(ip + 4);
	/* 0 is a jumbogram (RFC 2675): as far as the frame goes. */
	if (length)
		packet_end(packet, length);
	packet->family = 6;
	packet->protocol = ip[6];
	packet->fragment = FRAGMENT_NONE;
	__builtin_memcpy(packet->source, ip + 8, 16);
	__builtin_memcpy(packet->destination, ip + 24, 16);
	return LAYER_IP_PAYLOAD;
}

/* RFC 8200 section 4: an extension header of `unit` bytes a step plus `extra`. */
INTERDICT_INLINE int layer_extension(struct xdp_md *ctx, struct packet *packet, __u32 unit, __u32 extra)
{
	__u8 header[2];

	if (header_read(ctx, packet, header))
		return LAYER_TRUNCATED;
	packet->protocol = header[0];
	packet->cursor += header[1] * unit + extra;
	return LAYER_IP_PAYLOAD;
}

INTERDICT_INLINE int layer_fragment(struct xdp_md *ctx, struct packet *packet)
{
	__u8 header[8];
	__u32 field;

	if (header_read(ctx, packet, header))
		return LAYER_TRUNCATED;
	field = be16_of(header + 2);
	packet->protocol = header[0];
	packet->cursor += sizeof(header);
	packet->fragment_offset = field & 0xfff8;
	packet->fragment_id = be32_of(header + 4);
	packet->fragment = field & 1		     ? FRAGMENT_MORE
			   : packet->fragment_offset ? FRAGMENT_LAST
						     : FRAGMENT_NONE;
	/* A datagram whole in one fragment (RFC 6946) is as good as none. */
	if (!packet->fragment)
		return LAYER_IP_PAYLOAD;
	packet->answerable = 0;
	return LAYER_FRAGMENT;
}

/* RFC 2784, RFC 2890. */
INTERDICT_INLINE int layer_gre(struct xdp_md *ctx, struct packet *packet)
{
	__u8 header[4];

	if (header_read(ctx, packet, header))
		return LAYER_TRUNCATED;
	if (header[0] & 0x4f || header[1] & 7)
		return LAYER_UNKNOWN;
	packet->cursor +=
		4 + (header[0] & 0x80 ? 4 : 0) + (header[0] & 0x20 ? 4 : 0) + (header[0] & 0x10 ? 4 : 0);
	packet->type = be16_of(header + 2);
	if (header[0] & 0x80)
		packet->answerable = 0; /* a checksum over the whole payload */
	return LAYER_TYPE;
}

INTERDICT_INLINE int layer_tcp(struct xdp_md *ctx, struct packet *packet)
{
	__u8 tcp[20];
	__u32 header;

	if (header_read(ctx, packet, tcp))
		return LAYER_TRUNCATED;
	header = (tcp[12] >> 4) * 4;
	if (header < sizeof(tcp) || packet->cursor + header > packet->end)
		return LAYER_TRUNCATED;
	packet->source_port = (__u16)be16_of(tcp);
	packet->destination_port = (__u16)be16_of(tcp + 2);
	packet->has_ports = 1;
	packet->sequence = be32_of(tcp + 4);
	packet->acknowledgement = be32_of(tcp + 8);
	packet->tcp_flags = tcp[13];
	packet->transport = packet->cursor;
	packet->payload = packet->cursor + header;
	packet->payload_length = packet->end - packet->payload;
	return LAYER_TRANSPORT;
}

INTERDICT_INLINE int layer_udp(struct xdp_md *ctx, struct packet *packet)
{
	__u8 udp[8];
	__u32 port;

	if (header_read(ctx, packet, udp))
		return LAYER_TRUNCATED;
	packet->source_port = (__u16)be16_of(udp);
	packet->destination_port = (__u16)be16_of(udp + 2);
	packet->has_ports = 1;
	packet->transport = packet->cursor;
	packet->cursor += sizeof(udp);
	packet->payload = packet->cursor;
	packet->payload_length = packet->end - packet->cursor;
	port = packet->destination_port;
	if (port == PORT_GTPU && packet->encapsulations & INTERDICT_ENCAP_GTPU)
		return LAYER_GTPU;
	if ((port == PORT_VXLAN || port == PORT_VXLAN_LINUX) &&
	    packet->encapsulations & INTERDICT_ENCAP_VXLAN)
		return LAYER_VXLAN;
	if (port == PORT_GENEVE && packet->encapsulations & INTERDICT_ENCAP_GENEVE)
		return LAYER_GENEVE;
	return LAYER_TRANSPORT;
}

__noinline int layer_ip_payload(struct xdp_md *ctx, struct packet *packet)
{
	if (!packet)
		return LAYER_TRUNCATED;
	switch (packet->protocol) {
	case IPPROTO_TCP:
		return layer_tcp(ctx, packet);
	case IPPROTO_UDP:
		return layer_udp(ctx, packet);
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
	case IPPROTO_MOBILITY:
	case IPPROTO_HIP_EXTENSION:
	case IPPROTO_SHIM6_EXTENSION:
		return layer_extension(ctx, packet, 8, 8);
	case IPPROTO_AH:
		packet->answerable = 0; /* it signs the addresses */
		return layer_extension(ctx, packet, 4, 8);
	case IPPROTO_FRAGMENT:
		return layer_fragment(ctx, packet);
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
		return packet->encapsulations & INTERDICT_ENCAP_IPIP ? LAYER_INNER : LAYER_OTHER;
	case IPPROTO_GRE:
		return packet->encapsulations & INTERDICT_ENCAP_GRE ? layer_gre(ctx, packet) : LAYER_OTHER;
	case IPPROTO_MPLS_IN_IP:
		return packet->encapsulations & INTERDICT_ENCAP_MPLS ? LAYER_MPLS : LAYER_OTHER;
	default:
		return LAYER_OTHER;
	}
}

/* 3GPP TS 29.281 section 5.1. What is no G-PDU is an ordinary UDP datagram. */
__noinline int layer_gtpu(struct xdp_md *ctx, struct packet *packet)
{
	__u8 header[8], option[4];
	__u32 i, at;

	if (!packet || header_read(ctx, packet, header))
		return LAYER_TRANSPORT;
	if (header[0] >> 4 != 3 || header[1] != 255)
		return LAYER_TRANSPORT;
	packet->cursor += sizeof(header);
	if (!(header[0] & 7))
		return LAYER_INNER;
	if (header_read(ctx, packet, option))
		return LAYER_TRUNCATED;
	packet->cursor += sizeof(option);
	for (i = 0; i < GTPU_EXTENSIONS_MAX; i++) {
		__u8 length[1], next[1];

		/* The last byte read says what extension header follows. */
		if (!(header[0] & 4) || !option[3])
			return LAYER_INNER;
		at = packet->cursor;
		if (bpf_xdp_load_bytes(ctx, at, length, 1) || !length[0])
			return LAYER_TRUNCATED;
		packet->cursor = at + length[0] * 4;
		if (packet->cursor > packet->end || bpf_xdp_load_bytes(ctx, packet->cursor - 1, next, 1))
			return LAYER_TRUNCATED;
		option[3] = next[0];
	}
	return option[3] ? LAYER_UNKNOWN : LAYER_INNER;
}

/* RFC 7348 section 5. */
__noinline int layer_vxlan(struct xdp_md *ctx, struct packet *packet)
{
	__u8 header[8];

	if (!packet || header_read(ctx, packet, header) || !(header[0] & 8))
		return LAYER_TRANSPORT;
	packet->cursor += sizeof(header);
	return LAYER_ETHERNET;
}

/* RFC 8926 section 3.4. */
__noinline int layer_geneve(struct xdp_md *ctx, struct packet *packet)
{
	__u8 header[8];

	if (!packet || header_read(ctx, packet, header) || header[0] >> 6)
		return LAYER_TRANSPORT;
	packet->cursor += sizeof(header) + (header[0] & 63) * 4;
	packet->type = be16_of(header + 2);
	return LAYER_TYPE;
}

#endif
