/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * dns.h: finds the questions and the OPT record of a DNS query (RFC 1035 section 4.1, RFC 6891 section 6.1).
 * One reader for UDP and TCP; plain C, the same for the kernel and the host.
 */
#ifndef INTERDICT_BPF_INSPECT_DNS_H
#define INTERDICT_BPF_INSPECT_DNS_H

#include "bpf/inspect/hello.h"

#define DNS_HEADER 12
#define DNS_LENGTH_PREFIX 2 /* before each message over TCP (RFC 1035 section 4.2.2) */
#define DNS_NAME_MAX 255u   /* bytes on the wire, with the root's */
#define DNS_LABEL_MAX 63u
#define DNS_LABELS_MAX 128 /* with the root's, each of the others in two bytes */
#define DNS_QUESTIONS_MAX 4
#define DNS_TYPE_OPT 41
/* Labels and records on the way to the OPT record, which nearly always is the first. */
#define DNS_STEPS_MAX 64

enum dns_status {
	DNS_MORE = 0, /* ends too early */
	DNS_NAME = 1, /* there is a question */
	DNS_ROOT = 2, /* of the root, which is no name */
	DNS_NOT = 3,  /* a response, another opcode, or nothing is asked */
	DNS_BAD = 4,  /* a name too long or with a pointer: there is nothing before it to point to */
};

/* Packed, so that a BPF global function can return it. */
#define DNS_RESULT(status, labels, length, next) \
	((__u64)(status) | (__u64)(labels) << 8 | (__u64)(length) << 16 | (__u64)(next) << 32)
#define DNS_STATUS(result) ((__u32)((result)&7))
#define DNS_LABELS(result) ((__u32)((result) >> 8 & 0xff))
#define DNS_LENGTH(result) ((__u32)((result) >> 16 & 0xff))
#define DNS_NEXT(result) ((__u32)((result) >> 32))

enum dns_edns {
	DNS_EDNS = 1 << 0,
	DNS_EDNS_OK = 1 << 1, /* its DO bit (RFC 3225) */
};

/* Is the message bytes[at, end) a query with questions? DNS_NAME, DNS_NOT, or DNS_MORE. */
INTERDICT_INLINE __u32 dns_head(const struct interdict_bytes *bytes, __u32 at, __u32 end)
{
	if (at + DNS_HEADER > end)
		return DNS_MORE;
	if (byte_at(bytes, at + 2) & 0xf8)
		return DNS_NOT;
	return be16_at(bytes, at + 4) ? DNS_NAME : DNS_NOT;
}

struct dns_walk {
	const struct interdict_bytes *bytes;
	struct interdict_bytes *text;
	__u32 start;
	__u32 at;
	__u32 end;
	__u32 status;
	__u32 count;  /* labels read; records left */
	__u32 inside; /* behind a label of a record's owner */
};

/* One label; stops with 1. Called through bpf_loop, so the verifier sees it once. */
static long dns_label(__u32 index, void *context)
{
	struct dns_walk *walk = context;
	__u32 length;

	if (walk->at >= walk->end)
		return 1;
	length = byte_at(walk->bytes, walk->at);
	if (length > DNS_LABEL_MAX || walk->at + 1 + length - walk->start > DNS_NAME_MAX) {
		walk->status = DNS_BAD;
		return 1;
	}
	walk->text->data[masked(walk->at - walk->start, 255)] = '.';
	walk->at += 1 + length;
	if (length)
		return 0;
	walk->status = index ? DNS_NAME : DNS_ROOT;
	walk->count = index;
	return 1;
}

/*
 * Reads the question at bytes[at, end): DNS_NAME, DNS_ROOT, DNS_MORE or DNS_BAD, and where the next one is.
 * The name is left as text->data[1, 1 + DNS_LENGTH), labels joined by dots. A label may have any byte, a dot
 * too: it is a name only if it has DNS_LABELS labels as text.
 */
CHECKED_ONCE __u64 dns_question(const struct interdict_bytes *bytes, __u32 at, __u32 end,
				struct interdict_bytes *text)
{
	struct dns_walk walk = {.bytes = bytes, .text = text, .start = at, .at = at, .end = end};
	__u32 i;

	if (!bytes || !text || at > end || end > INTERDICT_STREAM_MAX)
		return DNS_RESULT(DNS_MORE, 0, 0, 0);
	for (i = 0; i < 256; i += 8) {
		__u32 from = masked(at + i, INTERDICT_STREAM_MAX - 1);

		if (at + i >= end)
			break;
		__builtin_memcpy(&text->data[i], &bytes->data[from], 8);
	}
	repeat(DNS_LABELS_MAX, dns_label, &walk);
	if (walk.status == DNS_BAD)
		return DNS_RESULT(DNS_BAD, 0, 0, 0);
	if (!walk.status || walk.at + 4 > end)
		return DNS_RESULT(DNS_MORE, 0, 0, 0);
	if (walk.status == DNS_ROOT)
		return DNS_RESULT(DNS_ROOT, 0, 0, walk.at + 4);
	return DNS_RESULT(DNS_NAME, walk.count, walk.at - walk.start - 2, walk.at + 4);
}

/* One label of a record's owner, or what follows it; stops with 1. */
static long dns_record(__u32 index, void *context)
{
	struct dns_walk *walk = context;
	__u32 length, at;

	(void)index;
	if (!walk->count || walk->at >= walk->end)
		return 1;
	length = byte_at(walk->bytes, walk->at);
	if (length && length <= DNS_LABEL_MAX) {
		walk->at += 1 + length;
		walk->inside = 1;
		return 0;
	}
	if (length && length < 0xc0)
		return 1;
	at = walk->at + (length ? 2 : 1);
	/* Type, class, TTL, length of the data. */
	if (at + 10 > walk->end)
		return 1;
	if (!length && !walk->inside && be16_at(walk->bytes, at) == DNS_TYPE_OPT) {
		walk->status = DNS_EDNS | (byte_at(walk->bytes, at + 6) & 0x80 ? DNS_EDNS_OK : 0);
		return 1;
	}
	walk->at = at + 10 + be16_at(walk->bytes, at + 8);
	walk->inside = 0;
	walk->count--;
	return 0;
}

/* Looks for the OPT record among `records` that begin at bytes[at, end). Returns enum dns_edns bits. */
CHECKED_ONCE __u32 dns_edns(const struct interdict_bytes *bytes, __u32 at, __u32 end, __u32 records)
{
	struct dns_walk walk = {.bytes = bytes, .at = at, .end = end, .count = records};

	if (!bytes || at > end || end > INTERDICT_STREAM_MAX)
		return 0;
	repeat(DNS_STEPS_MAX, dns_record, &walk);
	return walk.status;
}

#endif
