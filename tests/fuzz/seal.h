// SPDX-License-Identifier: Apache-2.0
//
// seal.h: gives the Initials of a changed datagram the tags that belong to them. A server, and so a refusal,
// takes no other; a mutator by itself would never find one.
#pragma once

#include "bpf/inspect/quic.h"
#include "target.h"

size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t limit);

// data: a UDP payload, changed in place. Keys are those of each packet's own connection id.
static inline void seal(uint8_t* data, size_t size)
{
    static struct quic_room at;
    uint32_t type;

    memset(&at, 0, sizeof(at));
    at.length = keep(&at.datagram, 0, data, size, 0);
    for (int i = 0; i < 8; i++) {
        type = quic_header_read(&at);
        if (type > QUIC_PACKET_HANDSHAKE)
            return;
        if (type != QUIC_PACKET_INITIAL)
            continue;
        quic_take_cid(&at);
        if (initial_derive(&at.derivation, &at.keys, at.scheme) || quic_open(&at))
            continue;
        // Leaves the hash and the cipher's first block, which together are the tag.
        quic_tag_right(&at);
        uint64_t high = (uint64_t)at.block.word[1] << 32 | at.block.word[0];
        uint64_t low = (uint64_t)at.block.word[3] << 32 | at.block.word[2];

        high ^= __builtin_bswap64(at.hash.state.high);
        low ^= __builtin_bswap64(at.hash.state.low);
        memcpy(data + at.payload_end, &high, sizeof(high));
        memcpy(data + at.payload_end + 8, &low, sizeof(low));
    }
}
