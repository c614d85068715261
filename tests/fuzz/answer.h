// SPDX-License-Identifier: Apache-2.0
//
// answer.h: is a frame that goes back a right answer to the frame that came? Checks what the header walk of
// the programs names (packet->path) by the headers' own rules: RFC 791, RFC 8200, RFC 9293, RFC 768.
#pragma once

#include "host/host.h"
#include "target.h"

static inline uint32_t be16_in(const uint8_t* at) { return (uint32_t)at[0] << 8 | at[1]; }

// RFC 1071; 0xffff over bytes that carry their right checksum.
static inline uint32_t ones_sum(const uint8_t* data, size_t size, uint32_t sum)
{
    for (size_t i = 0; i + 1 < size; i += 2)
        sum += be16_in(data + i);
    if (size % 2)
        sum += (uint32_t)data[size - 1] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static inline int swapped(const uint8_t* before, const uint8_t* after, size_t size)
{
    return memcmp(before, after + size, size) == 0 && memcmp(before + size, after, size) == 0;
}

// Does the transport header with what follows, data[at, size), carry its right checksum? ip: of its header.
static inline int checksum_holds(const uint8_t* data, size_t size, uint32_t ip, uint32_t at,
                                 unsigned protocol)
{
    int v6 = data[ip] >> 4 == 6;
    uint32_t sum = protocol + (uint32_t)(size - at);

    sum = ones_sum(data + ip + (v6 ? 8 : 12), v6 ? 32 : 8, sum);
    return ones_sum(data + at, size - at, sum) == 0xffff;
}

static inline void check_layer(const struct packet_layer* layer, const uint8_t* before, const uint8_t* after,
                               uint32_t end)
{
    const uint8_t *was = before + layer->at, *is = after + layer->at;
    uint32_t length = end - layer->at;

    switch (layer->kind) {
    case LAYER_ETHERNET:
        MUST(swapped(was, is, 6));
        break;
    case LAYER_IPV4:
        MUST(be16_in(is + 2) == length && swapped(was + 12, is + 12, 4));
        // A header that came with a wrong checksum is nobody's to answer for.
        if (ones_sum(was, (was[0] & 15) * 4u, 0) == 0xffff)
            MUST(ones_sum(is, (is[0] & 15) * 4u, 0) == 0xffff);
        break;
    case LAYER_IPV6:
        MUST(be16_in(is + 4) == length - 40 && swapped(was + 8, is + 8, 16));
        break;
    case LAYER_IP_PAYLOAD:
        if (layer->what == 17)
            MUST(be16_in(is + 4) == length && be16_in(is + 6) == 0);
        break;
    case LAYER_GTPU:
        MUST(be16_in(is + 2) == length - 8);
        break;
    default:
        break;
    }
}

static inline void check_answer(const struct packet* packet, const uint8_t* before, const uint8_t* after,
                                uint32_t length)
{
    uint32_t at = packet->transport, ip = packet->network;

    MUST(at >= ip + 20 && at + 8 <= length);
    MUST(packet->path_length > 0 && packet->path_length <= PACKET_PATH_MAX);
    for (uint32_t i = 0; i < packet->path_length; i++)
        if (packet->path[i].at < at)
            check_layer(&packet->path[i], before, after, length);
    // The ports, as the header before it asks.
    MUST(swapped(before + at, after + at, 2));
    if (packet->protocol == 6) {
        MUST(at + 20 <= length && after[at + 12] >> 4 == 5);
        MUST(checksum_holds(after, length, ip, at, 6));
    } else {
        MUST(packet->protocol == 17 && be16_in(after + at + 4) == length - at);
        MUST(be16_in(after + at + 6) != 0 && checksum_holds(after, length, ip, at, 17));
    }
}
