// SPDX-License-Identifier: Apache-2.0
#include "harness/inspect.h"

#include <string.h>

#include "bpf/inspect/dns.h"
#include "bpf/inspect/hello.h"
#include "bpf/inspect/http.h"
#include "bpf/inspect/name.h"
#include "bpf/inspect/records.h"
#include "bpf/inspect/stream.h"

_Static_assert((int)INSPECT_MORE == HELLO_MORE, "same values");
_Static_assert((int)INSPECT_NAME == HELLO_NAME, "same values");
_Static_assert((int)INSPECT_NO_NAME == HELLO_NO_NAME, "same values");
_Static_assert((int)INSPECT_NOT == HELLO_NOT, "same values");
_Static_assert((int)INSPECT_BAD == HELLO_BAD, "same values");
_Static_assert((int)INSPECT_DNS_MORE == DNS_MORE, "same values");
_Static_assert((int)INSPECT_DNS_NAME == DNS_NAME, "same values");
_Static_assert((int)INSPECT_DNS_ROOT == DNS_ROOT, "same values");
_Static_assert((int)INSPECT_DNS_NOT == DNS_NOT, "same values");
_Static_assert((int)INSPECT_DNS_BAD == DNS_BAD, "same values");

_Static_assert((int)INSPECT_HTTP_MORE == HTTP_MORE, "same values");
_Static_assert((int)INSPECT_HTTP_NAME == HTTP_NAME, "same values");
_Static_assert((int)INSPECT_HTTP_HEAD == HTTP_HEAD, "same values");
_Static_assert((int)INSPECT_HTTP_END == HTTP_END, "same values");
_Static_assert((int)INSPECT_HTTP_NOT == HTTP_NOT, "same values");
_Static_assert((int)INSPECT_HTTP_BAD == HTTP_BAD, "same values");
_Static_assert((int)INSPECT_HTTP_TWO == HTTP_TWO, "same values");

static struct inspect_result unpacked(__u64 result)
{
    return (struct inspect_result){
        .status = (enum inspect_status)HELLO_STATUS(result),
        .offset = HELLO_NAME_OFFSET(result),
        .length = HELLO_NAME_LENGTH(result),
        .ech = (result & HELLO_HAS_ECH) != 0,
        .deframed = (result & HELLO_DEFRAMED) != 0,
    };
}

struct inspect_result inspect_hello(const struct interdict_bytes* bytes, __u32 start, __u32 end)
{
    return unpacked(hello_read(bytes, start, end));
}

struct inspect_result inspect_records(struct packet* packet, const struct interdict_bytes* bytes, __u32 ready)
{
    return unpacked(records_read(packet, bytes, ready));
}

int inspect_name(const struct interdict_bytes* bytes, __u32 offset, __u32 length,
                 const struct interdict_name_key* key, struct name* name)
{
    return name_read(bytes, offset, length, key, name);
}

enum inspect_dns_status inspect_dns_head(const struct interdict_bytes* bytes, __u32 at, __u32 end)
{
    return (enum inspect_dns_status)dns_head(bytes, at, end);
}

struct inspect_question inspect_dns_question(const struct interdict_bytes* bytes, __u32 at, __u32 end,
                                             struct interdict_bytes* text)
{
    const __u64 result = dns_question(bytes, at, end, text);
    return (struct inspect_question){
        .status = (enum inspect_dns_status)DNS_STATUS(result),
        .labels = DNS_LABELS(result),
        .length = DNS_LENGTH(result),
        .next = DNS_NEXT(result),
    };
}

__u32 inspect_dns_edns(const struct interdict_bytes* bytes, __u32 at, __u32 end, __u32 records)
{
    return dns_edns(bytes, at, end, records);
}

__u32 inspect_http(const struct interdict_bytes* bytes, __u32 ready, struct inspect_http_event* events,
                   __u32 room)
{
    const struct interdict_reading beginning = {};
    struct http_walk walk = {};
    http_begin(&walk, &beginning, ready);
    __u32 count = 0;
    while (count < room) {
        struct inspect_http_event* out = &events[count++];
        out->kind = (enum inspect_http_kind)http_next(&walk, bytes);
        out->offset = out->kind == INSPECT_HTTP_NAME ? walk.name : walk.start;
        out->length = out->kind == INSPECT_HTTP_NAME ? walk.name_length : 0;
        out->hosts = walk.hosts;
        out->lost = walk.lost != 0;
        if (out->kind != INSPECT_HTTP_NAME && out->kind != INSPECT_HTTP_HEAD)
            break;
    }
    return count;
}

int inspect_lay(struct interdict_flow* flow, const struct interdict_bytes* piece, __u32 offset, __u32 length,
                int overwrite)
{
    if (offset >= flow->end) {
        memcpy(flow->bytes.data + offset, piece->data, length);
        stream_appended(flow, offset, length);
        return 0;
    }
    return (int)stream_merge(flow, piece, offset, length, (__u32)overwrite);
}
