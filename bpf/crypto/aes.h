/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * aes.h: AES-128 encryption (FIPS 197) by tables, and its counter mode as QUIC uses it (RFC 9001 section
 * 5.3; NIST SP 800-38D: the first data block has counter 2). Plain C, the same for the kernel and the host.
 *
 * Look-ups in memory take a time that depends on the key; the keys here are public (RFC 9001 section 5.2).
 * Words hold four bytes of the state in memory order, read as a little-endian number.
 */
#ifndef INTERDICT_BPF_CRYPTO_AES_H
#define INTERDICT_BPF_CRYPTO_AES_H

#include "bpf/opaque.h"
#include "bpf/repeat.h"
#include "maps/types.h"

#define AES_BLOCK 16
#define AES_ROUNDS 10
#define AES_KEY_WORDS (4 * (AES_ROUNDS + 1))

/* FIPS 197 figure 7. */
/* clang-format off */
#define AES_SBOX(X)                                                                               \
	X(0x63) X(0x7c) X(0x77) X(0x7b) X(0xf2) X(0x6b) X(0x6f) X(0xc5) X(0x30) X(0x01)           \
	X(0x67) X(0x2b) X(0xfe) X(0xd7) X(0xab) X(0x76) X(0xca) X(0x82) X(0xc9) X(0x7d)           \
	X(0xfa) X(0x59) X(0x47) X(0xf0) X(0xad) X(0xd4) X(0xa2) X(0xaf) X(0x9c) X(0xa4)           \
	X(0x72) X(0xc0) X(0xb7) X(0xfd) X(0x93) X(0x26) X(0x36) X(0x3f) X(0xf7) X(0xcc)           \
	X(0x34) X(0xa5) X(0xe5) X(0xf1) X(0x71) X(0xd8) X(0x31) X(0x15) X(0x04) X(0xc7)           \
	X(0x23) X(0xc3) X(0x18) X(0x96) X(0x05) X(0x9a) X(0x07) X(0x12) X(0x80) X(0xe2)           \
	X(0xeb) X(0x27) X(0xb2) X(0x75) X(0x09) X(0x83) X(0x2c) X(0x1a) X(0x1b) X(0x6e)           \
	X(0x5a) X(0xa0) X(0x52) X(0x3b) X(0xd6) X(0xb3) X(0x29) X(0xe3) X(0x2f) X(0x84)           \
	X(0x53) X(0xd1) X(0x00) X(0xed) X(0x20) X(0xfc) X(0xb1) X(0x5b) X(0x6a) X(0xcb)           \
	X(0xbe) X(0x39) X(0x4a) X(0x4c) X(0x58) X(0xcf) X(0xd0) X(0xef) X(0xaa) X(0xfb)           \
	X(0x43) X(0x4d) X(0x33) X(0x85) X(0x45) X(0xf9) X(0x02) X(0x7f) X(0x50) X(0x3c)           \
	X(0x9f) X(0xa8) X(0x51) X(0xa3) X(0x40) X(0x8f) X(0x92) X(0x9d) X(0x38) X(0xf5)           \
	X(0xbc) X(0xb6) X(0xda) X(0x21) X(0x10) X(0xff) X(0xf3) X(0xd2) X(0xcd) X(0x0c)           \
	X(0x13) X(0xec) X(0x5f) X(0x97) X(0x44) X(0x17) X(0xc4) X(0xa7) X(0x7e) X(0x3d)           \
	X(0x64) X(0x5d) X(0x19) X(0x73) X(0x60) X(0x81) X(0x4f) X(0xdc) X(0x22) X(0x2a)           \
	X(0x90) X(0x88) X(0x46) X(0xee) X(0xb8) X(0x14) X(0xde) X(0x5e) X(0x0b) X(0xdb)           \
	X(0xe0) X(0x32) X(0x3a) X(0x0a) X(0x49) X(0x06) X(0x24) X(0x5c) X(0xc2) X(0xd3)           \
	X(0xac) X(0x62) X(0x91) X(0x95) X(0xe4) X(0x79) X(0xe7) X(0xc8) X(0x37) X(0x6d)           \
	X(0x8d) X(0xd5) X(0x4e) X(0xa9) X(0x6c) X(0x56) X(0xf4) X(0xea) X(0x65) X(0x7a)           \
	X(0xae) X(0x08) X(0xba) X(0x78) X(0x25) X(0x2e) X(0x1c) X(0xa6) X(0xb4) X(0xc6)           \
	X(0xe8) X(0xdd) X(0x74) X(0x1f) X(0x4b) X(0xbd) X(0x8b) X(0x8a) X(0x70) X(0x3e)           \
	X(0xb5) X(0x66) X(0x48) X(0x03) X(0xf6) X(0x0e) X(0x61) X(0x35) X(0x57) X(0xb9)           \
	X(0x86) X(0xc1) X(0x1d) X(0x9e) X(0xe1) X(0xf8) X(0x98) X(0x11) X(0x69) X(0xd9)           \
	X(0x8e) X(0x94) X(0x9b) X(0x1e) X(0x87) X(0xe9) X(0xce) X(0x55) X(0x28) X(0xdf)           \
	X(0x8c) X(0xa1) X(0x89) X(0x0d) X(0xbf) X(0xe6) X(0x42) X(0x68) X(0x41) X(0x99)           \
	X(0x2d) X(0x0f) X(0xb0) X(0x54) X(0xbb) X(0x16)
