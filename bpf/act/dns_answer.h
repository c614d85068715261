/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dns_answer.h: the answer to a DNS query in the server's place (RFC 1035 section 4.1), as a resolver gives
 * it: recursion available, not authoritative, and without a SOA record, so that no negative answer is kept
 * (RFC 2308 section 5) and a lifted order is felt at once.
 *
 * NXDOMAIN, REFUSED: whatever was asked. SINKHOLE: the address of the family asked for, no records for other
 * types (RFC 2308 section 2.2), REFUSED where the class is not IN, since an address means nothing there, and
 * NXDOMAIN where the order names no address at all. A message with more than one question is a format error
 * (RFC 9619 section 4), whatever it asks: NXDOMAIN would speak of the first name only.
 *
 * A query with EDNS gets Extended DNS Error 16, Censored, which is the code for an outside requirement
 * (RFC 8914 section 4.17). An EDNS version that is not known is answered as version 0.
 */
#ifndef INTERDICT_BPF_ACT_DNS_ANSWER_H
#define INTERDICT_BPF_ACT_DNS_ANSWER_H

#include "bpf/act/reflect.h"
#include "bpf/inspect/dns.h"

#define DNS_ROOM 512u /* in packet->handshake: the longest answer and its padding fit */
#define DNS_CLASS_IN 1
#define DNS_TYPE_A 1
#define DNS_TYPE_AAAA 28
#define DNS_EDE 15
#define DNS_UDP_SIZE 1232 /* what passes every IPv6 path unfragmented */

enum dns_rcode {
	DNS_NOERROR = 0,
	DNS_FORMERR = 1,
	DNS_NXDOMAIN = 3,
	DNS_REFUSED = 5,
};

/* Everything in wire order and packed: none of it is aligned. */
struct dns_address_record {
	__be16 name;
	__be16 type;
	__be16 class;
	__be32 ttl;
	__be16 length;
	__u8 address[16];
} __attribute__((packed));

struct dns_option_record {
	__u8 root;
	__be16 type;
	__be16 size;
	__u8 rcode;
	__u8 version;
	__be16 flags;
	__be16 length;
	__be16 option;
	__be16 option_length;
	__be16 code;
	__u8 text[INTERDICT_ANSWER_TEXT_MAX];
} __attribute__((packed));

#define DNS_ADDRESS_FIXED __builtin_offsetof(struct dns_address_record, address)
#define DNS_OPTION_FIXED __builtin_offsetof(struct dns_option_record, text)
#define DNS_OPTION_HEAD __builtin_offsetof(struct dns_option_record, option)

/* What the order has to say; null if nothing. */
INTERDICT_INLINE const struct interdict_answer *answer_of(const struct packet *packet)
{
	__u32 slot = masked(packet->slot, 1), index = packet->answer;
	void *inner = bpf_map_lookup_elem(&answers, &slot);

	return inner ? bpf_map_lookup_elem(inner, &index) : 0;
}

INTERDICT_INLINE __u32 dns_rcode(const struct packet *packet, __u32 sinkholes, __u32 class)
{
	if (packet->asked.questions != 1)
		return DNS_FORMERR;
	if (packet->action == INTERDICT_ACTION_REFUSED)
		return DNS_REFUSED;
	if (packet->action != INTERDICT_ACTION_SINKHOLE || !sinkholes)
		return DNS_NXDOMAIN;
	return class == DNS_CLASS_IN ? DNS_NOERROR : DNS_REFUSED;
}

/* An address record for the name that was asked for. Returns where it ends. */
static __noinline __u32 dns_put_address(struct packet *packet, const struct interdict_answer *answer,
					__u32 at, __u32 type)
{
	struct dns_address_record record = {};
	__u32 size = type == DNS_TYPE_A ? sizeof(answer->sinkhole_ipv4) : sizeof(answer->sinkhole_ipv6);

	record.name = bpf_htons(0xc000 | DNS_HEADER);
	record.type = bpf_htons((__u16)type);
	record.class = bpf_htons(DNS_CLASS_IN);
	record.ttl = bpf_htonl(INTERDICT_SINKHOLE_TTL);
	record.length = bpf_htons((__u16)size);
	if (type == DNS_TYPE_A)
		__builtin_memcpy(record.address, answer->sinkhole_ipv4, sizeof(answer->sinkhole_ipv4));
	else
		__builtin_memcpy(record.address, answer->sinkhole_ipv6, sizeof(answer->sinkhole_ipv6));
	__builtin_memcpy(&packet->handshake.data[masked(at, DNS_ROOM - 1)], &record, sizeof(record));
	return at + DNS_ADDRESS_FIXED + size;
}

