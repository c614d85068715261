// SPDX-License-Identifier: Apache-2.0
#include "harness/inspect.h"

#include <string.h>

#include "bpf/inspect/hello.h"
#include "bpf/inspect/name.h"
#include "bpf/inspect/records.h"
#include "bpf/inspect/stream.h"

_Static_assert((int)INSPECT_MORE == HELLO_MORE, "same values");
_Static_assert((int)INSPECT_NAME == HELLO_NAME, "same values");
_Static_assert((int)INSPECT_NO_NAME == HELLO_NO_NAME, "same values");
_Static_assert((int)INSPECT_NOT == HELLO_NOT, "same values");
_Static_assert((int)INSPECT_BAD == HELLO_BAD, "same values");

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
