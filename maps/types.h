/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * types.h: what every header of the contract needs, in C for BPF and for the host and in C++.
 * Integers are in host byte order unless a name ends in _be or a comment says otherwise.
 */
#ifndef INTERDICT_MAPS_TYPES_H
#define INTERDICT_MAPS_TYPES_H

#include <linux/types.h>

#ifdef __cplusplus
#define INTERDICT_ASSERT(condition, message) static_assert(condition, message)
#else
#define INTERDICT_ASSERT(condition, message) _Static_assert(condition, message)
#endif

#define INTERDICT_INLINE static inline __attribute__((always_inline))

/* The version of every layout in this folder; a pin set of another version is not adopted. */
#define INTERDICT_LAYOUT_VERSION 4

/* Two generations fit: the live one and the staged one. */
#define INTERDICT_SLOTS 2

#define INTERDICT_NAME_MAX 253	/* bytes of a name without its final dot (RFC 1035, 2.3.4) */
#define INTERDICT_LABELS_MAX 16 /* suffixes looked up for one name, counted from the right */
#define INTERDICT_SCOPES_MAX 32

#endif