/* clang-format on */

#define AES_TWICE(s) ((__u32)(((s) << 1) ^ ((s)&0x80 ? 0x11b : 0)))
#define AES_THRICE(s) (AES_TWICE(s) ^ (s))
/* What a byte of each row does to a column: SubBytes, then MixColumns. */
#define AES_ROW0(s) AES_TWICE(s) | (__u32)(s) << 8 | (__u32)(s) << 16 | AES_THRICE(s) << 24,
#define AES_ROW1(s) AES_THRICE(s) | AES_TWICE(s) << 8 | (__u32)(s) << 16 | (__u32)(s) << 24,
#define AES_ROW2(s) (__u32)(s) | AES_THRICE(s) << 8 | AES_TWICE(s) << 16 | (__u32)(s) << 24,
#define AES_ROW3(s) (__u32)(s) | (__u32)(s) << 8 | AES_THRICE(s) << 16 | AES_TWICE(s) << 24,
#define AES_PLAIN(s) s,

static const __u32 aes_rows[4][256] = {
	{AES_SBOX(AES_ROW0)},
	{AES_SBOX(AES_ROW1)},
	{AES_SBOX(AES_ROW2)},
	{AES_SBOX(AES_ROW3)},
};
static const __u8 aes_sbox[256] = {AES_SBOX(AES_PLAIN)};

struct aes_key {
	__u32 word[AES_KEY_WORDS]; /* the first 4 are the key itself */
};

struct aes_block {
	__u32 word[4];
};

/* Counter mode under one nonce. What the counter's last byte does not touch in two rounds is kept. */
struct aes_counter {
	struct aes_key key;
	__u32 nonce[3];
	__u32 upper;	 /* counter >> 8 that `first` and `second` were made for, ~0 = none */
	__u32 first;	 /* column 0 after round 1, without the last byte's part */
	__u32 second[4]; /* all columns after round 2, without column 0's part */
	__u32 reserved;
};

INTERDICT_INLINE __u32 aes_byte(__u32 word, __u32 which)
{
	return word >> (8 * which) & 0xff;
}

INTERDICT_INLINE __u32 aes_substitute(__u32 word)
{
	return (__u32)aes_sbox[aes_byte(word, 0)] | (__u32)aes_sbox[aes_byte(word, 1)] << 8 |
	       (__u32)aes_sbox[aes_byte(word, 2)] << 16 | (__u32)aes_sbox[aes_byte(word, 3)] << 24;
}

/* key->word[0..3] into all round keys (FIPS 197 section 5.2). */
CHECKED_ONCE int aes_expand(struct aes_key *key)
{
	__u32 i, constant = 1, a, b, c, d;

	if (!key)
		return -1;
	a = key->word[0];
	b = key->word[1];
	c = key->word[2];
	d = key->word[3];
	LOOP_ROLLED
	for (i = 4; i < AES_KEY_WORDS; i += 4) {
		a ^= aes_substitute(d >> 8 | d << 24) ^ constant;
		b ^= a;
		c ^= b;
		d ^= c;
		key->word[i] = a;
		key->word[i + 1] = b;
		key->word[i + 2] = c;
		key->word[i + 3] = d;
		constant = constant << 1 ^ (constant >> 7) * 0x11b;
	}
	return 0;
}

/* The column that bytes of four columns make: ShiftRows, SubBytes, MixColumns. */
INTERDICT_INLINE __u32 aes_column(__u32 a, __u32 b, __u32 c, __u32 d)
{
	return aes_rows[0][aes_byte(a, 0)] ^ aes_rows[1][aes_byte(b, 1)] ^ aes_rows[2][aes_byte(c, 2)] ^
	       aes_rows[3][aes_byte(d, 3)];
}

