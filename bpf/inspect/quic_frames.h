/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * quic_frames.h: the frames of a decrypted Initial (RFC 9000 sections 17.2.2 and 19), and the CRYPTO stream
 * that they make, in any order. Plain C, the same for the kernel and the host.
 */
#ifndef INTERDICT_BPF_INSPECT_QUIC_FRAMES_H
#define INTERDICT_BPF_INSPECT_QUIC_FRAMES_H

#include "bpf/inspect/quic.h"
#include "bpf/inspect/stream.h"

#define QUIC_FRAME_PADDING 0x00
#define QUIC_FRAME_PING 0x01
#define QUIC_FRAME_ACK 0x02
#define QUIC_FRAME_ACK_ECN 0x03
#define QUIC_FRAME_CRYPTO 0x06
#define QUIC_FRAME_CLOSE 0x1c
#define QUIC_FRAME_CLOSE_APPLICATION 0x1d

/* Copies length bytes, and nothing else is written. */
CHECKED_ONCE int bytes_place(struct interdict_bytes *to, const struct interdict_bytes *from, __u32 to_from,
			     __u32 length)
{
	__u32 to_at = to_from >> 16, from_at = to_from & 0xffff, whole = length & ~7u, i;
	__u64 behind;

	if (!to || !from)
		return -1;
	for (i = 0; i < INTERDICT_STREAM_MAX; i += 8) {
		if (i >= whole)
			break;
		store64(to, to_at + i, load64(from, from_at + i));
	}
	if (whole == length)
		return 0;
	/* The byte in the lowest place is the first: little-endian machines only. */
	behind = ~0ULL << 8 * (length & 7);
	store64(to, to_at + whole,
		(load64(from, from_at + whole) & ~behind) | (load64(to, to_at + whole) & behind));
	return 0;
}

/* Is any byte of [offset, offset + length) there already? */
CHECKED_ONCE __u32 stream_taken(const struct interdict_flow *flow, __u32 offset, __u32 length)
{
	__u32 end = offset + length, i, at = offset;
	__u64 taken = 0;

	if (!flow)
		return 0;
	for (i = 0; i < STREAM_WORDS + 1; i++) {
		if (at >= end)
			break;
		taken |= flow->map[masked(at >> 6, STREAM_WORDS - 1)] & stream_bits(at, end);
		at = (at & ~63u) + 64;
	}
	return taken != 0;
}

/* The piece at hand into the stream; `ready` is left for the end of the packet. */
CHECKED_ONCE int quic_lay(struct quic_room *room, struct interdict_flow *flow)
{
	__u32 offset, length;

	if (!room || !flow)
		return -1;
	offset = room->piece_offset;
	length = room->piece_length;
	if (offset >= INTERDICT_STREAM_MAX || length > INTERDICT_STREAM_MAX - offset)
		return -1;
	if (stream_taken(flow, offset, length)) {
		bytes_place(&room->merge, &room->datagram, room->piece, length);
		room->differs |= stream_merge(flow, &room->merge, offset, length, room->overwrite);
		return 0;
	}
	bytes_place(&flow->bytes, &room->datagram, offset << 16 | (room->piece & 0xffff), length);
	stream_mark(flow, offset, length);
	if (offset + length > flow->end)
		flow->end = offset + length;
	return 0;
}

struct quic_walk {
	struct quic_room *room;
	struct interdict_flow *flow; /* null: the frames are only checked */
};

/* Passes over a variable-length integer; returns 0, or -1 if the payload ends in it. */
INTERDICT_INLINE int quic_number(struct quic_room *room, __u64 *value)
{
	__u32 at = room->cursor, size = varint_size(&room->datagram, at);

	*value = varint_at(&room->datagram, at);
	room->cursor = at + size;
	return at + size > room->payload_end ? -1 : 0;
}

/* Passes over bytes; returns 0, or -1 if the payload ends before them. */
INTERDICT_INLINE int quic_skip(struct quic_room *room, __u64 length)
{
	__u32 at = room->cursor;

	if (at > room->payload_end || length > room->payload_end - at)
		return -1;
	room->cursor = at + (__u32)length;
	return 0;
}

/* All but the ranges of an ACK frame, which are passed over one by one. */
INTERDICT_INLINE int quic_ack(struct quic_room *room, __u32 type)
{
	__u64 ignored, ranges;

	if (quic_number(room, &ignored) || quic_number(room, &ignored) || quic_number(room, &ranges) ||
	    quic_number(room, &ignored) || ranges > INTERDICT_STREAM_MAX)
		return -1;
	room->skip = 2 * (__u32)ranges + (type == QUIC_FRAME_ACK_ECN ? 3 : 0);
	return 0;
}

INTERDICT_INLINE int quic_close(struct quic_room *room, __u32 type)
{
	__u64 ignored, reason;

	if (quic_number(room, &ignored) || (type == QUIC_FRAME_CLOSE && quic_number(room, &ignored)) ||
	    quic_number(room, &reason))
		return -1;
	return quic_skip(room, reason);
}

