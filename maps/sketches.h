/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * sketches.h: how many names live behind an address that a rule only observes.
 *
 * Map "sketches": ARRAY of struct interdict_sketch, BPF_F_MMAPABLE, indexed by interdict_rule.answer of a
 * rule on an address that observes (such a rule never answers). Index 0 is none. One map for all generations:
 * a sketch belongs to the rule whose id it carries, and a rule that stays keeps it through a swap.
 *
 * HyperLogLog (Flajolet, Fusy, Gandouet, Meunier, "HyperLogLog: the analysis of a near-optimal cardinality
 * estimation algorithm", AofA 2007) with 256 registers: the standard error is 1.04 / sqrt(256) = 6.5 %, so 95
 * of 100 estimates are within 13 %. A register holds one number below 58. Names go in as a hash under a
 * secret of the plane, so nobody can tell whether a name is among them, nor choose names that distort the
 * count; nothing of a subscriber goes in at all. Two CPUs may write one register at the same time and one of
 * the two be lost, until that name is seen again.
 */
#ifndef INTERDICT_MAPS_SKETCHES_H
#define INTERDICT_MAPS_SKETCHES_H

#include "maps/types.h"

#define INTERDICT_SKETCHES 4096
#define INTERDICT_SKETCH_BITS 8
#define INTERDICT_SKETCH_REGISTERS (1u << INTERDICT_SKETCH_BITS)

struct interdict_sketch {
	__u32 rule; /* whose it is, 0 = nobody's */
	__u32 reserved;
	__u8 rank[INTERDICT_SKETCH_REGISTERS];
};

INTERDICT_ASSERT(sizeof(struct interdict_sketch) == 264, "layout");

#define INTERDICT_ROTATED(x, bits) ((x) << (bits) | (x) >> (64 - (bits)))

struct interdict_sip {
	__u64 a, b, c, d;
};

INTERDICT_INLINE void interdict_sip_round(struct interdict_sip *s)
{
	s->a += s->b;
	s->b = INTERDICT_ROTATED(s->b, 13) ^ s->a;
	s->a = INTERDICT_ROTATED(s->a, 32);
	s->c += s->d;
	s->d = INTERDICT_ROTATED(s->d, 16) ^ s->c;
	s->a += s->d;
	s->d = INTERDICT_ROTATED(s->d, 21) ^ s->a;
	s->c += s->b;
	s->b = INTERDICT_ROTATED(s->b, 17) ^ s->c;
	s->c = INTERDICT_ROTATED(s->c, 32);
}

/*
 * SipHash-1-3 (Aumasson, Bernstein, "SipHash: a fast short-input PRF", 2012) of a name in lower case, every
 * byte a message word of its own. text: 256 bytes; length: at most INTERDICT_NAME_MAX.
 */
INTERDICT_INLINE __u64 interdict_name_hash(const __u64 key[2], const __u8 *text, __u32 length)
{
	struct interdict_sip s = {
		.a = key[0] ^ 0x736f6d6570736575ULL,
		.b = key[1] ^ 0x646f72616e646f6dULL,
		.c = key[0] ^ 0x6c7967656e657261ULL,
		.d = key[1] ^ 0x7465646279746573ULL,
	};
	__u32 i;

	for (i = 0; i < INTERDICT_NAME_MAX; i++) {
		if (i >= length)
			break;
		s.d ^= text[i];
		interdict_sip_round(&s);
		s.a ^= text[i];
	}
	s.c ^= 0xff;
	interdict_sip_round(&s);
	interdict_sip_round(&s);
	interdict_sip_round(&s);
	return s.a ^ s.b ^ s.c ^ s.d;
}

/* Its register, and what that must be at least: one more than the zeroes at the low end of the rest. */
INTERDICT_INLINE __u32 interdict_sketch_register(__u64 hash)
{
	return (__u32)hash & (INTERDICT_SKETCH_REGISTERS - 1);
}

INTERDICT_INLINE __u8 interdict_sketch_rank(__u64 hash)
{
	__u64 rest = hash >> INTERDICT_SKETCH_BITS | 1ULL << (64 - INTERDICT_SKETCH_BITS),
	      low = rest & (0 - rest);

	return (__u8)(1 + ((low & 0xaaaaaaaaaaaaaaaaULL) != 0) + ((low & 0xccccccccccccccccULL) != 0) * 2 +
		      ((low & 0xf0f0f0f0f0f0f0f0ULL) != 0) * 4 + ((low & 0xff00ff00ff00ff00ULL) != 0) * 8 +
		      ((low & 0xffff0000ffff0000ULL) != 0) * 16 + ((low & 0xffffffff00000000ULL) != 0) * 32);
}

#endif
