/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * counters.h: what every rule has done.
 *
 * Map "counters": ARRAY_OF_MAPS; inner map number id >> 16 is an ARRAY of 65,536 struct
 * interdict_counter, BPF_F_MMAPABLE, read by userspace without system calls. Indexed by the stable rule
 * id and independent of generations, so a swap resets nothing; a new inner map is added when ids reach
 * it, so growing loses nothing either.
 *
 * Additions are atomic: no update is lost under any number of CPUs. last_seen is a plain store.
 * No address of anybody is ever stored here.
 */
#ifndef INTERDICT_MAPS_COUNTERS_H
#define INTERDICT_MAPS_COUNTERS_H

#include "maps/types.h"

#define INTERDICT_COUNTERS_SHIFT 16
#define INTERDICT_COUNTERS_PER_MAP (1u << INTERDICT_COUNTERS_SHIFT)
#define INTERDICT_COUNTER_MAPS 1024
#define INTERDICT_RULE_ID_MAX (INTERDICT_COUNTERS_PER_MAP * INTERDICT_COUNTER_MAPS - 1)

struct interdict_counter {
	__u64 packets;
	__u64 bytes;	 /* of the frames, link header included */
	__u64 last_seen; /* seconds since the Unix epoch, 0 = never */
	__u64 reserved;
};

INTERDICT_ASSERT(sizeof(struct interdict_counter) == 32, "half a cache line, never across two");

#endif
