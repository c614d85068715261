/* SPDX-License-Identifier: GPL-2.0-only */
/* dns_judge.h: judges the questions of DNS queries, and keeps what the answer to a refused one needs. */
#ifndef INTERDICT_BPF_INSPECT_DNS_JUDGE_H
#define INTERDICT_BPF_INSPECT_DNS_JUDGE_H

#include "bpf/inspect/dns.h"
#include "bpf/inspect/lookup.h"
#include "bpf/inspect/segment.h"

#define DNS_MESSAGES_MAX 128 /* of one reading of a stream */

/*
 * The name of a question, in packet->handshake as dns_question() left it. A label that has a dot in it
 * would read as two, or at the end as none.
 */
INTERDICT_INLINE __u32 dns_judge_name(struct packet *packet, __u64 question)
{
	if (name_take(packet, &packet->handshake, 1, DNS_LENGTH(question)) ||
	    packet->name.labels != DNS_LABELS(question) || packet->name.length != DNS_LENGTH(question)) {
		packet->name.length = 0;
		total(INTERDICT_TOTAL_SKIP_NAME);
		return JUDGED_NOTHING;
	}
	packet->channel = INTERDICT_CHANNEL_DNS;
	return judge_taken(packet);
}

/*
 * Keeps the header and the first question, packet->asked.length bytes, for dns_answer_build() in
 * act/dns_answer.h. next: behind the question that was judged last.
 */
static __noinline void dns_keep(struct packet *packet, const struct interdict_bytes *bytes, __u32 start,
				__u32 end, __u32 next)
{
	__u32 records = be16_at(bytes, start + 6) + be16_at(bytes, start + 8) + be16_at(bytes, start + 10);

	packet->asked.questions = (__u16)be16_at(bytes, start + 4);
	packet->asked.edns = packet->asked.questions == 1 ? (__u8)dns_edns(bytes, next, end, records) : 0;
	bytes_copy(&packet->handshake, DNS_LENGTH_PREFIX, bytes, start, packet->asked.length);
}

/*
 * Judges every question of the message bytes[start, end), which is whole and is not in packet->handshake.
 * JUDGED_FIRE: packet->asked and packet->handshake have what the answer needs. Malformed: counted, and
 * JUDGED_NOTHING like what is no query.
 */
__noinline __u32 dns_judge(struct packet *packet, const struct interdict_bytes *bytes, __u32 start, __u32 end)
{
	__u32 i, status, questions, at, first = 0;
	__u64 result;

	if (!packet || !bytes || start > end || end > INTERDICT_STREAM_MAX)
		return JUDGED_NOTHING;
	status = dns_head(bytes, start, end);
	if (status == DNS_NOT)
		return JUDGED_NOTHING;
	if (status == DNS_MORE)
		goto bad;
	questions = be16_at(bytes, start + 4);
	at = start + DNS_HEADER;
	for (i = 0; i < DNS_QUESTIONS_MAX; i++) {
		if (i >= questions)
			return JUDGED_NOTHING;
		result = dns_question(bytes, at, end, &packet->handshake);
		status = DNS_STATUS(result);
		if (status != DNS_NAME && status != DNS_ROOT)
			goto bad;
		at = DNS_NEXT(result);
		if (!i)
			first = at;
		total(INTERDICT_TOTAL_DNS_QUERY);
		if (status == DNS_NAME && dns_judge_name(packet, result) == JUDGED_FIRE) {
			packet->asked.length = (__u16)(first - start);
			dns_keep(packet, bytes, start, end, at);
			return JUDGED_FIRE;
		}
	}
	if (questions <= DNS_QUESTIONS_MAX)
		return JUDGED_NOTHING;
bad:
	total(INTERDICT_TOTAL_SKIP_DNS);
	return JUDGED_NOTHING;
}

#define DNS_STREAM_RESULT(judged, at) ((__u64)(judged) | (__u64)(at) << 8)
#define DNS_STREAM_JUDGED(result) ((__u32)((result)&0xff))
#define DNS_STREAM_AT(result) ((__u32)((result) >> 8))

/*
 * Judges the whole messages in bytes[start, ready) of a TCP stream; `start` is where one begins. Returns
 * JUDGED_FIRE if one is refused, as dns_judge() of the first of them would, or JUDGED_NOTHING with the place
 * of the first message that is not whole: `ready` if there is none. What cannot be a message ends the
 * reading: counted, and JUDGED_PASS.
 */
__noinline __u64 dns_judge_stream(struct packet *packet, const struct interdict_bytes *bytes, __u32 start,
				  __u32 ready)
{
	__u32 i, length, at = start, judged = JUDGED_NOTHING;

	if (!packet || !bytes || ready > INTERDICT_STREAM_MAX)
		return DNS_STREAM_RESULT(JUDGED_PASS, 0);
	for (i = 0; i < DNS_MESSAGES_MAX; i++) {
		if (at + DNS_LENGTH_PREFIX > ready)
			break;
		length = be16_at(bytes, at);
		if (length < DNS_HEADER || at + DNS_LENGTH_PREFIX + length > INTERDICT_STREAM_MAX) {
			judged = JUDGED_PASS;
			break;
		}
		if (at + DNS_LENGTH_PREFIX + length > ready)
			break;
		at += DNS_LENGTH_PREFIX;
		if (dns_judge(packet, bytes, at, at + length) == JUDGED_FIRE) {
			if (!packet->fired.count) {
				packet->fired.place = at;
				packet->fired.end = at + length;
				packet->fired.asked = packet->asked.length;
			}
			fired_keep(packet);
		}
		at += length;
	}
	if (packet->fired.count) {
		if (at != packet->fired.end) {
			/* The ones behind it were read into its place. */
			packet->asked.length = packet->fired.asked;
			dns_keep(packet, bytes, packet->fired.place, packet->fired.end,
				 packet->fired.place + packet->fired.asked);
			fired_first(packet);
		}
		return DNS_STREAM_RESULT(JUDGED_FIRE, packet->fired.place);
	}
	if (i >= DNS_MESSAGES_MAX)
		judged = JUDGED_PASS;
	if (judged == JUDGED_PASS)
		total(INTERDICT_TOTAL_SKIP_DNS);
	return DNS_STREAM_RESULT(judged, at);
}

#endif
