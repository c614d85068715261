// SPDX-License-Identifier: Apache-2.0
//
// records.c: records around a hello. Input: one byte that chooses.
// Even: the rest is a TCP stream as it is, cut where two bytes of the hello's random say. Odd: a length byte
// n, n bytes that say how to cut, and a message, which has to read the same in records as without them, also
// half-way.
#include "target.h"

static struct packet packet;
static struct interdict_bytes zeroes, ones;

// Leaves the bytes that the name's offset counts in in *where.
static struct inspect_result read_both(const uint8_t* data, size_t size, struct interdict_bytes* where)
{
    struct inspect_result result, other;
    uint32_t end = keep(&ones, 0, data, size, 0xff);

    keep(&zeroes, 0, data, size, 0x00);
    memset(&packet.handshake, 0xff, sizeof(packet.handshake));
    other = inspect_records(&packet, &ones, end);
    memset(&packet.handshake, 0x00, sizeof(packet.handshake));
    result = inspect_records(&packet, &zeroes, end);
    MUST(result.status == other.status && result.offset == other.offset && result.length == other.length);
    MUST(result.ech == other.ech && result.deframed == other.deframed);
    *where = result.deframed ? packet.handshake : zeroes;
    if (result.status == INSPECT_NAME)
        MUST(result.offset + result.length <= end);
    return result;
}

static void stream(const uint8_t* data, size_t size)
{
    static struct interdict_bytes whole_bytes, part_bytes;
    struct inspect_result whole = read_both(data, size, &whole_bytes);
    size_t there = at_most(size, INTERDICT_STREAM_MAX);
    size_t cuts[] = {1, 5, there / 2, there > 0 ? there - 1 : 0,
                     size >= 13 ? (size_t)data[11] << 8 | data[12] : 0};

    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++)
        must_agree(read_both(data, at_most(cuts[i], there), &part_bytes), &part_bytes, whole, &whole_bytes);
}

static void framed(const uint8_t* sizes, size_t sizes_count, const uint8_t* message, size_t size)
{
    static uint8_t out[INTERDICT_STREAM_MAX];
    static struct interdict_bytes framed_bytes, plain_bytes;
    size_t length = 0, taken = 0, n = 0, records = 0, begins[8] = {0};
    struct inspect_result in_records, plain;

    while (taken < size && length + 5 < sizeof(out)) {
        size_t left = size - taken, piece = left;

        if (sizes_count > 0)
            piece = at_most((size_t)sizes[n++ % sizes_count] + 1, left);
        piece = at_most(piece, sizeof(out) - length - 5);
        begins[records % 8] = length;
        out[length] = 22;
        out[length + 1] = 3;
        out[length + 2] = 1;
        out[length + 3] = (uint8_t)(piece >> 8);
        out[length + 4] = (uint8_t)piece;
        memcpy(out + length + 5, message + taken, piece);
        length += piece + 5;
        taken += piece;
        records++;
    }
    in_records = read_both(out, length, &framed_bytes);
    plain = inspect_hello(&plain_bytes, 0, keep(&plain_bytes, 0, message, taken, 0x5a));
    // The first record alone may hold the name of a hello whose rest is malformed.
    must_agree(in_records, &framed_bytes, plain, &plain_bytes);
    if (plain.status != INSPECT_BAD)
        MUST(in_records.status == plain.status);
    if (records <= 1)
        MUST(in_records.status == plain.status && in_records.ech == plain.ech);
    // A record's header is never taken for a part of the message.
    for (size_t i = 0; i < 8; i++) {
        must_agree(read_both(out, begins[i], &framed_bytes), &framed_bytes, plain, &plain_bytes);
        must_agree(read_both(out, at_most(begins[i] + 1 + i % 5, length), &framed_bytes), &framed_bytes,
                   plain, &plain_bytes);
    }
}

TARGET(records)
{
    if (size < 2)
        return 0;
    if (data[0] % 2 == 0) {
        stream(data + 1, size - 1);
    } else {
        size_t count = at_most(data[1], size - 2);

        framed(data + 2, count, data + 2 + count, size - 2 - count);
    }
    return 0;
}
