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

// The piece's bytes at `offset`, as the kernel's flow_lay() does it: appended where they begin at or behind
// flow->end, else merged. Returns 1 if they contradict bytes that are there. offset + length <=
// INTERDICT_STREAM_MAX.
int inspect_lay(struct interdict_flow* flow, const struct interdict_bytes* piece, __u32 offset, __u32 length,
                int overwrite);

#ifdef __cplusplus
}
#endif
