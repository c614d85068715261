// SPDX-License-Identifier: Apache-2.0
//
// inspect.h: the inspectors of bpf/inspect/ on the host, for C++ tests and for fuzz targets. They are C that
// does not compile as C++, so inspect.c compiles them. Offsets and lengths are in bytes.
#pragma once

#include "bpf/packet.h"
#include "maps/flows.h"
#include "maps/hash.h"

#ifdef __cplusplus
extern "C" {
#endif

// enum hello_status of bpf/inspect/hello.h, value for value.
enum inspect_status {
    INSPECT_MORE = 0,
    INSPECT_NAME = 1,
    INSPECT_NO_NAME = 2,
    INSPECT_NOT = 3,
    INSPECT_BAD = 4,
};

struct inspect_result {
    enum inspect_status status;
    __u32 offset; // of the name, if there is one
    __u32 length;
    int ech;      // encrypted_client_hello was seen
    int deframed; // the offset counts in packet->handshake, not in the bytes given
};

// hello_read(): the handshake message bytes[start, end).
struct inspect_result inspect_hello(const struct interdict_bytes* bytes, __u32 start, __u32 end);

// records_read(): bytes[0, ready) of a TCP stream. Overwrites packet->handshake.
struct inspect_result inspect_records(struct packet* packet, const struct interdict_bytes* bytes,
                                      __u32 ready);

// name_read(): 0, or -1 if it is not a host name.
int inspect_name(const struct interdict_bytes* bytes, __u32 offset, __u32 length,
                 const struct interdict_name_key* key, struct name* name);

// enum dns_status of bpf/inspect/dns.h, value for value.
enum inspect_dns_status {
    INSPECT_DNS_MORE = 0,
    INSPECT_DNS_NAME = 1,
    INSPECT_DNS_ROOT = 2,
    INSPECT_DNS_NOT = 3,
    INSPECT_DNS_BAD = 4,
};

struct inspect_question {
    enum inspect_dns_status status;
    __u32 labels;
    __u32 length; // of the name, text->data[1, 1 + length)
    __u32 next;   // offset of what follows the question
};

// dns_head(), dns_question(), dns_edns(): the message, the question, the records at bytes[at, end). The last
// returns 1 if there is an OPT record, 3 if it has the DO bit, else 0.
enum inspect_dns_status inspect_dns_head(const struct interdict_bytes* bytes, __u32 at, __u32 end);
struct inspect_question inspect_dns_question(const struct interdict_bytes* bytes, __u32 at, __u32 end,
                                             struct interdict_bytes* text);
__u32 inspect_dns_edns(const struct interdict_bytes* bytes, __u32 at, __u32 end, __u32 records);

// enum http_event of bpf/inspect/http.h, value for value.
enum inspect_http_kind {
    INSPECT_HTTP_MORE = 0,
    INSPECT_HTTP_NAME = 1,
    INSPECT_HTTP_HEAD = 2,
    INSPECT_HTTP_END = 3,
    INSPECT_HTTP_NOT = 4,
    INSPECT_HTTP_BAD = 5,
    INSPECT_HTTP_TWO = 6,
};

struct inspect_http_event {
    enum inspect_http_kind kind;
    __u32 offset; // of a name; else where the request at hand or the next one begins
    __u32 length; // of a name
    __u32 hosts;  // that the head has named so far
    int lost;     // where the next request begins cannot be told
};

// http_next() over bytes[0, ready) until there is no more. Returns the number of events, `room` at most.
__u32 inspect_http(const struct interdict_bytes* bytes, __u32 ready, struct inspect_http_event* events,
                   __u32 room);

// The piece's bytes at `offset`, as the kernel's flow_lay() does it: appended where they begin at or behind
// flow->end, else merged. Returns 1 if they contradict bytes that are there. offset + length <=
// INTERDICT_STREAM_MAX.
int inspect_lay(struct interdict_flow* flow, const struct interdict_bytes* piece, __u32 offset, __u32 length,
                int overwrite);

#ifdef __cplusplus
}
#endif
