// SPDX-License-Identifier: Apache-2.0
//
// frame_mutator.c: changes inputs of the target `frame` frame by frame, so that their lengths stay right, and
// seals QUIC Initials (seal.h).
#include "seal.h"

#define FRAME_MAX 9000
#define OPTIONS 6

static size_t be16_in(const uint8_t* at) { return (size_t)at[0] << 8 | at[1]; }

// Where frame number `wanted` begins with its length, or the last one before it; size if there is none.
static size_t frame_at(const uint8_t* data, size_t size, size_t wanted, size_t* length)
{
    size_t found = size;

    *length = 0;
    for (size_t at = 1, next; at + 2 <= size; at = next) {
        found = at;
        *length = at_most(be16_in(data + at), size - at - 2);
        next = at + 2 + *length;
        if (wanted-- == 0)
            break;
    }
    return found;
}

// Where the UDP payload of a frame without tags and tunnels begins, 0 if it has none.
static size_t udp_payload(const uint8_t* frame, size_t length)
{
    if (length >= 42 && be16_in(frame + 12) == 0x0800 && frame[14] == 0x45 && frame[23] == 17)
        return 42;
    if (length >= 62 && be16_in(frame + 12) == 0x86dd && frame[20] == 17)
        return 62;
    return 0;
}

// One frame is changed, doubled or taken out; sometimes anything goes.
size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t limit, unsigned seed)
{
    static uint8_t copy[FRAME_MAX];
    size_t length, at = frame_at(data, size, seed / 16 % 8, &length), room, changed, payload;
    unsigned what = seed % 16;

    // An empty frame in a full input can't change: libFuzzer answers at least one byte, room or not.
    room = at_most(length + at_most(limit - size, 256), sizeof(copy));
    if (what == 0 || at >= size || length > FRAME_MAX || room == 0)
        return LLVMFuzzerMutate(data, size, limit);
    if (what == 1) {
        data[0] ^= (uint8_t)(1u << seed / 256 % OPTIONS);
        return size;
    }
    if (what == 2 && size + 2 + length <= limit) {
        memmove(data + at + 2 + length, data + at, size - at);
        return size + 2 + length;
    }
    if (what == 3) {
        memmove(data + at, data + at + 2 + length, size - at - 2 - length);
        return size - 2 - length;
    }
    memcpy(copy, data + at + 2, length);
    changed = LLVMFuzzerMutate(copy, length, room);
    MUST(changed <= room);
    payload = udp_payload(copy, changed);
    if (payload && seed / 4096 % 4)
        seal(copy + payload, changed - payload);
    memmove(data + at + 2 + changed, data + at + 2 + length, size - at - 2 - length);
    memcpy(data + at + 2, copy, changed);
    data[at] = (uint8_t)(changed >> 8);
    data[at + 1] = (uint8_t)changed;
    return size - length + changed;
}
