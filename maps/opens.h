/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * opens.h: what is remembered of single connections once nothing of their bytes has to be kept.
 *
 * Map "opens": ARRAY of struct interdict_open_set, BPF_F_MMAPABLE, control.open_sets of them. A connection
 * has a place in one set, which a keyed hash of its addresses and ports chooses; where all four slots are
 * taken, the one that was written longest ago gives way. No address is stored: of a connection there is a
 * 64-bit tag under a secret of the plane, so that two connections in one set are taken for each other with
 * probability 2^-64 (see hash.h), whoever chose their addresses.
 *
 * No lock. A slot is written as four words, in any order, by any CPU. The first is the tag, hidden behind the
 * other three: a slot that two CPUs have written parts of has nobody's tag and is free to all. (After Hyatt
 * and Mann, "A lock-less transposition table implementation for parallel search", ICGA Journal 25(1), 2002.)
 */
#ifndef INTERDICT_MAPS_OPENS_H
#define INTERDICT_MAPS_OPENS_H

#include "maps/flows.h"

#define INTERDICT_OPENS_DEFAULT 131072
#define INTERDICT_OPEN_WAYS 4
/* One that is let go of sooner than this after its last use is counted. */
#define INTERDICT_OPEN_SECONDS 30

/*
 * TCP connections that have sent their SYN and nothing that could be judged yet, or whose judged request
 * still has a body to come; and those that were refused in pieces or with an answer, so that the last piece
 * does not get through when it is sent again, and both ends are closed. QUIC connections that were judged.
 */
struct interdict_open {
	__u32 base;  /* sequence number of the first byte of data, or of a later message; QUIC: which keys */
	__u32 acked; /* acknowledgement number that came with what was judged */
	__u32 next;  /* judged: sequence number of the next message. Refused: of what the server never saw. */
	__u32 rule;  /* the rule that refused the connection, 0 = none: every later segment is asked of it */
	__u32 length; /* bytes that were judged and passed, 0 = none yet; at most INTERDICT_STREAM_MAX */
	__u8 whole;   /* that rule is on the name itself, not on one above it */
	__u8 channel; /* enum interdict_channel by which it was judged or refused */
	__u8 closing; /* refused with an answer that ends the connection: enum interdict_closing */
	__u8 lost;    /* judged: where the next message begins is not known */
};

/* How far the end of a connection that was answered in the server's place has come. */
enum interdict_closing {
	INTERDICT_CLOSING_NONE = 0,
	INTERDICT_CLOSING_ANSWERED = 1, /* the client has its answer */
	INTERDICT_CLOSING_RESET = 2,	/* and the server its reset */
};

/* Of a connection: in which set it is, and its tag there. */
struct interdict_open_place {
	__u64 tag; /* never 0 */
	__u32 set;
};

/* word[2] is 0 in a free slot: bits 0 to 31 stamp, 32 to 47 length, 48 to 55 below, 56 to 63 of the tag. */
struct interdict_open_slot {
	__u64 check;
	__u64 word[3];
};

#define INTERDICT_OPEN_WHOLE (1ULL << 48)
#define INTERDICT_OPEN_LOST (1ULL << 49)
#define INTERDICT_OPEN_CLOSING_SHIFT 50
#define INTERDICT_OPEN_CHANNEL_SHIFT 52
#define INTERDICT_OPEN_USED (1ULL << 55)
#define INTERDICT_OPEN_TAG (0xffULL << 56)

struct interdict_open_set {
	struct interdict_open_slot slot[INTERDICT_OPEN_WAYS];
};

INTERDICT_ASSERT(sizeof(struct interdict_open_set) == 128, "two cache lines that are fetched together");

/* Secrets of the plane: start, then one pair for each 32 bits of a flow's key. */
#define INTERDICT_OPEN_WORDS (sizeof(struct interdict_flow_key) / sizeof(__u32))
struct interdict_open_key {
	__u64 start[2];
	__u64 word[INTERDICT_OPEN_WORDS][2];
	__u64 slot;
};

/* sets: at least 1. */
INTERDICT_INLINE struct interdict_open_place
interdict_open_locate(const struct interdict_open_key *key, const struct interdict_flow_key *flow, __u32 sets)
{
	const __u32 *word = (const __u32 *)flow;
	__u64 first = key->start[0], second = key->start[1];
	struct interdict_open_place place;
	__u32 i;

	for (i = 0; i < INTERDICT_OPEN_WORDS; i++) {
		first += key->word[i][0] * word[i];
		second += key->word[i][1] * word[i];
	}
	place.tag = (first >> 32 << 32) | (second >> 32);
	if (!place.tag)
		place.tag = 1;
	/* The lower halves are not in the tag; the product spreads them over the upper bits. */
	first = (first ^ (second << 32 | second >> 32)) * 0xff51afd7ed558ccdULL;
	place.set = (__u32)((first >> 32) * sets >> 32);
	return place;
}

