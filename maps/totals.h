/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * totals.h: what happened to packets, by verdict, channel and reason.
 *
 * Map "totals": PERCPU_ARRAY with one struct interdict_totals; userspace adds up the CPUs.
 */
#ifndef INTERDICT_MAPS_TOTALS_H
#define INTERDICT_MAPS_TOTALS_H

#include "maps/rules.h"

/* X(NAME, "json-name", "what it counts") */
#define INTERDICT_TOTALS(X)                                                                     \
	X(PACKETS, "packets", "frames seen")                                                    \
	X(BYTES, "bytes", "bytes of the frames seen")                                           \
	X(DROPPED, "dropped", "frames dropped")                                                 \
	X(RESET, "reset", "frames answered with a TCP reset")                                   \
	X(OBSERVED, "observed", "hits of rules that only observe")                              \
	X(EXEMPTED, "exempted", "names passed because their order exempts them")                \
	X(HIT_ADDRESS, "hit_address", "frames whose address a rule names")                      \
	X(HIT_TLS, "hit_tls", "frames that complete a TLS server name that a rule names")       \
	X(HIT_QUIC, "hit_quic", "frames that complete a QUIC server name that a rule names")    \
	X(HIT_DNS, "hit_dns", "frames with a DNS question that a rule names")                   \
	X(HIT_HTTP, "hit_http", "frames with an HTTP host that a rule names")                   \
	X(RETRANSMITTED, "retransmitted", "later frames of a conversation already refused")     \
	X(TLS_HELLO, "tls_hello", "complete TLS ClientHellos read")                             \
	X(TLS_NO_NAME, "tls_no_name", "ClientHellos without a server name")                     \
	X(TLS_ECH, "tls_ech", "ClientHellos with an encrypted inner hello: outer name judged")  \
	X(TLS_SPLIT, "tls_split", "ClientHellos that took more than one frame")                 \
	X(SKIP_LINK, "skip_link", "not inspected: link or network protocol not known")          \
	X(SKIP_TRUNCATED, "skip_truncated", "not inspected: headers cut short or inconsistent") \
	X(SKIP_DEPTH, "skip_depth", "not inspected: too many headers inside one another")       \
	X(SKIP_FRAGMENT, "skip_fragment", "not inspected: part of a datagram not put together") \
	X(SKIP_PROTOCOL, "skip_protocol", "names not looked for: transport protocol not known") \
	X(SKIP_MALFORMED, "skip_malformed", "not inspected: ClientHello malformed")             \
	X(SKIP_NAME, "skip_name", "not inspected: server name is not a host name")              \
	X(SKIP_LONG, "skip_long", "not inspected: ClientHello longer than the buffer")          \
	X(SKIP_PIECES, "skip_pieces", "not inspected: ClientHello in too many pieces")          \
	X(SKIP_TABLE_FULL, "skip_table_full", "not inspected: no room to keep a partial hello") \
	X(SKIP_STAGE, "skip_stage", "not inspected: the program for it is not loaded")          \
	X(CONFLICT, "conflict", "overlapping bytes that differ: both readings judged")          \
	X(FLOW_CREATED, "flow_created", "partial hellos kept")                                  \
	X(FLOW_FINISHED, "flow_finished", "partial hellos let go again")                        \
	X(NO_INTERFACE, "no_interface", "frames on an interface that has no role")

enum interdict_total {
#define X(name, json, help) INTERDICT_TOTAL_##name,
	INTERDICT_TOTALS(X)
#undef X
		INTERDICT_TOTAL_MAX,
};

struct interdict_totals {
	__u64 value[INTERDICT_TOTAL_MAX];
};

#endif
