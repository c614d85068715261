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
#define INTERDICT_TOTALS(X)                                                                       \
	X(PACKETS, "packets", "frames seen")                                                      \
	X(BYTES, "bytes", "bytes of the frames seen")                                             \
	X(DROPPED, "dropped", "frames dropped")                                                   \
	X(RESET, "reset", "frames answered with a TCP reset")                                     \
	X(ANSWERED, "answered", "DNS queries answered in the server's place")                     \
	X(NOTICED, "noticed", "HTTP requests answered with 451 in the server's place")            \
	X(CLOSED, "closed", "frames that close a connection after its answer")                    \
	X(SKIP_ANSWER, "skip_answer", "dropped: the answer asked for could not be built")         \
	X(OBSERVED, "observed", "hits of rules that only observe")                                \
	X(EXEMPTED, "exempted", "names passed because their order exempts them")                  \
	X(HIT_ADDRESS, "hit_address", "frames whose address a rule names")                        \
	X(HIT_TLS, "hit_tls", "frames that complete a TLS server name that a rule names")         \
	X(HIT_QUIC, "hit_quic", "frames that complete a QUIC server name that a rule names")      \
	X(HIT_DNS, "hit_dns", "frames with a DNS question that a rule names")                     \
	X(HIT_HTTP, "hit_http", "frames with an HTTP host that a rule names")                     \
	X(RETRANSMITTED, "retransmitted", "later frames of a conversation already refused")       \
	X(TLS_HELLO, "tls_hello", "complete TLS ClientHellos read")                               \
	X(TLS_NO_NAME, "tls_no_name", "ClientHellos without a server name")                       \
	X(TLS_ECH, "tls_ech", "ClientHellos with an encrypted inner hello: outer name judged")    \
	X(TLS_SPLIT, "tls_split", "ClientHellos that took more than one frame")                   \
	X(QUIC_INITIAL, "quic_initial", "client Initials decrypted")                              \
	X(QUIC_HELLO, "quic_hello", "complete QUIC ClientHellos read")                            \
	X(QUIC_NO_NAME, "quic_no_name", "QUIC ClientHellos without a server name")                \
	X(QUIC_ECH, "quic_ech", "QUIC ClientHellos with an encrypted inner hello")                \
	X(QUIC_SPLIT, "quic_split", "QUIC ClientHellos that took more than one Initial")          \
	X(DNS_QUERY, "dns_query", "DNS questions read")                                           \
	X(HTTP_REQUEST, "http_request", "HTTP requests read")                                     \
	X(HTTP_NO_HOST, "http_no_host", "HTTP requests without a host")                           \
	X(SKIP_LINK, "skip_link", "not inspected: link or network protocol not known")            \
	X(SKIP_TRUNCATED, "skip_truncated", "not inspected: headers cut short or inconsistent")   \
	X(SKIP_DEPTH, "skip_depth", "not inspected: too many headers inside one another")         \
	X(SKIP_FRAGMENT, "skip_fragment", "not inspected: part of a datagram not put together")   \
	X(SKIP_PROTOCOL, "skip_protocol", "names not looked for: transport protocol not known")   \
	X(SKIP_MALFORMED, "skip_malformed", "not inspected: ClientHello malformed")               \
	X(SKIP_QUIC_VERSION, "skip_quic_version", "not inspected: QUIC version not known")        \
	X(SKIP_QUIC_BUDGET, "skip_quic_budget", "not inspected: no decryptions left")             \
	X(SKIP_QUIC, "skip_quic", "not inspected: Initial malformed or under other keys")         \
	X(SKIP_DNS, "skip_dns", "not inspected: DNS query malformed or cut short")                \
	X(SKIP_HTTP, "skip_http", "not inspected: HTTP request malformed")                        \
	X(SKIP_HTTP2, "skip_http2", "not inspected: HTTP/2 in clear text")                        \
	X(SKIP_NAME, "skip_name", "not inspected: the name is not a host name")                   \
	X(SKIP_LONG, "skip_long", "not inspected: hello or request longer than the buffer")       \
	X(SKIP_PIECES, "skip_pieces", "not inspected: hello or request in too many pieces")       \
	X(SKIP_TABLE_FULL, "skip_table_full", "not inspected: no room to keep a partial message") \
	X(SKIP_STAGE, "skip_stage", "not inspected: the program for it is not loaded")            \
	X(CONFLICT, "conflict", "overlapping bytes that differ: both readings judged")            \
	X(FLOW_CREATED, "flow_created", "partial messages kept")                                  \
	X(FLOW_FINISHED, "flow_finished", "partial messages let go again")                        \
	X(OPEN_EVICTED, "open_evicted", "connections let go of within 30 s, to make room")        \
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
