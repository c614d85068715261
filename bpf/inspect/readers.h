/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * readers.h: judges the names in the bytes of a TCP stream: a TLS ClientHello, HTTP requests, DNS queries.
 * Which of them it is shows in the first byte, but for DNS, which is known by its port.
 */
#ifndef INTERDICT_BPF_INSPECT_READERS_H
#define INTERDICT_BPF_INSPECT_READERS_H

#include "bpf/inspect/dns_judge.h"
#include "bpf/inspect/http.h"
#include "bpf/inspect/lookup.h"
#include "bpf/inspect/records.h"
#include "bpf/parse/channels.h"

#define HTTP_EVENTS_MAX 64 /* of one reading */

enum outcome {
	OUTCOME_MORE = 0,
	OUTCOME_PASS = 1,
	OUTCOME_REFUSE = 2,
	OUTCOME_NOT = 3,     /* nothing that any of the readers knows */
	OUTCOME_UNKNOWN = 4, /* nothing is kept of the connection */
};

/* The channel whose reader wants a stream that begins with this byte; INTERDICT_CHANNEL_ADDRESS: none. */
INTERDICT_INLINE __u32 stream_channel(const struct packet *packet, __u32 first)
{
	struct interdict_control *state = bpf_map_lookup_elem(&control, &ZERO);
	__u32 means = state ? state->generation[masked(packet->slot, 1)].means : 0;

	if (first == RECORD_HANDSHAKE && means & INTERDICT_MEANS(INTERDICT_CHANNEL_TLS))
		return INTERDICT_CHANNEL_TLS;
	/* A DNS message with a length of so much would not fit the buffer. */
	if (is_capital(first))
		return means & INTERDICT_MEANS(INTERDICT_CHANNEL_HTTP) ? INTERDICT_CHANNEL_HTTP : 0;
	if (packet->destination_port == PORT_DNS && means & INTERDICT_MEANS(INTERDICT_CHANNEL_DNS))
		return INTERDICT_CHANNEL_DNS;
	if ((first == '\r' || first == '\n') && means & INTERDICT_MEANS(INTERDICT_CHANNEL_HTTP))
		return INTERDICT_CHANNEL_HTTP;
	return INTERDICT_CHANNEL_ADDRESS;
}

INTERDICT_INLINE __u32 tls_judge(struct packet *packet, const struct interdict_bytes *bytes, __u32 ready)
{
	__u64 result = records_read(packet, bytes, ready);
	__u32 status = HELLO_STATUS(result), judged;

	if (status == HELLO_MORE)
		return OUTCOME_MORE;
	packet->reading.from = INTERDICT_READING_OVER;
	if (status == HELLO_NOT)
		return OUTCOME_NOT;
	if (status == HELLO_BAD) {
		total(INTERDICT_TOTAL_SKIP_MALFORMED);
		return OUTCOME_PASS;
	}
	total(INTERDICT_TOTAL_TLS_HELLO);
	if (result & HELLO_HAS_ECH)
		total(INTERDICT_TOTAL_TLS_ECH);
	if (packet->split)
		total(INTERDICT_TOTAL_TLS_SPLIT);
	if (status == HELLO_NO_NAME) {
		total(INTERDICT_TOTAL_TLS_NO_NAME);
		return OUTCOME_PASS;
	}
	judged = judge_name(packet, result & HELLO_DEFRAMED ? &packet->handshake : bytes,
			    HELLO_NAME_OFFSET(result), HELLO_NAME_LENGTH(result));
	return judged == JUDGED_FIRE ? OUTCOME_REFUSE : OUTCOME_PASS;
}

/* Every host of every request in bytes[0, ready). */
__noinline __u32 http_judge(struct packet *packet, const struct interdict_bytes *bytes, __u32 ready)
{
	struct http_walk walk = {};
	__u32 i, event = HTTP_NOT;

	if (!packet || !bytes || ready > INTERDICT_STREAM_MAX)
		return OUTCOME_PASS;
	http_begin(&walk, &packet->reading, ready);
	for (i = 0; i < HTTP_EVENTS_MAX; i++) {
		event = http_next(&walk, bytes);
		if (event == HTTP_NAME) {
			if (judge_name(packet, bytes, walk.name, walk.name_length) == JUDGED_FIRE) {
				fired_keep(packet);
				packet->fired.open = 1;
			}
			continue;
		}
		if (event != HTTP_HEAD)
			break;
		total(INTERDICT_TOTAL_HTTP_REQUEST);
		packet->fired.open = 0;
		if (!walk.hosts)
			total(INTERDICT_TOTAL_HTTP_NO_HOST);
	}
	if (packet->fired.count) {
		/* Its head need not be whole. */
		if (packet->fired.open)
			total(INTERDICT_TOTAL_HTTP_REQUEST);
		fired_first(packet);
		return OUTCOME_REFUSE;
	}
	if (event == HTTP_MORE || event == HTTP_END) {
		http_leave(&walk, &packet->reading);
		return event == HTTP_MORE ? OUTCOME_MORE : OUTCOME_PASS;
	}
	packet->reading.from = INTERDICT_READING_OVER;
	if (event == HTTP_NOT)
		return OUTCOME_NOT;
	total(event == HTTP_TWO ? INTERDICT_TOTAL_SKIP_HTTP2 : INTERDICT_TOTAL_SKIP_HTTP);
	return OUTCOME_PASS;
}

INTERDICT_INLINE __u32 dns_judge_messages(struct packet *packet, const struct interdict_bytes *bytes,
					  __u32 ready)
{
	__u64 result = dns_judge_stream(packet, bytes, packet->reading.from, ready);
	__u32 judged = DNS_STREAM_JUDGED(result), at = DNS_STREAM_AT(result);

	if (judged == JUDGED_FIRE)
		return OUTCOME_REFUSE;
	packet->reading.from = judged == JUDGED_PASS ? INTERDICT_READING_OVER : at;
	if (judged == JUDGED_PASS)
		return OUTCOME_PASS;
	return at < ready ? OUTCOME_MORE : OUTCOME_PASS;
}

/*
 * Judges what bytes[0, ready) of a stream say, from packet->reading on, and sets that to where the next
 * reading goes on. Sets packet->channel.
 */
__noinline __u32 stream_judge(struct packet *packet, const struct interdict_bytes *bytes, __u32 ready)
{
	__u32 channel, from;

	if (!packet || !bytes || ready > INTERDICT_STREAM_MAX)
		return OUTCOME_PASS;
	from = packet->reading.from;
	if (from >= ready)
		return OUTCOME_MORE;
	channel = packet->reading.inside ? INTERDICT_CHANNEL_HTTP
					 : stream_channel(packet, byte_at(bytes, from));
	packet->channel = (__u8)channel;
	if (channel == INTERDICT_CHANNEL_TLS)
		return tls_judge(packet, bytes, ready);
	if (channel == INTERDICT_CHANNEL_HTTP)
		return http_judge(packet, bytes, ready);
	if (channel == INTERDICT_CHANNEL_DNS)
		return dns_judge_messages(packet, bytes, ready);
	return OUTCOME_NOT;
}

#endif