INTERDICT_INLINE __u32 aes_last_column(__u32 a, __u32 b, __u32 c, __u32 d)
{
	return (__u32)aes_sbox[aes_byte(a, 0)] | (__u32)aes_sbox[aes_byte(b, 1)] << 8 |
	       (__u32)aes_sbox[aes_byte(c, 2)] << 16 | (__u32)aes_sbox[aes_byte(d, 3)] << 24;
}

/* Rounds from `from` to the last on a state that has been through those before. */
INTERDICT_INLINE void aes_rounds(const struct aes_key *key, struct aes_block *block, const __u32 from)
{
	__u32 a = block->word[0], b = block->word[1], c = block->word[2], d = block->word[3];
	__u32 i, p, q, r, s;

	LOOP_UNROLLED
	for (i = from; i < AES_ROUNDS; i++) {
		p = aes_column(a, b, c, d) ^ key->word[4 * i];
		q = aes_column(b, c, d, a) ^ key->word[4 * i + 1];
		r = aes_column(c, d, a, b) ^ key->word[4 * i + 2];
		s = aes_column(d, a, b, c) ^ key->word[4 * i + 3];
		a = p;
		b = q;
		c = r;
		d = s;
	}
	block->word[0] = aes_last_column(a, b, c, d) ^ key->word[4 * AES_ROUNDS];
	block->word[1] = aes_last_column(b, c, d, a) ^ key->word[4 * AES_ROUNDS + 1];
	block->word[2] = aes_last_column(c, d, a, b) ^ key->word[4 * AES_ROUNDS + 2];
	block->word[3] = aes_last_column(d, a, b, c) ^ key->word[4 * AES_ROUNDS + 3];
}

/* Encrypts the block in place; the key is expanded. */
CHECKED_ONCE int aes_encrypt(const struct aes_key *key, struct aes_block *block)
{
	__u32 i;

	if (!key || !block)
		return -1;
	for (i = 0; i < 4; i++)
		block->word[i] ^= key->word[i];
	aes_rounds(key, block, 1);
	return 0;
}

/* The two rounds that 256 blocks share. */
INTERDICT_INLINE void aes_counter_prepare(struct aes_counter *mode, __u32 upper)
{
	const __u32 *key = mode->key.word;
	__u32 a = mode->nonce[0] ^ key[0], b = mode->nonce[1] ^ key[1], c = mode->nonce[2] ^ key[2];
	/* The counter is big-endian. */
	__u32 d = ((upper & 0xff) << 16 | (upper & 0xff00)) ^ key[3];
	__u32 q, r, s;

	mode->upper = upper;
	mode->first = aes_rows[0][aes_byte(a, 0)] ^ aes_rows[1][aes_byte(b, 1)] ^
		      aes_rows[2][aes_byte(c, 2)] ^ key[4];
	q = aes_column(b, c, d, a) ^ key[5];
	r = aes_column(c, d, a, b) ^ key[6];
	s = aes_column(d, a, b, c) ^ key[7];
	mode->second[0] = aes_rows[1][aes_byte(q, 1)] ^ aes_rows[2][aes_byte(r, 2)] ^
			  aes_rows[3][aes_byte(s, 3)] ^ key[8];
	mode->second[1] = aes_rows[0][aes_byte(q, 0)] ^ aes_rows[1][aes_byte(r, 1)] ^
			  aes_rows[2][aes_byte(s, 2)] ^ key[9];
	mode->second[2] = aes_rows[0][aes_byte(r, 0)] ^ aes_rows[1][aes_byte(s, 1)] ^
			  aes_rows[3][aes_byte(q, 3)] ^ key[10];
	mode->second[3] = aes_rows[0][aes_byte(s, 0)] ^ aes_rows[2][aes_byte(q, 2)] ^
			  aes_rows[3][aes_byte(r, 3)] ^ key[11];
}

/* Leaves the key stream of data block `index` (from 0) in *stream. index < 65,534. */
INTERDICT_INLINE void aes_counter_block(struct aes_counter *mode, __u32 index, struct aes_block *stream)
{
	__u32 counter = index + 2, first;

	if (counter >> 8 != mode->upper)
		aes_counter_prepare(mode, counter >> 8);
	first = mode->first ^ aes_rows[3][masked(mode->key.word[3] >> 24 ^ counter, 0xff)];
	stream->word[0] = mode->second[0] ^ aes_rows[0][aes_byte(first, 0)];
	stream->word[1] = mode->second[1] ^ aes_rows[3][aes_byte(first, 3)];
	stream->word[2] = mode->second[2] ^ aes_rows[2][aes_byte(first, 2)];
	stream->word[3] = mode->second[3] ^ aes_rows[1][aes_byte(first, 1)];
	aes_rounds(&mode->key, stream, 3);
}

#endif
