/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * flows.h: what is remembered of conversations until their server name is known, and no longer.
 *
 * Map "flows": LRU_HASH, struct interdict_flow_key -> struct interdict_flow: bytes of an unfinished
 * ClientHello, HTTP head or DNS message, or of an IP datagram that comes in fragments.
 * Map "armed": ARRAY of struct interdict_armed: says cheaply whether that map or "opens" (opens.h) can hold
 * anything for a packet, so that established traffic never asks them.
 *
 * Neither is a block list: what is evicted loses inspection (counted), it unblocks no rule.
 * Entries die with the hello; none is exported or logged.
 */
#ifndef INTERDICT_MAPS_FLOWS_H
#define INTERDICT_MAPS_FLOWS_H

#include "maps/types.h"

#define INTERDICT_STREAM_MAX 4096u
#define INTERDICT_STREAM_PAD 64u /* so that fixed-size reads near the end stay inside */
#define INTERDICT_FLOW_PACKETS_MAX 512
#define INTERDICT_FLOWS_DEFAULT 4096

#define INTERDICT_ARMED_SLOTS (1u << 14)
/* A slot whose count was left behind by an eviction is believed for this long after its last use. */
#define INTERDICT_ARMED_SECONDS 30

enum interdict_flow_kind {
	INTERDICT_FLOW_TCP = 1,
	INTERDICT_FLOW_TCP_OTHER = 2,  /* second reading of a stream whose overlaps differ */
	INTERDICT_FLOW_DATAGRAM = 3,   /* an IP datagram in fragments */
	INTERDICT_FLOW_QUIC = 4,       /* CRYPTO stream of a client's Initials */
	INTERDICT_FLOW_QUIC_OTHER = 5, /* second reading of it, where later bytes hold */
};

/* Addresses as on the wire; IPv4 as ::ffff:a.b.c.d. For a datagram the ports hold its identification. */
struct interdict_flow_key {
	__u8 source[16];
	__u8 destination[16];
	__be16 source_port;
	__be16 destination_port;
	__u16 vlan; /* outer tag << 4 xor inner, 0 if untagged: tells overlapping networks apart */
	__u8 protocol;
	__u8 kind; /* enum interdict_flow_kind */
};

INTERDICT_ASSERT(sizeof(struct interdict_flow_key) == 40, "no padding: the map hashes every byte");

struct interdict_bytes {
	__u8 data[INTERDICT_STREAM_MAX + INTERDICT_STREAM_PAD];
};

/* Of a QUIC connection: whose keys its Initials are under (RFC 9001 section 5.2). */
struct interdict_quic {
	__u32 version;
	__u32 dcid_length;
	__u8 dcid[20]; /* the client's first one, or the one after a Retry; zeroes behind its end */
	__u8 reserved[4];
	__u8 key[16];
	__u8 header_key[16];
	__u8 iv[12];
	__u8 reserved2[4];
};

INTERDICT_ASSERT(sizeof(struct interdict_quic) == 80, "layout");

/* How far the bytes of a TCP stream have been read: what is before has been judged and is done with. */
struct interdict_reading {
	__u32 from;   /* where to go on; INTERDICT_READING_OVER: nowhere that could be told */
	__u32 inside; /* enum http_place (bpf/inspect/http.h) of that byte */
	__u32 hosts;  /* of the request whose head it is in: hosts named so far */
	__u32 body;   /* and its length as far as it is known */
	__u32 sized;  /* and whether that was said */
};

#define INTERDICT_READING_OVER (~0u)

struct interdict_flow {
	__u64 map[INTERDICT_STREAM_MAX / 64]; /* bit per byte of `bytes` that is there */
	__u32 base;			      /* sequence number of byte 0 */
	__u32 ready;			      /* bytes from 0 on without a gap */
	__u32 end;			      /* one past the last byte that is there */
	__u32 total;   /* length of a datagram once its last fragment is known, else 0 */
	__u32 packets; /* pieces laid */
	__u32 stamp;   /* coarse monotonic seconds of the first piece */
	__u32 armed;   /* its slot in map "armed" */
	__u8 conflict; /* a second reading exists */
	__u8 judged;   /* all of it was judged and passed; kept until the server has answered it */
	__u8 reserved[2];
	__u32 acked; /* highest acknowledgement number that came with the bytes */
	__u32 reserved2;
	union {
		struct interdict_quic quic;
		struct interdict_reading reading; /* of a TCP stream */
	};
	struct interdict_bytes bytes;
};

INTERDICT_ASSERT(sizeof(struct interdict_flow) == 632 + INTERDICT_STREAM_MAX + INTERDICT_STREAM_PAD,
		 "layout");

struct interdict_armed {
	__u32 count;
	__u32 stamp; /* coarse monotonic seconds of the last use */
};

#endif
