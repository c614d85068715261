/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * quic.h: the packets of a client's UDP datagram up to the plain text of its Initials: long headers (RFC
 * 9000 section 17.2, RFC 9369 section 3), header protection and AES-128 (RFC 9001 section 5). Plain C, the
 * same for the kernel and the host.
 *
 * The tag of an Initial is checked only before a refusal: its key is public, so that anybody can make a right
 * one, but with a wrong one no server takes the packet.
 */
#ifndef INTERDICT_BPF_INSPECT_QUIC_H
#define INTERDICT_BPF_INSPECT_QUIC_H

#include "bpf/crypto/aes.h"
#include "bpf/crypto/ghash.h"
#include "bpf/crypto/initial.h"
#include "bpf/inspect/bytes.h"
#include "bpf/inspect/hello.h"
#include "bpf/repeat.h"

#define QUIC_VERSION_1 0x00000001
#define QUIC_VERSION_2 0x6b3343cf
#define QUIC_VERSION_2_DRAFT 0x709a50c4
#define QUIC_VERSION_DRAFT 0xff000000 /* and the draft's number */
#define QUIC_VERSION_MVFST 0xfaceb002 /* as draft 27 */

#define QUIC_TAG 16
#define QUIC_SAMPLE_AT 4 /* behind the first byte of the packet number, RFC 9001 section 5.4.2 */

enum quic_packet {
	QUIC_PACKET_INITIAL = 0,
	QUIC_PACKET_ZERO_RTT = 1,
	QUIC_PACKET_HANDSHAKE = 2,
	QUIC_PACKET_RETRY = 3,
	QUIC_PACKET_NONE = 4,	 /* the datagram ends here, or what follows is nothing to read */
	QUIC_PACKET_UNKNOWN = 5, /* a version that is not known */
	QUIC_PACKET_BAD = 6,	 /* lengths that contradict each other */
};

/* What is known of the datagram at hand and of the packet in it. One per CPU; offsets are in `datagram`. */
struct quic_room {
	struct interdict_bytes datagram; /* decrypted in place */
	__u32 length;			 /* bytes of it */
	__u32 next;			 /* where the next packet begins */

	/* The packet's header. */
	__u32 start;
	__u32 version;
	__u32 scheme; /* enum initial_scheme */
	__u32 dcid;
	__u32 dcid_length;
	__u32 token_length;
	__u32 number; /* offset of the packet number */
	__u32 end;

	/* Its payload. */
	__u32 payload;
	__u32 payload_end;	    /* the tag begins here */
	__u32 blocks;		    /* decrypted so far */
	__u32 hash_at;		    /* next byte to be hashed */
	struct interdict_quic keys; /* those it is decrypted with */
	struct aes_counter mode;
	struct aes_key header_key;
	struct aes_block block;
	struct initial_room derivation;
	struct ghash hash;

	/* Walk over its frames (quic_frames.h). */
	__u32 cursor;
	__u32 skip;	 /* variable-length integers to pass over */
	__u32 bad;	 /* a frame that no Initial has, or one that is cut short */
	__u32 crypto;	 /* frames of bytes inside the buffer */
	__u32 beyond;	 /* bytes beyond the buffer were there */
	__u32 differs;	 /* bytes contradicted those that were there */
	__u32 overwrite; /* 1 = the later ones hold */
	__u32 piece;	 /* the frame's bytes */
	__u32 piece_offset;
	__u32 piece_length;
	struct interdict_bytes merge; /* the same, where they overlap */

	/* Decryptions of this second. */
	__u32 second;
	__u32 spent;
};

/* A variable-length integer (RFC 9000 section 16): its first byte says how long it is. */
INTERDICT_INLINE __u32 varint_size(const struct interdict_bytes *bytes, __u32 at)
{
	return 1u << (byte_at(bytes, at) >> 6);
}

INTERDICT_INLINE __u64 varint_at(const struct interdict_bytes *bytes, __u32 at)
{
	__u64 value = __builtin_bswap64(load64(bytes, at));

	return value << 2 >> (66 - 8 * varint_size(bytes, at));
}

/* enum initial_scheme, INITIAL_SCHEMES if the version is not known. */
INTERDICT_INLINE __u32 quic_scheme(__u32 version)
{
	__u32 draft = version - QUIC_VERSION_DRAFT;

	if (version == QUIC_VERSION_1)
		return INITIAL_V1;
	if (version == QUIC_VERSION_2)
		return INITIAL_V2;
	if (version == QUIC_VERSION_2_DRAFT)
		return INITIAL_V2_DRAFT;
	if (version == QUIC_VERSION_MVFST)
		return INITIAL_DRAFT_23;
	if (draft < 23 || draft > 34)
		return INITIAL_SCHEMES;
	return draft > 32 ? INITIAL_V1 : draft > 28 ? INITIAL_DRAFT_29 : INITIAL_DRAFT_23;
}

/*
 * Reads the header at room->next; version 1 and version 2 number the types differently. Leaves room->next
 * behind the packet, where it has a length. Returns enum quic_packet.
 */
