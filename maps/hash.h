/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * hash.h: the keyed hash of a target.
 *
 * Two lanes of multilinear hashing (Lemire and Kaser, "Strongly universal string hashing is fast",
 * Computer Journal 57(11), 2014): lane = k0 + sum of k[i] * c[i] mod 2^64, with every k[i] a random
 * 64-bit secret of the generation and every c[i] a character below 2^32. The upper 32 bits of a lane
 * are strongly universal, so two different targets have the same 64-bit fingerprint with probability
 * 2^-64 over the choice of the secret, whoever chose the targets.
 *
 * What that means in practice: in a table of 10 M targets one name or address that is not listed is
 * compared with at most ten fingerprints (two buckets of five). Which ones depends on the lower halves of
 * the lanes as well, so two targets with one fingerprint seldom meet at all; without counting on that, a
 * false match among the ten has a probability of 10 * 2^-64 = 5.4e-19. At 14.88 M packets a
 * second with five look-ups each, all of targets never seen before, that is one in 790 years. Even by
 * the proven bound alone (all 10 M fingerprints, no credit for the bucket) a network that meets ten
 * million different names a day waits 500 years.
 *
 * Characters of a name are its bytes, folded to lower case, counted from the right, so that the hash of
 * every suffix is a running sum. No byte of a name is 0, hence names of different lengths differ.
 */
#ifndef INTERDICT_MAPS_HASH_H
#define INTERDICT_MAPS_HASH_H

#include "maps/types.h"

enum interdict_target_kind {
	INTERDICT_TARGET_IPV4 = 1,
	INTERDICT_TARGET_IPV6 = 2,
	INTERDICT_TARGET_NAME = 3,
};

#define INTERDICT_LANES 2
#define INTERDICT_ADDRESS_WORDS 4

/* Secrets for addresses: start, kind and prefix length, four 32-bit words of the address. */
struct interdict_address_key {
	__u64 start[INTERDICT_LANES];
	__u64 kind[INTERDICT_LANES];
	__u64 word[INTERDICT_ADDRESS_WORDS][INTERDICT_LANES];
};

/* Secrets for names: start, then one pair per byte, counted from the right end of the name. */
#define INTERDICT_NAME_KEYS 256
struct interdict_name_key {
	__u64 start[INTERDICT_LANES];
	__u64 byte[INTERDICT_NAME_KEYS][INTERDICT_LANES];
};

INTERDICT_ASSERT(sizeof(struct interdict_address_key) == 96, "layout");
INTERDICT_ASSERT(sizeof(struct interdict_name_key) == 16 + 256 * 16, "layout");

/* The sums before they are made into a place and a fingerprint. */
struct interdict_lanes {
	__u64 lane[INTERDICT_LANES];
};

struct interdict_hash {
	__u64 fingerprint; /* never 0: 0 marks a free slot */
	__u64 place;	   /* chooses buckets and filter words */
};

INTERDICT_INLINE struct interdict_hash interdict_hash_finish(struct interdict_lanes sum)
{
	struct interdict_hash hash;

	hash.fingerprint = (sum.lane[0] >> 32 << 32) | (sum.lane[1] >> 32);
	if (!hash.fingerprint)
		hash.fingerprint = 1;
	/* The lower halves are not in the fingerprint; the product spreads them over the upper bits. */
	hash.place = (sum.lane[0] ^ (sum.lane[1] << 32 | sum.lane[1] >> 32)) * 0xff51afd7ed558ccdULL;
	hash.place ^= hash.place >> 32;
	hash.place *= 0xc4ceb9fe1a85ec53ULL;
	return hash;
}

/* address and length: as on the wire, read as one big-endian word, host bits already cleared. */
INTERDICT_INLINE struct interdict_hash interdict_hash_ipv4(const struct interdict_address_key *key,
							   __u32 address, __u32 prefix_length)
{
	__u64 kind = INTERDICT_TARGET_IPV4 << 8 | prefix_length;
	struct interdict_lanes sum;

	sum.lane[0] = key->start[0] + key->kind[0] * kind + key->word[0][0] * address;
	sum.lane[1] = key->start[1] + key->kind[1] * kind + key->word[0][1] * address;
	return interdict_hash_finish(sum);
}

/* address: four words, the first holds the leftmost 32 bits of the prefix, host bits cleared. */
INTERDICT_INLINE struct interdict_hash interdict_hash_ipv6(const struct interdict_address_key *key,
							   const __u32 address[4], __u32 prefix_length)
{
	__u64 kind = INTERDICT_TARGET_IPV6 << 8 | prefix_length;
	struct interdict_lanes sum;

	sum.lane[0] = key->start[0] + key->kind[0] * kind + key->word[0][0] * address[0] +
		      key->word[1][0] * address[1] + key->word[2][0] * address[2] +
		      key->word[3][0] * address[3];
	sum.lane[1] = key->start[1] + key->kind[1] * kind + key->word[0][1] * address[0] +
		      key->word[1][1] * address[1] + key->word[2][1] * address[2] +
		      key->word[3][1] * address[3];
	return interdict_hash_finish(sum);
}

INTERDICT_INLINE __u8 interdict_fold(__u8 byte)
{
	return byte + ((__u8)(byte - 'A') < 26 ? 32 : 0);
}

/* Adds the byte that stands `position` bytes from the right end of a name; position < 256. */
INTERDICT_INLINE void interdict_hash_name_byte(const struct interdict_name_key *key,
					       struct interdict_lanes *sum, __u32 position, __u8 byte)
{
	sum->lane[0] += key->byte[position & (INTERDICT_NAME_KEYS - 1)][0] * byte;
	sum->lane[1] += key->byte[position & (INTERDICT_NAME_KEYS - 1)][1] * byte;
}

#endif
