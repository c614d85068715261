/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * targets.h: the target table. One table for every kind of target: fingerprint -> rule id.
 *
 * Map "targets": ARRAY_OF_MAPS with two slots (generation & 1); each inner map is an ARRAY of
 * struct interdict_bucket, BPF_F_MMAPABLE | BPF_F_INNER_MAP, as many as the generation needs.
 * Userspace writes it through mmap, the kernel only reads.
 *
 * A bucket is one cache line. A target lives in one of two buckets (cuckoo hashing); the overflow word
 * of its first bucket says whether a target with these bits had to move to its second, so that a miss
 * reads one line. The id stands beside the fingerprint: a hit reads no second line here. Of a free slot
 * both are 0. While a generation is changed in place (README.md) a target may be in both buckets.
 */
#ifndef INTERDICT_MAPS_TARGETS_H
#define INTERDICT_MAPS_TARGETS_H

#include "maps/hash.h"

#define INTERDICT_BUCKET_SLOTS 5

struct interdict_bucket {
	__u64 fingerprint[INTERDICT_BUCKET_SLOTS];
	__u32 rule[INTERDICT_BUCKET_SLOTS];
	__u32 overflow;
};

/*
 * In a slot's rule, beside the id: the only rule on this address, which drops every packet while the
 * generation's plain_from and plain_until hold. The kernel needs no rule record for it.
 */
#define INTERDICT_TARGET_PLAIN (1u << 31)
#define INTERDICT_TARGET_RULE(found) ((found) & ~INTERDICT_TARGET_PLAIN)

INTERDICT_ASSERT(sizeof(struct interdict_bucket) == 64, "a bucket is one cache line");

INTERDICT_INLINE __u32 interdict_first_bucket(struct interdict_hash hash, __u32 buckets)
{
	return (__u32)((hash.place >> 32) * buckets >> 32);
}

/*
 * The other of the two, from either of them: whoever has only the table can move what is in it. The sum of
 * both, modulo `buckets`, is a random number that the upper half of the fingerprint gives.
 */
INTERDICT_INLINE __u32 interdict_other_bucket(__u64 fingerprint, __u32 index, __u32 buckets)
{
	__u32 sum = (__u32)((fingerprint >> 32) * buckets >> 32);

	return sum >= index ? sum - index : sum + (buckets - index);
}

INTERDICT_INLINE __u32 interdict_second_bucket(struct interdict_hash hash, __u32 buckets)
{
	return interdict_other_bucket(hash.fingerprint, interdict_first_bucket(hash, buckets), buckets);
}

INTERDICT_INLINE __u32 interdict_overflow_bit(__u64 fingerprint)
{
	return 1u << (fingerprint >> 7 & 31);
}

/* Returns the rule of the slot that holds the fingerprint, with its mark; 0 if none does. */
INTERDICT_INLINE __u32 interdict_bucket_match(const struct interdict_bucket *bucket, __u64 fingerprint)
{
	if (bucket->fingerprint[0] == fingerprint)
		return bucket->rule[0];
	if (bucket->fingerprint[1] == fingerprint)
		return bucket->rule[1];
	if (bucket->fingerprint[2] == fingerprint)
		return bucket->rule[2];
	if (bucket->fingerprint[3] == fingerprint)
		return bucket->rule[3];
	if (bucket->fingerprint[4] == fingerprint)
		return bucket->rule[4];
	return 0;
}

/*
 * The table as each side reaches it: an inner map in BPF, a plain array on the host. The look-up below
 * is the same for both.
 */
#ifdef __bpf__
#include <bpf/bpf_helpers.h>
struct interdict_table {
	void *map;
	__u32 buckets;
};
#define INTERDICT_BUCKET_AT(table, index) bpf_map_lookup_elem((table)->map, &(index))
#else
struct interdict_table {
	const struct interdict_bucket *map;
	__u32 buckets;
};
#define INTERDICT_BUCKET_AT(table, index) (&(table)->map[index])
#endif

/* Returns the first rule on the target, with its mark; 0 if the target is not in the table. */
INTERDICT_INLINE __u32 interdict_target_find(const struct interdict_table *table, struct interdict_hash hash)
{
	const struct interdict_bucket *bucket;
	__u32 index, rule;

	index = interdict_first_bucket(hash, table->buckets);
	bucket = (const struct interdict_bucket *)INTERDICT_BUCKET_AT(table, index);
	if (!bucket)
		return 0;
	rule = interdict_bucket_match(bucket, hash.fingerprint);
	if (rule || !(bucket->overflow & interdict_overflow_bit(hash.fingerprint)))
		return rule;
	index = interdict_other_bucket(hash.fingerprint, index, table->buckets);
	bucket = (const struct interdict_bucket *)INTERDICT_BUCKET_AT(table, index);
	if (!bucket)
		return 0;
	return interdict_bucket_match(bucket, hash.fingerprint);
}

#endif
