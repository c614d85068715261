/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * packet.h: what is known of the packet at hand, and the room to read it in. One per CPU; the programs
 * that a packet passes through by tail calls hand it on. Addresses are as on the wire, IPv4 as
 * ::ffff:a.b.c.d; ports and numbers are in host byte order; offsets are in bytes from the frame's start.
 */
#ifndef INTERDICT_BPF_PACKET_H
#define INTERDICT_BPF_PACKET_H

#include "maps/flows.h"
#include "maps/hash.h"

/*
 * The sums of the name's suffixes: suffix[n] has n + 1 labels, counted from the right; of a name with more
 * than INTERDICT_LABELS_MAX labels, suffix[INTERDICT_LABELS_MAX] is the whole. A power of two of them, so
 * that an index can be masked.
 */
#define NAME_SUFFIXES 32
struct name {
	__u32 length; /* 0 = none */
	__u32 labels;
	__u32 keep_text; /* fill `text`: for reports only */
	__u32 reserved;
	struct interdict_lanes suffix[NAME_SUFFIXES];
	__u8 text[256];
};

struct packet {
	__u32 slot;
	__u32 flags; /* enum interdict_control_flag */
	__u32 role;  /* enum interdict_role bits of the interface */
	__u32 side;  /* the role under which it is being judged */
	__u32 interface_scope;
	__u32 frame_length;

	__u16 vlan; /* outermost id, INTERDICT_UNTAGGED if none */
	__u16 vlan_key;
	__u8 source[16];
	__u8 destination[16];
	__u16 source_port;
	__u16 destination_port;
	__u8 family;	/* 4 or 6, 0 = no IP header yet */
	__u8 protocol;	/* of the transport header */
	__u8 has_ports; /* 0: a later fragment, or another protocol */
	__u8 tcp_flags;
	__u8 plain;    /* one IP header right before the transport header: an answer can be built */
	__u8 datagram; /* the transport header is in the flow `datagram_key`, not in the frame */
	__u16 pppoe;   /* offset of the PPPoE header, 0 = none */

	__u32 network;
	__u32 transport;
	__u32 payload; /* offset; in the datagram's bytes if `datagram` is set */
	__u32 payload_length;
	__u32 sequence;
	__u32 acknowledgement;

	__u32 rule;   /* last one that fired or was observed */
	__u8 channel; /* and how it was matched */
	__u8 action;  /* enum interdict_action of the one that fired */
	__u8 fired;
	__u8 whole;	 /* it is on the name itself, not on one above it */
	__u8 split;	 /* the hello took more than this frame */
	__u32 overwrite; /* laying bytes: 1 = the later ones hold */

	/* Position of the layer reader (parse/layers.h). */
	__u32 cursor;
	__u32 end;  /* of the innermost packet: what follows is padding */
	__u32 next; /* enum layer */
	__u32 type; /* EtherType of what is at the cursor, where `next` needs one */
	__u32 encapsulations;
	__u32 depth; /* IP headers read */
	__u32 fragment_offset;
	__u32 fragment_id;
	__u32 fragment; /* enum fragment_part */

	__u32 armed;
	struct interdict_flow_key key;
	struct interdict_flow_key datagram_key;
	struct name name;
	struct interdict_bytes handshake; /* the hello without TLS record headers */
	struct interdict_flow flow;	  /* a flow in the making */
};

enum fragment_part {
	FRAGMENT_NONE = 0,
	FRAGMENT_MORE = 1, /* others follow */
	FRAGMENT_LAST = 2,
};

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_PSH 0x08
#define TCP_ACK 0x10

#endif
