/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * ghash.h: GHASH (NIST SP 800-38D section 6.4), by tables of four bits. Plain C, the same for the kernel and
 * the host.
 */
#ifndef INTERDICT_BPF_CRYPTO_GHASH_H
#define INTERDICT_BPF_CRYPTO_GHASH_H

#include "bpf/opaque.h"
#include "bpf/repeat.h"
#include "maps/types.h"

struct ghash {
	__u64 high[16]; /* the key times every polynomial of four bits */
	__u64 low[16];
	__u64 state_high; /* first eight bytes, as a big-endian number */
	__u64 state_low;
};

/* What four bits that are shifted out come back as, 48 bits further up. */
static const __u16 ghash_reduction[16] = {
	0x0000, 0x1c20, 0x3840, 0x2460, 0x7080, 0x6ca0, 0x48c0, 0x54e0,
	0xe100, 0xfd20, 0xd940, 0xc560, 0x9180, 0x8da0, 0xa9c0, 0xb5e0,
};

/* high, low: the key, that is, the cipher's output for a block of zeroes. */
CHECKED_ONCE int ghash_start(struct ghash *hash, __u64 high, __u64 low)
{
	__u64 carry;
	__u32 i, j;

	if (!hash)
		return -1;
	hash->state_high = 0;
	hash->state_low = 0;
	hash->high[0] = 0;
	hash->low[0] = 0;
	for (i = 8; i; i >>= 1) {
		hash->high[i] = high;
		hash->low[i] = low;
		carry = 0 - (low & 1);
		low = high << 63 | low >> 1;
		high = high >> 1 ^ (carry & 0xe100000000000000ULL);
	}
	for (i = 2; i < 16; i <<= 1)
		for (j = 1; j < i; j++) {
			hash->high[i + j] = hash->high[i] ^ hash->high[j];
			hash->low[i + j] = hash->low[i] ^ hash->low[j];
		}
	return 0;
}

/* Takes in a block. */
INTERDICT_INLINE void ghash_block(struct ghash *hash, __u64 high, __u64 low)
{
	__u64 half = hash->state_low ^ low, z_high = 0, z_low = 0;
	__u32 i;

	high ^= hash->state_high;
	LOOP_ROLLED
	for (i = 0; i < 32; i++) {
		__u32 out = masked((__u32)z_low, 15), in;

		if (i == 16)
			half = high;
		in = masked((__u32)half, 15);
		half >>= 4;
		z_low = z_high << 60 | z_low >> 4;
		z_high = z_high >> 4 ^ (__u64)ghash_reduction[out] << 48;
		z_high ^= hash->high[in];
		z_low ^= hash->low[in];
	}
	hash->state_high = z_high;
	hash->state_low = z_low;
}

#endif
