/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * armed.h: which slot of map "armed" a connection belongs to. Two connections in one slot only cost each
 * other a look-up, so a cheap mix is enough.
 */
#ifndef INTERDICT_BPF_PARSE_ARMED_H
#define INTERDICT_BPF_PARSE_ARMED_H

#include "maps/flows.h"

INTERDICT_INLINE __u32 armed_mix(__u64 source, __u64 destination, __u32 ports)
{
	__u64 mix = (source * 0x9e3779b97f4a7c15ULL) ^ (destination * 0xc2b2ae3d27d4eb4fULL);

	mix = (mix ^ mix >> 29 ^ ports) * 0xbf58476d1ce4e5b9ULL;
	return (__u32)(mix >> 32) & (INTERDICT_ARMED_SLOTS - 1);
}

/* Addresses as on the wire, 4 or 16 bytes; ports: source << 16 | destination, in host byte order. */
INTERDICT_INLINE __u32 armed_slot(__u32 family, const __u8 *source, const __u8 *destination, __u32 ports)
{
	const __u32 *s = (const __u32 *)source, *d = (const __u32 *)destination;

	if (family == 4)
		return armed_mix(s[0], d[0], ports);
	return armed_mix((__u64)(s[0] ^ s[2]) << 32 | (s[1] ^ s[3]),
			 (__u64)(d[0] ^ d[2]) << 32 | (d[1] ^ d[3]), ports);
}

#endif
