// SPDX-License-Identifier: Apache-2.0
//
// hello.c: a handshake message, read whole and cut short. Input: the message; the first two bytes of its
// random, which no reader looks at, say where to cut.
#include "target.h"

static struct interdict_bytes zeroes, ones;

static uint32_t be16(const uint8_t* at) { return (uint32_t)at[0] << 8 | at[1]; }

static struct inspect_result read_both(uint32_t start, const uint8_t* data, size_t size)
{
    uint32_t end = keep(&zeroes, start, data, size, 0x00);
    keep(&ones, start, data, size, 0xff);
    struct inspect_result result = inspect_hello(&zeroes, start, end),
                          other = inspect_hello(&ones, start, end);

    // Nothing before the message or behind its end has a say.
    MUST(result.status == other.status && result.offset == other.offset);
    MUST(result.length == other.length && result.ech == other.ech);
    if (result.status != INSPECT_NAME)
        return result;
    // The name is a HostName of a server_name extension, inside the message and inside what is there.
    MUST(result.offset >= start + 9 && result.offset + result.length <= end);
    const uint8_t* name = zeroes.data + result.offset;
    MUST(be16(name - 2) == result.length && name[-3] == 0);
    MUST(be16(name - 9) == 0 && be16(name - 7) >= result.length + 5);
    MUST(zeroes.data[start] == 1);
    MUST(result.offset + result.length <=
         start + 4 + ((uint32_t)zeroes.data[start + 1] << 16 | be16(zeroes.data + start + 2)));
    return result;
}

TARGET(hello)
{
    static struct interdict_bytes whole_bytes;
    struct inspect_result whole = read_both(0, data, size), part;
    size_t there = at_most(size, INTERDICT_STREAM_MAX);
    size_t cuts[] = {size >= 8 ? be16(data + 6) : 0, there / 2, there > 0 ? there - 1 : 0, whole.offset};

    whole_bytes = zeroes;
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        part = read_both(0, data, at_most(cuts[i], there));
        must_agree(part, &zeroes, whole, &whole_bytes);
    }
    // The same elsewhere in the buffer, as far as it fits.
    if (there <= INTERDICT_STREAM_MAX - 5) {
        part = read_both(5, data, there);
        MUST(part.status == whole.status && part.length == whole.length && part.ech == whole.ech);
        MUST(part.status != INSPECT_NAME || part.offset == whole.offset + 5);
    }
    return 0;
}