/* The OPT record with the extended error. Returns where it ends. */
static __noinline __u32 dns_put_option(struct packet *packet, const struct interdict_answer *answer, __u32 at)
{
	struct dns_option_record record = {};
	__u32 size = answer ? answer->text_length : 0;

	if (size > INTERDICT_ANSWER_TEXT_MAX)
		size = INTERDICT_ANSWER_TEXT_MAX;
	record.type = bpf_htons(DNS_TYPE_OPT);
	record.size = bpf_htons(DNS_UDP_SIZE);
	if (packet->asked.edns & DNS_EDNS_OK)
		record.flags = bpf_htons(0x8000);
	record.length = bpf_htons((__u16)(DNS_OPTION_FIXED - DNS_OPTION_HEAD + size));
	record.option = bpf_htons(DNS_EDE);
	record.option_length = bpf_htons((__u16)(sizeof(record.code) + size));
	record.code = bpf_htons(INTERDICT_EDE_CENSORED);
	if (answer)
		__builtin_memcpy(record.text, answer->text, sizeof(record.text));
	__builtin_memcpy(&packet->handshake.data[masked(at, DNS_ROOM - 1)], &record, sizeof(record));
	return at + DNS_OPTION_FIXED + size;
}

/*
 * Builds the answer to the query that dns_judge() refused, in its place: packet->handshake.data[2, 2 + n);
 * data[0, 2) is its length as TCP wants it before the message, and behind it are three zeroes. Returns n.
 */
static __noinline __u32 dns_answer_build(struct packet *packet)
{
	const struct interdict_answer *answer = answer_of(packet);
	__u8 *message = packet->handshake.data + DNS_LENGTH_PREFIX;
	__u32 at = DNS_LENGTH_PREFIX + packet->asked.length, type, class, rcode, flags, sinkholes = 0;

	type = be16_at(&packet->handshake, at - 4);
	class = be16_at(&packet->handshake, at - 2);
	if (answer)
		sinkholes = answer->flags & (INTERDICT_ANSWER_IPV4 | INTERDICT_ANSWER_IPV6);
	rcode = dns_rcode(packet, sinkholes, class);
	/* Of the query only the identifier, RD and CD stay. */
	message[2] = 0x80 | (message[2] & 0x01);
	message[3] = (__u8)(0x80 | (message[3] & 0x10) | rcode);
	message[4] = 0;
	message[5] = 1;
	__builtin_memset(message + 6, 0, 6);
	flags = (type == DNS_TYPE_A ? INTERDICT_ANSWER_IPV4 : 0) |
		(type == DNS_TYPE_AAAA ? INTERDICT_ANSWER_IPV6 : 0);
	if (answer && rcode == DNS_NOERROR && flags & sinkholes) {
		message[7] = 1;
		at = dns_put_address(packet, answer, at, type);
	}
	if (packet->asked.edns & DNS_EDNS) {
		message[11] = 1;
		at = dns_put_option(packet, answer, at);
	}
	__builtin_memset(&packet->handshake.data[masked(at, DNS_ROOM - 1)], 0, 4);
	at -= DNS_LENGTH_PREFIX;
	packet->handshake.data[0] = (__u8)(at >> 8);
	packet->handshake.data[1] = (__u8)at;
	return at;
}

/* Sum of the built answer's data[from, 2 + length) as 16-bit words in memory order. from: 0 or 2. */
INTERDICT_INLINE __u64 dns_answer_sum(struct packet *packet, __u32 from, __u32 length)
{
	__u32 size = (length + DNS_LENGTH_PREFIX - from + 3) & ~3u;

	/* A whole number of words, and no more than the helper takes. */
	return (__u64)bpf_csum_diff(0, 0, (__be32 *)(packet->handshake.data + from),
				    masked(size, DNS_ROOM - 4), 0);
}

/* Copies data[from, 2 + length) of the built answer to the frame. Returns 0, or -1. */
INTERDICT_INLINE int dns_answer_store(struct xdp_md *ctx, struct packet *packet, __u32 to, __u32 from,
				      __u32 length)
{
	__u32 size = masked(length + DNS_LENGTH_PREFIX - from - 1, DNS_ROOM - 1) + 1;

	return (int)bpf_xdp_store_bytes(ctx, to, packet->handshake.data + from, size);
}

struct udp_reply {
	__be16 source;
	__be16 destination;
	__be16 length;
	__u16 check;
};

/* Returns 0 once the frame is the answer over UDP; anything else: the frame may have changed, drop it. */
static __noinline int dns_answer_datagram(struct xdp_md *ctx, struct packet *packet)
{
	__u32 length = dns_answer_build(packet);
	struct udp_reply udp = {};
	__u64 sum;

	if (reflect(ctx, packet, packet->transport + sizeof(udp) + length))
		return -1;
	udp.source = bpf_htons(packet->destination_port);
	udp.destination = bpf_htons(packet->source_port);
	udp.length = bpf_htons((__u16)(sizeof(udp) + length));
	sum = dns_answer_sum(packet, DNS_LENGTH_PREFIX, length) +
	      checksum_words((const __u16 *)&udp, sizeof(udp) / 2) +
	      pseudo_header_sum(packet, IPPROTO_UDP, sizeof(udp) + length);
	udp.check = checksum_fold(sum);
	if (!udp.check)
		udp.check = 0xffff; /* 0 says that there is none (RFC 768) */
	if (bpf_xdp_store_bytes(ctx, packet->transport, &udp, sizeof(udp)))
		return -1;
	return dns_answer_store(ctx, packet, packet->transport + sizeof(udp), DNS_LENGTH_PREFIX, length);
}

#endif