CHECKED_ONCE __u32 quic_header_read(struct quic_room *room)
{
	const struct interdict_bytes *bytes;
	__u32 at, type, size, length;
	__u64 value;

	if (!room)
		return QUIC_PACKET_NONE;
	bytes = &room->datagram;
	length = room->length;
	at = room->next;
	room->start = at;
	room->token_length = 0;
	if (at >= length || !(byte_at(bytes, at) & 0x80))
		return QUIC_PACKET_NONE;
	if (at + 7 > length)
		return QUIC_PACKET_BAD;
	room->version = be16_at(bytes, at + 1) << 16 | be16_at(bytes, at + 3);
	if (!room->version)
		return QUIC_PACKET_NONE;
	room->scheme = quic_scheme(room->version);
	if (room->scheme >= INITIAL_SCHEMES)
		return QUIC_PACKET_UNKNOWN;
	type = byte_at(bytes, at) >> 4 & 3;
	if (room->scheme == INITIAL_V2 || room->scheme == INITIAL_V2_DRAFT)
		type = (type + 3) & 3;
	if (type == QUIC_PACKET_RETRY)
		return QUIC_PACKET_NONE;
	room->dcid = at + 6;
	room->dcid_length = byte_at(bytes, at + 5);
	at += 6 + room->dcid_length;
	if (room->dcid_length > INITIAL_CID_MAX || at >= length)
		return QUIC_PACKET_BAD;
	size = byte_at(bytes, at);
	at += 1 + size;
	if (size > INITIAL_CID_MAX || at >= length)
		return QUIC_PACKET_BAD;
	if (type == QUIC_PACKET_INITIAL) {
		size = varint_size(bytes, at);
		value = varint_at(bytes, at);
		if (at + size > length || value > length)
			return QUIC_PACKET_BAD;
		room->token_length = (__u32)value;
		at += size + (__u32)value;
		if (at >= length)
			return QUIC_PACKET_BAD;
	}
	size = varint_size(bytes, at);
	value = varint_at(bytes, at);
	at += size;
	if (at > length || value > length - at)
		return QUIC_PACKET_BAD;
	room->number = at;
	room->end = at + (__u32)value;
	room->next = room->end;
	return type;
}

/* The header's connection id into room->keys, whose keys are then out of date. */
INTERDICT_INLINE void quic_take_cid(struct quic_room *room)
{
	__u32 i;

	room->keys.version = room->version;
	room->keys.dcid_length = room->dcid_length;
	for (i = 0; i < INITIAL_CID_MAX; i++)
		room->keys.dcid[i] =
			i < room->dcid_length ? (__u8)byte_at(&room->datagram, room->dcid + i) : 0;
}

/* Is the header's connection id the one that these keys are from? */
INTERDICT_INLINE int quic_same_cid(const struct quic_room *room, const struct interdict_quic *keys)
{
	__u32 i, differ = keys->version ^ room->version;

	differ |= keys->dcid_length ^ room->dcid_length;
	for (i = 0; i < INITIAL_CID_MAX; i++)
		differ |= keys->dcid[i] ^
			  (i < room->dcid_length ? byte_at(&room->datagram, room->dcid + i) : 0);
	return !differ;
}

struct quic_decrypt {
	struct quic_room *room;
};

static long quic_decrypt_step(__u32 index, void *context)
{
	struct quic_room *room = ((struct quic_decrypt *)context)->room;
	__u32 block = room->blocks, at = room->payload + block * AES_BLOCK;
	struct aes_block stream;

	(void)index;
	aes_counter_block(&room->mode, block, &stream);
	store64(&room->datagram, at,
		load64(&room->datagram, at) ^ ((__u64)stream.word[1] << 32 | stream.word[0]));
	store64(&room->datagram, at + 8,
		load64(&room->datagram, at + 8) ^ ((__u64)stream.word[3] << 32 | stream.word[2]));
	room->blocks = block + 1;
	return 0;
}

/* Makes the payload readable up to `upto`; what is behind stays as it came. */
CHECKED_ONCE int quic_decrypt(struct quic_room *room, __u32 upto)
{
	struct quic_decrypt walk = {.room = room};
	__u32 wanted;

	if (!room)
		return -1;
	if (upto > room->payload_end)
		upto = room->payload_end;
	if (upto <= room->payload)
		return 0;
	wanted = (upto - room->payload + AES_BLOCK - 1) / AES_BLOCK;
	if (wanted > INTERDICT_STREAM_MAX / AES_BLOCK || wanted <= room->blocks)
		return 0;
	repeat(wanted - room->blocks, quic_decrypt_step, &walk);
	return 0;
}

/*
 * Takes header protection off the Initial whose header was read and gets ready to decrypt it, with
 * room->keys. Returns 0, or -1 if it is too short, or if bits that are always zero are not: the keys are
 * then others (or the sender breaks the protocol).
 */
