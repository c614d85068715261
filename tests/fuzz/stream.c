// SPDX-License-Identifier: Apache-2.0
//
// stream.c: pieces laid into a flow, against arrays that do the same byte by byte.
// Input: one byte, bit 0 = later bytes replace earlier ones; then pieces of six bytes: offset (16 bits),
// length - 1 (16 bits; below 256 unless the top one is set, for speed), and two from which the piece's bytes
// are made.
#include "target.h"

static struct interdict_flow flow;
static struct interdict_bytes piece;
// What the flow should be; each bound moves by single bytes.
static struct {
    uint64_t map[INTERDICT_STREAM_MAX / 64];
    uint8_t value[sizeof(struct interdict_bytes)];
    uint32_t ready, end;
} model;

static int is_there(uint32_t at) { return (int)(model.map[at / 64] >> at % 64 & 1); }

static void lay(const uint8_t* op, int overwrite)
{
    uint32_t offset = ((uint32_t)op[0] << 8 | op[1]) % INTERDICT_STREAM_MAX;
    uint32_t wanted = op[2] & 0x80 ? (op[2] & 0x0fu) << 8 | op[3] : op[3];
    uint32_t length = 1 + wanted % (INTERDICT_STREAM_MAX - offset);
    uint32_t spoilt = op[5] ? op[5] % length : INTERDICT_STREAM_MAX;
    int differs = 0;

    for (uint32_t i = 0; i < length; i++) {
        uint32_t at = offset + i;
        // The same at the same place for the same op[4], but for one byte that op[5] may spoil.
        uint8_t byte = (uint8_t)(at * 7 + op[4] % 2 + (i == spoilt));

        piece.data[i] = byte;
        differs |= is_there(at) && model.value[at] != byte;
        if (!is_there(at) || overwrite)
            model.value[at] = byte;
        model.map[at / 64] |= 1ULL << at % 64;
    }
    while (model.ready < INTERDICT_STREAM_MAX && is_there(model.ready))
        model.ready++;
    if (offset + length > model.end)
        model.end = offset + length;

    MUST(inspect_lay(&flow, &piece, offset, length, overwrite) == differs);
    MUST(memcmp(flow.map, model.map, sizeof(model.map)) == 0);
    // Bytes that nobody has sent are left alone, behind the end too.
    MUST(memcmp(flow.bytes.data, model.value, sizeof(model.value)) == 0);
    MUST(flow.ready == model.ready && flow.end == model.end);
}

TARGET(stream)
{
    memset(&flow, 0, sizeof(flow));
    memset(&flow.bytes, 0xee, sizeof(flow.bytes));
    memset(&model, 0, sizeof(model));
    memset(&model.value, 0xee, sizeof(model.value));
    for (size_t at = 1; at + 6 <= size && at < 6 * 64; at += 6)
        lay(data + at, data[0] & 1);
    return 0;
}
