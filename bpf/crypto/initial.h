/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * initial.h: the keys that protect a client's Initial packets (RFC 9001 section 5.2, RFC 9369 section 3.3):
 * HKDF (RFC 5869) over SHA-256, 14 compressions. Plain C, the same for the kernel and the host.
 */
#ifndef INTERDICT_BPF_CRYPTO_INITIAL_H
#define INTERDICT_BPF_CRYPTO_INITIAL_H

#include "bpf/crypto/initial_tables.h"
#include "maps/flows.h"

#define INITIAL_CID_MAX 20

/* Room for the derivation; the secrets stay for whoever wants to look at them. */
struct initial_room {
	struct sha256 hash;
	__u32 inner[SHA256_WORDS]; /* state after the key's block of HMAC's inner hash */
	__u32 outer[SHA256_WORDS];
	__u32 initial_secret[SHA256_WORDS];
	__u32 client_secret[SHA256_WORDS];
};

INTERDICT_INLINE void words_copy(__u32 *to, const __u32 *from, const __u32 count)
{
	__builtin_memcpy(to, from, count * sizeof(__u32));
}

/* The second and last block of HMAC's outer hash: the inner digest, which `state` holds. */
INTERDICT_INLINE void hmac_finish(struct sha256 *hash, const __u32 *outer)
{
	words_copy(hash->block, hash->state, SHA256_WORDS);
	__builtin_memset(&hash->block[SHA256_WORDS], 0, (16 - SHA256_WORDS) * sizeof(__u32));
	hash->block[8] = 0x80000000;
	hash->block[15] = (64 + 32) * 8;
	words_copy(hash->state, outer, SHA256_WORDS);
	sha256_expand(hash);
	sha256_mix(hash);
}

INTERDICT_INLINE void hmac_pad(struct sha256 *hash, const __u32 *key, __u32 pad)
{
	__u32 i;

	for (i = 0; i < SHA256_WORDS; i++)
		hash->block[i] = key[i] ^ pad;
	for (i = SHA256_WORDS; i < 16; i++)
		hash->block[i] = pad;
	words_copy(hash->state, sha256_start, SHA256_WORDS);
	sha256_expand(hash);
	sha256_mix(hash);
}

/* room->inner and room->outer for a secret as HMAC's key. */
CHECKED_ONCE int hmac_key(struct initial_room *room, __u32 client)
{
	const __u32 *key;

	if (!room)
		return -1;
	key = client ? room->client_secret : room->initial_secret;
	hmac_pad(&room->hash, key, 0x36363636);
	words_copy(room->inner, room->hash.state, SHA256_WORDS);
	hmac_pad(&room->hash, key, 0x5c5c5c5c);
	words_copy(room->outer, room->hash.state, SHA256_WORDS);
	return 0;
}

/* HKDF-Expand-Label with the key of room->inner and room->outer; the output is in room->hash.state. */
CHECKED_ONCE int hkdf_label(struct initial_room *room, __u32 label)
{
	if (!room || label >= INITIAL_LABELS)
		return -1;
	words_copy(room->hash.schedule, initial_labels[label].schedule, SHA256_ROUNDS);
	words_copy(room->hash.state, room->inner, SHA256_WORDS);
	sha256_mix(&room->hash);
	hmac_finish(&room->hash, room->outer);
	return 0;
}

/* HKDF-Extract of the connection id into room->initial_secret. */
CHECKED_ONCE int initial_extract(struct initial_room *room, const struct interdict_quic *keys, __u32 scheme)
{
	__u32 i, length;

	if (!room || !keys || scheme >= INITIAL_SCHEMES)
		return -1;
	length = keys->dcid_length;
	if (length > INITIAL_CID_MAX)
		return -1;
	for (i = 0; i < 16; i++)
		room->hash.block[i] = 0;
	/* At most 20 bytes and the bit that ends the message: six words. */
	for (i = 0; i < INITIAL_CID_MAX; i++)
		if (i < length)
			room->hash.block[i / 4] |= (__u32)keys->dcid[i] << (24 - 8 * (i % 4));
	room->hash.block[masked(length / 4, 15)] |= 0x80000000 >> 8 * (length % 4);
	room->hash.block[15] = (64 + length) * 8;
	words_copy(room->hash.state, initial_salts[scheme].inner, SHA256_WORDS);
	sha256_expand(&room->hash);
	sha256_mix(&room->hash);
	hmac_finish(&room->hash, initial_salts[scheme].outer);
	words_copy(room->initial_secret, room->hash.state, SHA256_WORDS);
	return 0;
}

/* Words as big-endian bytes. to: aligned to 4. */
INTERDICT_INLINE void bytes_of(__u8 *to, const __u32 *words, const __u32 count)
{
	__u32 i;

	for (i = 0; i < count; i++) {
		__u32 word = __builtin_bswap32(words[i]);

		__builtin_memcpy(__builtin_assume_aligned(to + 4 * i, 4), &word, sizeof(word));
	}
}

/*
 * Fills in key, header_key and iv for keys->dcid. scheme: enum initial_scheme. Returns 0, or -1 if the
 * connection id is longer than these versions have them.
 */
CHECKED_ONCE int initial_derive(struct initial_room *room, struct interdict_quic *keys, __u32 scheme)
{
	__u32 second;

	if (!room || !keys || initial_extract(room, keys, scheme))
		return -1;
	second = scheme == INITIAL_V2 || scheme == INITIAL_V2_DRAFT ? INITIAL_LABEL_KEY_V2 - INITIAL_LABEL_KEY
								    : 0;
	hmac_key(room, 0);
	hkdf_label(room, INITIAL_LABEL_CLIENT);
	words_copy(room->client_secret, room->hash.state, SHA256_WORDS);
	hmac_key(room, 1);
	hkdf_label(room, INITIAL_LABEL_KEY + second);
	bytes_of(keys->key, room->hash.state, 4);
	hkdf_label(room, INITIAL_LABEL_HEADER_KEY + second);
	bytes_of(keys->header_key, room->hash.state, 4);
	hkdf_label(room, INITIAL_LABEL_IV + second);
	bytes_of(keys->iv, room->hash.state, 3);
	return 0;
}

#endif