CHECKED_ONCE int quic_open(struct quic_room *room)
{
	__u32 i, first, size, number = 0;

	if (!room || room->number + QUIC_SAMPLE_AT + AES_BLOCK > room->end)
		return -1;
	__builtin_memcpy(room->header_key.word, room->keys.header_key, 16);
	__builtin_memcpy(room->mode.key.word, room->keys.key, 16);
	for (i = 0; i < 2; i++) {
		__u64 half = load64(&room->datagram, room->number + QUIC_SAMPLE_AT + 8 * i);

		room->block.word[2 * i] = (__u32)half;
		room->block.word[2 * i + 1] = (__u32)(half >> 32);
	}
	aes_expand(&room->header_key);
	aes_encrypt(&room->header_key, &room->block);
	first = byte_at(&room->datagram, room->start) ^ (room->block.word[0] & 0x0f);
	if (first & 0x0c)
		return -1;
	size = (first & 3) + 1;
	for (i = 0; i < 4; i++) {
		__u32 mask = i < 3 ? aes_byte(room->block.word[0], i + 1) : aes_byte(room->block.word[1], 0);

		if (i < size)
			number = number << 8 | (byte_at(&room->datagram, room->number + i) ^ mask);
	}
	room->payload = room->number + size;
	room->payload_end = room->end - QUIC_TAG;
	room->blocks = 0;
	if (room->payload >= room->payload_end)
		return -1;
	aes_expand(&room->mode.key);
	__builtin_memcpy(room->mode.nonce, room->keys.iv, sizeof(room->mode.nonce));
	/* A first flight's numbers are whole: nothing is acknowledged that they could be counted from. */
	room->mode.nonce[2] ^= __builtin_bswap32(number);
	room->mode.upper = ~0u;
	return 0;
}

struct quic_hash {
	struct quic_room *room;
	__u32 end;
};

/* One block of the bytes that are hashed; what is missing of it is zeroes. */
static long quic_hash_step(__u32 index, void *context)
{
	struct quic_hash *walk = context;
	struct quic_room *room = walk->room;
	__u64 high = __builtin_bswap64(load64(&room->datagram, room->hash_at));
	__u64 low = __builtin_bswap64(load64(&room->datagram, room->hash_at + 8));
	__u32 left = walk->end - room->hash_at;

	(void)index;
	if (left <= 8)
		low = 0;
	else if (left < AES_BLOCK)
		low &= ~0ULL << (128 - 8 * left);
	if (left < 8)
		high &= ~0ULL << (64 - 8 * left);
	ghash_block(&room->hash, high, low);
	room->hash_at += AES_BLOCK;
	return 0;
}

CHECKED_ONCE int quic_hash(struct quic_room *room, __u32 from, __u32 end)
{
	struct quic_hash walk = {.room = room, .end = end};

	if (!room || from >= end || end > INTERDICT_STREAM_MAX)
		return -1;
	room->hash_at = from;
	repeat((end - from + AES_BLOCK - 1) / AES_BLOCK, quic_hash_step, &walk);
	return 0;
}

/*
 * Is the tag of the Initial at hand the right one? room->datagram holds it as it came, and room->keys were
 * used to open it. Afterwards the packet can be decrypted, but not opened again.
 */
CHECKED_ONCE int quic_tag_right(struct quic_room *room)
{
	__u32 i, first, size;
	__u64 high, low, length;

	if (!room)
		return 0;
	first = masked(room->start, INTERDICT_STREAM_MAX - 1);
	size = room->payload - room->number;
	/* The header is authenticated as it was before it was protected; room->block is still the mask. */
	room->datagram.data[first] ^= room->block.word[0] & 0x0f;
	for (i = 0; i < 4; i++) {
		__u32 at = masked(room->number + i, INTERDICT_STREAM_MAX - 1);

		if (i < size)
			room->datagram.data[at] ^= i < 3 ? aes_byte(room->block.word[0], i + 1)
							 : aes_byte(room->block.word[1], 0);
	}
	room->blocks = 0;
	__builtin_memset(&room->block, 0, sizeof(room->block));
	aes_encrypt(&room->mode.key, &room->block);
	high = (__u64)room->block.word[1] << 32 | room->block.word[0];
	low = (__u64)room->block.word[3] << 32 | room->block.word[2];
	ghash_start(&room->hash, __builtin_bswap64(high), __builtin_bswap64(low));
	quic_hash(room, room->start, room->payload);
	quic_hash(room, room->payload, room->payload_end);
	length = (__u64)(room->payload - room->start) * 8;
	ghash_block(&room->hash, length, (__u64)(room->payload_end - room->payload) * 8);
	__builtin_memcpy(room->block.word, room->mode.nonce, sizeof(room->mode.nonce));
	room->block.word[3] = __builtin_bswap32(1);
	aes_encrypt(&room->mode.key, &room->block);
	high = (__u64)room->block.word[1] << 32 | room->block.word[0];
	low = (__u64)room->block.word[3] << 32 | room->block.word[2];
	high ^= __builtin_bswap64(room->hash.state.high) ^ load64(&room->datagram, room->payload_end);
	low ^= __builtin_bswap64(room->hash.state.low) ^ load64(&room->datagram, room->payload_end + 8);
	return !(high | low);
}

#endif
