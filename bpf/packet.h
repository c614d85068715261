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
#include "maps/opens.h"
#include "maps/report.h"

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

/* Headers that the layer reader tells apart (parse/layers.h). */
enum layer {
	LAYER_ETHERNET = 1,
	LAYER_TYPE = 2, /* by packet->type, an EtherType */
	LAYER_IPV4 = 3,
	LAYER_IPV6 = 4,
	LAYER_IP_PAYLOAD = 5, /* by packet->protocol */
	LAYER_MPLS = 6,
	LAYER_GTPU = 7,
	LAYER_VXLAN = 8,
	LAYER_GENEVE = 9,
	LAYER_INNER = 10, /* a tunnel's payload: IPv4 or IPv6 by its first four bits */
	/* The reader stops at these. */
	LAYER_TRANSPORT = 16, /* TCP or UDP, header read */
	LAYER_FRAGMENT = 17,  /* of a datagram; the cursor is at its bytes */
	LAYER_OTHER = 18,     /* an IP packet of another protocol */
	LAYER_UNKNOWN = 19,   /* nothing that interdict knows */
	LAYER_TRUNCATED = 20,
	LAYER_TOO_DEEP = 21,
};

/* A header on the way to the transport header, as the layer reader came to it. */
struct packet_layer {
	__u16 at;   /* offset */
	__u16 kind; /* enum layer */
	__u32 what; /* EtherType or IP protocol, where the kind needs one */
};
#define PACKET_PATH_MAX 32 /* a power of two; the reader gives up before */

/* A DNS query that is refused: header and first question are handshake.data[2, 2 + length). */
struct asked {
	__u16 length;
	__u16 questions;
	__u8 edns; /* enum dns_edns */
	__u8 reserved[3];
};

/* See act/fired.h. */
struct fired {
	__u32 count;
	__u32 rule[INTERDICT_FIRED_MAX];
	/* Of the first, as in struct packet. */
	__u32 answer;
	__u32 name_length;
	__u8 action;
	__u8 whole;
	__u16 asked; /* bytes of its DNS question, at `place` of a message that ends at `end` */
	__u32 place;
	__u32 end;
	__u32 open; /* a request fired whose head has not ended */
	__u8 text[256];
};

/* Sketches of the rules that observe the address at hand (act/behind.h). */
#define PACKET_BEHIND_MAX 4 /* a power of two */
struct behind {
	__u32 count;
	__u32 sketch[PACKET_BEHIND_MAX];
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
	__u8 answerable; /* the frame can be turned round: no fragment, nothing that signs its headers */
	__u8 datagram;	 /* the transport header is in the flow `datagram_key`, not in the frame */
	__u16 reserved;
	__u32 path_length;
	struct packet_layer path[PACKET_PATH_MAX];

	__u32 network;
	__u32 transport;
	__u32 payload; /* offset; in the datagram's bytes if `datagram` is set */
	__u32 payload_length;
	__u32 sequence;
	__u32 acknowledgement;

	__u32 rule;	 /* last one that fired or was observed */
	__u32 answer;	 /* index in map "answers" of the one that fired */
	__u8 channel;	 /* and how it was matched */
	__u8 action;	 /* enum interdict_action of the one that fired */
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
	struct interdict_open_place open_place;
	struct interdict_open open; /* see inspect/opened.h */
	struct name name;
	struct fired fired;
	struct behind behind;
	struct asked asked;
	struct interdict_reading reading; /* of the TCP stream at hand */
	__u32 closing; /* the FIN of a client that has had its answer: it gets an acknowledgement, nothing
			  else */
	struct interdict_bytes handshake; /* room: a hello without TLS record headers, a DNS question */
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
