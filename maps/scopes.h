/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * scopes.h: where orders apply, a bit per named scope, at most 32.
 *
 * A packet is in a scope if every kind of criterion that the scope names holds: its interface, its VLAN
 * and its subscriber's prefix. Each source below therefore gives the bits that it does not rule out, and
 * the packet's scopes are the AND of the three. Asked only when a rule with a scope has been hit.
 *
 * Interfaces: struct interdict_interface.scope[slot] in control.h.
 * Map "vlan_scopes": ARRAY of __u32, BPF_F_MMAPABLE, INTERDICT_VLANS per slot, by outermost VLAN id.
 * Map "prefix_scopes": ARRAY_OF_MAPS with two slots of LPM_TRIE, struct interdict_prefix_key -> __u32,
 * by the subscriber's address; a longer prefix carries the bits of those around it.
 */
#ifndef INTERDICT_MAPS_SCOPES_H
#define INTERDICT_MAPS_SCOPES_H

#include "maps/types.h"

#define INTERDICT_UNTAGGED 4096
#define INTERDICT_VLANS 4104
#define INTERDICT_PREFIX_SCOPES_MAX 65536

/* IPv4 as ::ffff:a.b.c.d with 96 added to the length. */
struct interdict_prefix_key {
	__u32 length;
	__u8 address[16];
};

#endif
