/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * hello.h: finds the server name in a ClientHello (RFC 8446 section 4.1.2, RFC 6066 section 3). One
 * reader for TLS over TCP and for QUIC; plain C, the same for the kernel and the host.
 */
#ifndef INTERDICT_BPF_INSPECT_HELLO_H
#define INTERDICT_BPF_INSPECT_HELLO_H

#include "bpf/inspect/bytes.h"
#include "bpf/repeat.h"
#include "maps/flows.h"

/* Each takes at least four bytes, so no hello that fits the buffer has more. */
#define HELLO_EXTENSIONS_MAX (INTERDICT_STREAM_MAX / 4)
#define HELLO_HEADER 4 /* type, 24-bit length */
#define HELLO_FIXED 38 /* header, legacy_version, random */

#define EXTENSION_SERVER_NAME 0x0000
#define EXTENSION_ENCRYPTED_CLIENT_HELLO 0xfe0d

enum hello_status {
	HELLO_MORE = 0,	   /* a good beginning: more bytes are needed */
	HELLO_NAME = 1,	   /* the server name is there */
	HELLO_NO_NAME = 2, /* complete, without one */
	HELLO_NOT = 3,	   /* not a ClientHello at all */
	HELLO_BAD = 4,	   /* a ClientHello whose lengths contradict each other */
};

/* Packed, so that a BPF global function can return it. */
#define HELLO_RESULT(status, offset, length) \
	((__u64)(status) | (__u64)((offset)&0xffff) << 8 | (__u64)((length)&0xffff) << 24)
#define HELLO_STATUS(result) ((__u32)((result)&7))
#define HELLO_NAME_OFFSET(result) ((__u32)((result) >> 8 & 0xffff))
#define HELLO_NAME_LENGTH(result) ((__u32)((result) >> 24 & 0xffff))
#define HELLO_HAS_ECH (1ULL << 40)
#define HELLO_DEFRAMED (1ULL << 41) /* the offset is in the bytes without record headers */

struct hello_walk {
	const struct interdict_bytes *bytes;
	__u32 at;	      /* next extension */
	__u32 end;	      /* bytes from here on are not there yet */
	__u32 extensions_end; /* by the hello's own lengths */
	__u32 done;
	__u64 result;
	__u64 ech;
};

/* What the server_name extension of `length` bytes at walk->at says. */
INTERDICT_INLINE __u64 hello_server_name(const struct hello_walk *walk, __u32 length)
{
	__u32 at = walk->at, name_length;

	if (length < 5)
		return HELLO_RESULT(HELLO_BAD, 0, 0);
	if (at + 5 > walk->end)
		return HELLO_RESULT(HELLO_MORE, 0, 0);
	name_length = be16_at(walk->bytes, at + 3);
	/* Only host_name (0) is defined, and RFC 6066 allows one of each type. */
	if (be16_at(walk->bytes, at) + 2 > length || byte_at(walk->bytes, at + 2) != 0 ||
	    name_length + 5 > length)
		return HELLO_RESULT(HELLO_BAD, 0, 0);
	if (at + 5 + name_length > walk->end)
		return HELLO_RESULT(HELLO_MORE, 0, 0);
	return HELLO_RESULT(HELLO_NAME, at + 5, name_length);
}

/* One extension; stops with 1. Called through bpf_loop, so the verifier sees it once. */
static long hello_extension(__u32 index, void *context)
{
	struct hello_walk *walk = context;
	__u32 type, length;

	(void)index;
	if (walk->at >= walk->extensions_end) {
		walk->done = 1;
		return 1;
	}
	if (walk->at + 4 > walk->extensions_end) {
		walk->result = HELLO_RESULT(HELLO_BAD, 0, 0);
		return 1;
	}
	if (walk->at + 4 > walk->end)
		return 1;
	type = be16_at(walk->bytes, walk->at);
	length = be16_at(walk->bytes, walk->at + 2);
	walk->at += 4;
	if (walk->at + length > walk->extensions_end) {
		walk->result = HELLO_RESULT(HELLO_BAD, 0, 0);
		return 1;
	}
	if (type == EXTENSION_ENCRYPTED_CLIENT_HELLO)
		walk->ech = HELLO_HAS_ECH;
	if (type == EXTENSION_SERVER_NAME && HELLO_STATUS(walk->result) != HELLO_NAME) {
		walk->result = hello_server_name(walk, length);
		if (HELLO_STATUS(walk->result) != HELLO_NAME)
			return 1;
	}
	walk->at += length;
	return 0;
}

/*
 * The fixed part, up to the extensions. Leaves walk->at and walk->extensions_end; returns HELLO_NAME to
 * go on, else the result.
 */
INTERDICT_INLINE __u32 hello_head(struct hello_walk *walk, __u32 start)
{
	const struct interdict_bytes *bytes = walk->bytes;
	__u32 end = walk->end, at, message_end;

	if (start + 1 > end)
		return HELLO_MORE;
	if (byte_at(bytes, start) != 1)
		return HELLO_NOT;
	if (start + HELLO_FIXED + 1 > end)
		return HELLO_MORE;
	message_end = start + HELLO_HEADER + (byte_at(bytes, start + 1) << 16 | be16_at(bytes, start + 2));
	at = start + HELLO_FIXED;
	at += 1 + byte_at(bytes, at); /* legacy_session_id */
	if (at + 2 > message_end)
		return HELLO_BAD;
	if (at + 2 > end)
		return HELLO_MORE;
	at += 2 + be16_at(bytes, at); /* cipher_suites */
	if (at + 1 > message_end)
		return HELLO_BAD;
	if (at + 1 > end)
		return HELLO_MORE;
	at += 1 + byte_at(bytes, at); /* legacy_compression_methods */
	if (at == message_end)
		return HELLO_NO_NAME;
	if (at + 2 > message_end)
		return HELLO_BAD;
	if (at + 2 > end)
		return HELLO_MORE;
	walk->at = at + 2;
	walk->extensions_end = at + 2 + be16_at(bytes, at);
	return walk->extensions_end > message_end ? HELLO_BAD : HELLO_NAME;
}

/*
 * Reads the handshake message that starts at `start`; bytes from `end` on are not there yet.
 * start <= end <= INTERDICT_STREAM_MAX.
 */
CHECKED_ONCE __u64 hello_read(const struct interdict_bytes *bytes, __u32 start, __u32 end)
{
	struct hello_walk walk = {.bytes = bytes, .end = end};
	__u32 status;

	if (!bytes)
		return HELLO_RESULT(HELLO_BAD, 0, 0);
	status = hello_head(&walk, start);
	if (status != HELLO_NAME)
		return HELLO_RESULT(status, 0, 0);
	/* HELLO_MORE until an extension says otherwise. */
	repeat(HELLO_EXTENSIONS_MAX + 1, hello_extension, &walk);
	if (HELLO_STATUS(walk.result) == HELLO_MORE && walk.done)
		walk.result = HELLO_RESULT(HELLO_NO_NAME, 0, 0);
	return walk.result | walk.ech;
}

#endif
