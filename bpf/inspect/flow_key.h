/* SPDX-License-Identifier: GPL-2.0-only */
/* flow_key.h: under what a conversation, or a datagram in fragments, is kept in the maps of flows.h. */
#ifndef INTERDICT_BPF_INSPECT_FLOW_KEY_H
#define INTERDICT_BPF_INSPECT_FLOW_KEY_H

#include "bpf/packet.h"

/* Fills packet->key. Of a datagram in fragments the ports hold the identification. */
static __noinline void flow_key(struct packet *packet, __u32 source_port, __u32 destination_port, __u32 kind)
{
	__builtin_memcpy(packet->key.source, packet->source, 16);
	__builtin_memcpy(packet->key.destination, packet->destination, 16);
	packet->key.source_port = (__u16)source_port;
	packet->key.destination_port = (__u16)destination_port;
	packet->key.vlan = packet->vlan_key;
	packet->key.protocol = packet->protocol;
	packet->key.kind = (__u8)kind;
}

#endif
