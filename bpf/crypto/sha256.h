/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * sha256.h: the compression function of SHA-256 (FIPS 180-4 section 6.2.2), in two halves so that a block
 * that never changes is expanded once for all. Plain C, the same for the kernel and the host.
 */
#ifndef INTERDICT_BPF_CRYPTO_SHA256_H
#define INTERDICT_BPF_CRYPTO_SHA256_H

#include "bpf/opaque.h"
#include "bpf/repeat.h"
#include "maps/types.h"

#define SHA256_WORDS 8 /* of a digest */
#define SHA256_ROUNDS 64

/* Words are numbers, not bytes: whoever fills them in reads big-endian. */
struct sha256 {
	__u32 state[SHA256_WORDS];
	__u32 block[SHA256_ROUNDS];    /* the first 16 are the message block, the others room to expand it */
	__u32 schedule[SHA256_ROUNDS]; /* expanded, with the round constants added */
};

static const __u32 sha256_constants[SHA256_ROUNDS] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static const __u32 sha256_start[SHA256_WORDS] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/* eBPF has no rotation; shifts of the word beside itself cost less than two shifts and an or each. */
INTERDICT_INLINE __u64 beside_itself(__u32 x)
{
	return (__u64)x << 32 | x;
}

INTERDICT_INLINE __u32 sha256_low_sigma0(__u32 x)
{
	__u64 twice = beside_itself(x);

	return (__u32)((twice >> 11 ^ twice) >> 7) ^ x >> 3;
}

INTERDICT_INLINE __u32 sha256_low_sigma1(__u32 x)
{
	__u64 twice = beside_itself(x);

	return (__u32)((twice >> 2 ^ twice) >> 17) ^ x >> 10;
}

INTERDICT_INLINE __u32 sha256_sigma0(__u32 x)
{
	__u64 twice = beside_itself(x);

	return (__u32)(((twice >> 9 ^ twice) >> 11 ^ twice) >> 2);
}

INTERDICT_INLINE __u32 sha256_sigma1(__u32 x)
{
	__u64 twice = beside_itself(x);

	return (__u32)(((twice >> 14 ^ twice) >> 5 ^ twice) >> 6);
}

/* block[0..15] into `schedule`. */
CHECKED_ONCE int sha256_expand(struct sha256 *hash)
{
	__u32 i;

	if (!hash)
		return -1;
	for (i = 0; i < 16; i++)
		hash->schedule[i] = hash->block[i] + sha256_constants[i];
	LOOP_BY_4
	for (i = 16; i < SHA256_ROUNDS; i++) {
		__u32 word = sha256_low_sigma1(hash->block[i - 2]) + hash->block[i - 7] +
			     sha256_low_sigma0(hash->block[i - 15]) + hash->block[i - 16];

		hash->block[i] = word;
		hash->schedule[i] = word + sha256_constants[i];
	}
	return 0;
}

/* One round with the variables in the places that they have after n rounds. */
#define SHA256_ROUND(a, b, c, d, e, f, g, h, word)                    \
	do {                                                          \
		h += sha256_sigma1(e) + (((f ^ g) & e) ^ g) + (word); \
		d += h;                                               \
		h += sha256_sigma0(a) + (((a | b) & c) | (a & b));    \
	} while (0)

/* Mixes `schedule` into `state`. */
CHECKED_ONCE int sha256_mix(struct sha256 *hash)
{
	__u32 a, b, c, d, e, f, g, h, i;

	if (!hash)
		return -1;
	a = hash->state[0];
	b = hash->state[1];
	c = hash->state[2];
	d = hash->state[3];
	e = hash->state[4];
	f = hash->state[5];
	g = hash->state[6];
	h = hash->state[7];
	LOOP_ROLLED
	for (i = 0; i < SHA256_ROUNDS; i += 8) {
		const __u32 *words = &hash->schedule[i];

		SHA256_ROUND(a, b, c, d, e, f, g, h, words[0]);
		SHA256_ROUND(h, a, b, c, d, e, f, g, words[1]);
		SHA256_ROUND(g, h, a, b, c, d, e, f, words[2]);
		SHA256_ROUND(f, g, h, a, b, c, d, e, words[3]);
		SHA256_ROUND(e, f, g, h, a, b, c, d, words[4]);
		SHA256_ROUND(d, e, f, g, h, a, b, c, words[5]);
		SHA256_ROUND(c, d, e, f, g, h, a, b, words[6]);
		SHA256_ROUND(b, c, d, e, f, g, h, a, words[7]);
	}
	hash->state[0] += a;
	hash->state[1] += b;
	hash->state[2] += c;
	hash->state[3] += d;
	hash->state[4] += e;
	hash->state[5] += f;
	hash->state[6] += g;
	hash->state[7] += h;
	return 0;
}

#endif
