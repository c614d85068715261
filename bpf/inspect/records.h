/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * records.h: TLS records around a ClientHello (RFC 8446 section 5.1): any number of them, down to one
 * byte each, any legacy_record_version. Plain C, the same for the kernel and the host.
 */
#ifndef INTERDICT_BPF_INSPECT_RECORDS_H
#define INTERDICT_BPF_INSPECT_RECORDS_H

#include "bpf/inspect/hello.h"
#include "bpf/packet.h"
#include "bpf/repeat.h"

#define RECORD_HEADER 5
#define RECORD_HANDSHAKE 22
#define RECORD_MAX 16640 /* 2^14 + 256, RFC 8446 section 5.2 */

/* May these first bytes of a segment be the start of a ClientHello? available: at least 1. */
INTERDICT_INLINE int records_start(__u8 type, __u8 major, __u8 handshake, __u32 available)
{
	if (type != RECORD_HANDSHAKE)
		return 0;
	if (available > 1 && major != 3)
		return 0;
	return available < RECORD_HEADER + 1 || handshake == 1;
}

struct records_strip {
	struct packet *packet;
	const struct interdict_bytes *bytes;
	__u32 end;
	__u32 at;   /* next byte to read */
	__u32 left; /* of the record at hand */
	__u32 out;  /* bytes written */
	__u32 bad;  /* stopped at a record that is no handshake record, is empty or too long */
};

/* One byte of handshake; stops with 1. Called through bpf_loop, so the verifier sees it once. */
static long records_strip_step(__u32 index, void *context)
{
	struct records_strip *strip = context;
	__u32 at = strip->at, left = strip->left;

	if (!left) {
		if (at + RECORD_HEADER > strip->end)
			return 1;
		left = be16_at(strip->bytes, at + 3);
		if (byte_at(strip->bytes, at) != RECORD_HANDSHAKE || !left || left > RECORD_MAX) {
			strip->bad = 1;
			return 1;
		}
		at += RECORD_HEADER;
	}
	if (at >= strip->end)
		return 1;
	strip->packet->handshake.data[masked(index, INTERDICT_STREAM_MAX - 1)] =
		(__u8)byte_at(strip->bytes, at);
	strip->at = at + 1;
	strip->left = left - 1;
	strip->out = index + 1;
	return 0;
}

#define RECORDS_BAD (1u << 16)

/*
 * Copies what is inside the records of bytes[0, end) to packet->handshake, up to the first one that is no
 * handshake record, is empty or too long. Returns the number of bytes, with RECORDS_BAD if there was one.
 */
CHECKED_ONCE __u32 records_strip(struct packet *packet, const struct interdict_bytes *bytes, __u32 end)
{
	struct records_strip strip = {.packet = packet, .bytes = bytes, .end = end};

	if (!packet || !bytes)
		return RECORDS_BAD;
	repeat(INTERDICT_STREAM_MAX, records_strip_step, &strip);
	return strip.bad ? strip.out | RECORDS_BAD : strip.out;
}

/* Reads bytes[0, ready) of a TCP stream as records that hold a ClientHello. */
INTERDICT_INLINE __u64 records_read(struct packet *packet, const struct interdict_bytes *bytes, __u32 ready)
{
	__u32 length, stripped;
	__u64 result;

	if (!ready)
		return HELLO_RESULT(HELLO_MORE, 0, 0);
	if (!records_start((__u8)byte_at(bytes, 0), (__u8)byte_at(bytes, 1), (__u8)byte_at(bytes, 5), ready))
		return HELLO_RESULT(HELLO_NOT, 0, 0);
	if (ready < RECORD_HEADER + 1)
		return HELLO_RESULT(HELLO_MORE, 0, 0);
	length = be16_at(bytes, 3);
	if (!length || length > RECORD_MAX)
		return HELLO_RESULT(HELLO_NOT, 0, 0);
	if (RECORD_HEADER + length >= ready)
		return hello_read(bytes, RECORD_HEADER, ready);
	result = hello_read(bytes, RECORD_HEADER, RECORD_HEADER + length);
	if (HELLO_STATUS(result) != HELLO_MORE)
		return result;
	stripped = records_strip(packet, bytes, ready);
	result = hello_read(&packet->handshake, 0, stripped & ~RECORDS_BAD);
	/* Behind a whole hello there may be anything: change_cipher_spec, early data. */
	if (HELLO_STATUS(result) == HELLO_MORE && stripped & RECORDS_BAD)
		return HELLO_RESULT(HELLO_BAD, 0, 0);
	return result | HELLO_DEFRAMED;
}

#endif
