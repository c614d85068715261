/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * channels.h: which inspector the first bytes of a payload ask for. By shape, on any port, but for DNS,
 * whose messages begin with nothing that could be told from others.
 */
#ifndef INTERDICT_BPF_PARSE_CHANNELS_H
#define INTERDICT_BPF_PARSE_CHANNELS_H

#include <linux/in.h>

#include "bpf/inspect/records.h"
#include "bpf/maps.bpf.h"
#include "bpf/parse/protocols.h"

#define STAGE_NONE INTERDICT_STAGE_MAX

/* Channels whose names are in TCP streams, and those whose refusals close the connection by an answer. */
#define MEANS_TCP                                                                           \
	(INTERDICT_MEANS(INTERDICT_CHANNEL_TLS) | INTERDICT_MEANS(INTERDICT_CHANNEL_HTTP) | \
	 INTERDICT_MEANS(INTERDICT_CHANNEL_DNS))
#define MEANS_ANSWERED (INTERDICT_MEANS(INTERDICT_CHANNEL_HTTP) | INTERDICT_MEANS(INTERDICT_CHANNEL_DNS))

/* How a payload begins; bytes behind its end are 0. */
struct payload_start {
	__u32 length; /* of the payload */
	__u8 first, second, third, sixth;
};

INTERDICT_INLINE __u32 is_capital(__u32 byte)
{
	return (__u32)(byte - 'A') <= 'Z' - 'A';
}

/*
 * A method (RFC 9112 section 3.1) is any token, but servers know those of capitals only. They also skip
 * empty lines before it (section 2.2).
 */
INTERDICT_INLINE __u32 request_start(const struct payload_start *start)
{
	if (start->first == '\r' || start->first == '\n')
		return start->length == 1 || start->second == '\n' || is_capital(start->second);
	return is_capital(start->first) && (start->length < 2 || is_capital(start->second)) &&
	       (start->length < 3 || is_capital(start->third));
}

/*
 * A long header (RFC 8999 section 5.1). The next bit is set (RFC 9000 section 17.2) unless the client greases
 * it (RFC 9287); then only what begins like the number of version 1 or 2 is taken for one.
 */
INTERDICT_INLINE __u32 long_header(const struct payload_start *start)
{
	if (!(start->first & 0x80))
		return 0;
	return start->first & 0x40 || !(start->second | start->third) ||
	       (start->second == 0x6b && start->third == 0x33);
}

INTERDICT_INLINE __u32 is_armed(__u32 slot)
{
	struct interdict_armed *flag = bpf_map_lookup_elem(&armed, &slot);

	return flag && flag->count;
}

/*
 * Does a TCP segment that begins like this go on to the stage? A SYN does, what may begin a message, and
 * everything of a connection that is armed.
 */
INTERDICT_INLINE __u32 tcp_wants(__u32 means, __u32 port, __u32 flags, __u32 slot,
				 const struct payload_start *start)
{
	if (flags & TCP_SYN)
		return !(flags & TCP_ACK);
	if (start->length) {
		if (means & INTERDICT_MEANS(INTERDICT_CHANNEL_TLS) &&
		    records_start(start->first, start->second, start->sixth, start->length))
			return 1;
		if (means & INTERDICT_MEANS(INTERDICT_CHANNEL_DNS) && port == PORT_DNS)
			return 1;
		if (means & INTERDICT_MEANS(INTERDICT_CHANNEL_HTTP) && request_start(start))
			return 1;
	} else if (!(means & MEANS_ANSWERED)) {
		/* Without payload only an acknowledgement of an answer is of interest. */
		return 0;
	}
	return is_armed(slot);
}

/* The first bytes in one number, for a function that takes numbers only. */
INTERDICT_INLINE __u32 start_bytes(const struct payload_start *start)
{
	return start->first | (__u32)start->second << 8 | (__u32)start->third << 16 |
	       (__u32)start->sixth << 24;
}

/* Destination port, TCP flags and IP protocol in one number. */
INTERDICT_INLINE __u32 transport_bits(__u32 port, __u32 flags, __u32 protocol)
{
	return port | flags << 16 | protocol << 24;
}

/*
 * The stage that looks for a name in a payload, STAGE_NONE if none does. slot: the connection's in map
 * "armed". transport: transport_bits(). bytes: start_bytes(). A function that the verifier follows once.
 */
__noinline __u32 names_stage(__u32 means, __u32 slot, __u32 transport, __u32 length, __u32 bytes)
{
	struct payload_start start = {.length = length,
				      .first = (__u8)bytes,
				      .second = (__u8)(bytes >> 8),
				      .third = (__u8)(bytes >> 16),
				      .sixth = (__u8)(bytes >> 24)};
	__u32 port = transport & 0xffff;

	if (transport >> 24 == IPPROTO_TCP)
		return means & MEANS_TCP && tcp_wants(means, port, transport >> 16 & 0xff, slot, &start)
			       ? INTERDICT_STAGE_TCP
			       : STAGE_NONE;
	if (!length || transport >> 24 != IPPROTO_UDP)
		return STAGE_NONE;
	if (port == PORT_DNS && means & INTERDICT_MEANS(INTERDICT_CHANNEL_DNS))
		return INTERDICT_STAGE_DNS;
	if (means & INTERDICT_MEANS(INTERDICT_CHANNEL_QUIC) && long_header(&start))
		return INTERDICT_STAGE_QUIC;
	return STAGE_NONE;
}

/* No call for what established connections mostly send, application data of TLS (23) and of QUIC. */
INTERDICT_INLINE __u32 may_start(__u32 port, __u32 flags, __u32 first)
{
	return (port == PORT_DNS) | (first >= 0x80) | (first == RECORD_HANDSHAKE) | is_capital(first) |
	       (first - '\n' <= '\r' - '\n') | (flags & TCP_SYN);
}

#endif