/* What a slot's tag is hidden behind: no two contents have the same in practice, whoever chose them. */
INTERDICT_INLINE __u64 interdict_open_mix(__u64 secret, __u64 a, __u64 b, __u64 c)
{
	secret = (secret ^ a) * 0x9e3779b97f4a7c15ULL;
	secret = (secret ^ secret >> 32 ^ b) * 0xc2b2ae3d27d4eb4fULL;
	secret = (secret ^ secret >> 32 ^ c) * 0xbf58476d1ce4e5b9ULL;
	return secret ^ secret >> 32;
}

/* Single loads and stores of aligned words. */
#define INTERDICT_OPEN_WORD(at) (*(volatile __u64 *)&(at))

/* Fills `open` and returns 1 if the slot is that connection's. */
INTERDICT_INLINE __u32 interdict_open_read(const struct interdict_open_slot *slot, __u64 tag, __u64 secret,
					   struct interdict_open *open)
{
	__u64 last = INTERDICT_OPEN_WORD(slot->word[2]), first, second;

	if ((last ^ tag) & INTERDICT_OPEN_TAG || !last)
		return 0;
	first = INTERDICT_OPEN_WORD(slot->word[0]);
	second = INTERDICT_OPEN_WORD(slot->word[1]);
	if ((INTERDICT_OPEN_WORD(slot->check) ^ interdict_open_mix(secret, first, second, last)) != tag)
		return 0;
	open->base = (__u32)first;
	open->acked = (__u32)(first >> 32);
	open->next = (__u32)second;
	open->rule = (__u32)(second >> 32);
	open->length = (__u32)(last >> 32) & 0xffff;
	open->whole = !!(last & INTERDICT_OPEN_WHOLE);
	open->lost = !!(last & INTERDICT_OPEN_LOST);
	open->closing = (__u8)(last >> INTERDICT_OPEN_CLOSING_SHIFT & 3);
	open->channel = (__u8)(last >> INTERDICT_OPEN_CHANNEL_SHIFT & 7);
	return 1;
}

INTERDICT_INLINE void interdict_open_write(struct interdict_open_slot *slot, __u64 tag, __u64 secret,
					   const struct interdict_open *open, __u32 stamp)
{
	__u64 first = (__u64)open->acked << 32 | open->base, second = (__u64)open->rule << 32 | open->next;
	__u64 last = stamp | (__u64)(open->length & 0xffff) << 32 | (tag & INTERDICT_OPEN_TAG) |
		     INTERDICT_OPEN_USED;

	if (open->whole)
		last |= INTERDICT_OPEN_WHOLE;
	if (open->lost)
		last |= INTERDICT_OPEN_LOST;
	last |= (__u64)(open->closing & 3) << INTERDICT_OPEN_CLOSING_SHIFT;
	last |= (__u64)(open->channel & 7) << INTERDICT_OPEN_CHANNEL_SHIFT;
	INTERDICT_OPEN_WORD(slot->check) = tag ^ interdict_open_mix(secret, first, second, last);
	INTERDICT_OPEN_WORD(slot->word[0]) = first;
	INTERDICT_OPEN_WORD(slot->word[1]) = second;
	INTERDICT_OPEN_WORD(slot->word[2]) = last;
}

INTERDICT_INLINE void interdict_open_free(struct interdict_open_slot *slot)
{
	INTERDICT_OPEN_WORD(slot->word[2]) = 0;
	INTERDICT_OPEN_WORD(slot->check) = 0;
}

/* The slot of the connection, INTERDICT_OPEN_WAYS if it has none; then `open` is as it was. */
INTERDICT_INLINE __u32 interdict_open_find(const struct interdict_open_set *set, __u64 tag, __u64 secret,
					   struct interdict_open *open)
{
	__u32 i;

	for (i = 0; i < INTERDICT_OPEN_WAYS; i++)
		if (interdict_open_read(&set->slot[i], tag, secret, open))
			return i;
	return INTERDICT_OPEN_WAYS;
}

/* Stamps are coarse monotonic time in units of 2^20 ns (about a millisecond), modulo 2^32. */
#define INTERDICT_OPEN_STAMP(ns) ((__u32)((ns) >> 20))
#define INTERDICT_OPEN_YOUNG ((__u32)((__u64)INTERDICT_OPEN_SECONDS * 1000000000 >> 20))
#define INTERDICT_OPEN_AGE_FREE (1ULL << 32)

/* When the slot was written last. */
INTERDICT_INLINE __u32 interdict_open_stamp(const struct interdict_open_slot *slot)
{
	return (__u32)INTERDICT_OPEN_WORD(slot->word[2]);
}

/*
 * The slot for a connection that has none: a free one, or else the one that was written longest ago. age: of
 * what is there, in units of its stamp; INTERDICT_OPEN_AGE_FREE for nothing.
 */
INTERDICT_INLINE __u32 interdict_open_oldest(const struct interdict_open_set *set, __u32 now, __u64 *age)
{
	__u32 i, found = 0;

	*age = 0;
	for (i = 0; i < INTERDICT_OPEN_WAYS; i++) {
		__u64 last = INTERDICT_OPEN_WORD(set->slot[i].word[2]);
		__u64 here = last ? (__u32)(now - (__u32)last) : INTERDICT_OPEN_AGE_FREE;

		if (here > *age) {
			*age = here;
			found = i;
		}
	}
	return found;
}

#endif