/* Leaves the frame's bytes, as far as they are inside the buffer, as the piece at hand. */
INTERDICT_INLINE int quic_crypto(struct quic_room *room)
{
	__u64 offset, length;

	if (quic_number(room, &offset) || quic_number(room, &length))
		return -1;
	room->piece = room->cursor;
	room->piece_length = 0;
	if (quic_skip(room, length))
		return -1;
	if (offset >= INTERDICT_STREAM_MAX) {
		room->beyond |= length != 0;
		return 0;
	}
	room->piece_offset = (__u32)offset;
	room->piece_length = (__u32)length;
	if (length > INTERDICT_STREAM_MAX - offset) {
		room->piece_length = INTERDICT_STREAM_MAX - (__u32)offset;
		room->beyond = 1;
	}
	return 0;
}

/* PADDING comes in runs of hundreds of bytes. */
INTERDICT_INLINE void quic_padding(struct quic_room *room)
{
	__u32 at = room->cursor, i;

	LOOP_ROLLED
	for (i = 0; i < 16; i++) {
		if (at + 8 > room->payload_end || load64(&room->datagram, at))
			break;
		at += 8;
	}
	room->cursor = at;
}

/* One frame; stops with 1. Called through bpf_loop, so the verifier sees it once. */
static long quic_frame(__u32 index, void *context)
{
	struct quic_walk *walk = context;
	struct quic_room *room = walk->room;
	__u32 type, bad = 0;
	__u64 ignored;

	(void)index;
	if (room->cursor >= room->payload_end)
		return 1;
	if (room->skip) {
		room->skip--;
		room->bad = quic_number(room, &ignored) != 0;
		return room->bad;
	}
	type = byte_at(&room->datagram, room->cursor);
	room->cursor++;
	if (type == QUIC_FRAME_PADDING) {
		quic_padding(room);
	} else if (type == QUIC_FRAME_CRYPTO) {
		bad = quic_crypto(room) != 0;
		if (!bad && room->piece_length) {
			room->crypto++;
			if (walk->flow)
				quic_lay(room, walk->flow);
		}
	} else if (type == QUIC_FRAME_ACK || type == QUIC_FRAME_ACK_ECN) {
		bad = quic_ack(room, type) != 0;
	} else if (type == QUIC_FRAME_CLOSE || type == QUIC_FRAME_CLOSE_APPLICATION) {
		bad = quic_close(room, type) != 0;
	} else {
		bad = type != QUIC_FRAME_PING;
	}
	room->bad = bad;
	return bad;
}

/*
 * Goes through all frames of the payload at hand and lays their CRYPTO bytes into `flow`, if there is one.
 * Leaves in room: bad, crypto, beyond, differs.
 */
CHECKED_ONCE int quic_walk(struct quic_room *room, struct interdict_flow *flow)
{
	struct quic_walk walk = {.room = room, .flow = flow};

	if (!room)
		return -1;
	quic_decrypt(room, room->payload_end);
	room->cursor = room->payload;
	room->skip = 0;
	room->bad = 0;
	room->crypto = 0;
	room->beyond = 0;
	room->differs = 0;
	repeat(INTERDICT_STREAM_MAX, quic_frame, &walk);
	room->bad |= room->skip != 0;
	if (flow)
		stream_settle(flow);
	return 0;
}

/* May a payload begin like this? Says no to nearly every one that was decrypted with wrong keys. */
INTERDICT_INLINE int quic_plausible(struct quic_room *room)
{
	__u32 type;

	quic_decrypt(room, room->payload + 1);
	type = byte_at(&room->datagram, room->payload);
	return type <= QUIC_FRAME_ACK_ECN || type == QUIC_FRAME_CRYPTO || type == QUIC_FRAME_CLOSE ||
	       type == QUIC_FRAME_CLOSE_APPLICATION;
}

/*
 * If the payload begins with the CRYPTO stream's first bytes, reads the hello where it is, decrypting no
 * more than that takes. Returns as hello_read(), with offsets in room->datagram.
 */
CHECKED_ONCE __u64 quic_peek(struct quic_room *room)
{
	__u32 i, from, end, upto;
	__u64 result = HELLO_RESULT(HELLO_MORE, 0, 0);

	if (!room)
		return result;
	quic_decrypt(room, room->payload + 2 * AES_BLOCK);
	room->cursor = room->payload + 1;
	if (byte_at(&room->datagram, room->payload) != QUIC_FRAME_CRYPTO || quic_crypto(room) ||
	    !room->piece_length || room->piece_offset)
		return result;
	from = room->piece;
	end = from + room->piece_length;
	if (end > INTERDICT_STREAM_MAX)
		return result;
	for (i = 0; i < 3; i++) {
		/* The name is often the first extension, and mostly before the long ones. */
		upto = i == 0 ? from + 96 : i == 1 ? from + 384 : end;
		if (upto > end)
			upto = end;
		quic_decrypt(room, upto);
		result = hello_read(&room->datagram, from, upto);
		if (HELLO_STATUS(result) != HELLO_MORE || upto == end)
			break;
	}
	return result;
}

#endif
