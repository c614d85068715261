// SPDX-License-Identifier: Apache-2.0
//
// expected.h: what kHostOrders (tests/host/orders.h) say of a name or an address, written down by hand: the
// judge of the fuzz target `frame`.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "maps/rules.h"

static inline int is_below(const char* name, size_t length, const char* suffix)
{
    size_t end = strlen(suffix);

    return length >= end && memcmp(name + length - end, suffix, end) == 0 &&
           (length == end || name[length - end - 1] == '.');
}

// Is a name that was found by way of the channel to be refused?
static inline int name_is_blocked(const char* name, size_t length, unsigned channel)
{
    static const char* const everywhere[] = {
        "v4.interdict.test", "v6.interdict.test", "services.mozilla.com",
        "sinkhole.example",  "google.com",        "refused.example",
    };
    static const char* const exempt[] = {"node26-fetch.interdict.test", "free.blocked.example"};

    for (size_t i = 0; i < sizeof(everywhere) / sizeof(everywhere[0]); i++)
        if (is_below(name, length, everywhere[i]))
            return 1;
    if (channel == INTERDICT_CHANNEL_DNS && is_below(name, length, "dns.example"))
        return 1;
    for (size_t i = 0; i < sizeof(exempt) / sizeof(exempt[0]); i++)
        if (is_below(name, length, exempt[i]))
            return 0;
    return is_below(name, length, "interdict.test") || is_below(name, length, "blocked.example");
}

// Is one of the blocked addresses anywhere in these bytes?
static inline int has_blocked_address(const uint8_t* data, size_t size)
{
    static const struct {
        uint8_t bits;
        uint8_t bytes[16];
    } prefixes[] = {
        {28, {10, 80, 0, 192}},
        {32, {10, 80, 0, 190}},
        {32, {198, 51, 100, 7}},
        {24, {203, 0, 113, 0}},
        {128, {0x20, 0x01, 0x0d, 0xb8, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}},
        {48, {0x20, 0x01, 0x0d, 0xb8, 0, 3}},
        {29, {10, 80, 0, 208}},
        {32, {198, 51, 100, 8}},
        {64, {0x20, 0x01, 0x0d, 0xb8, 0, 4}},
    };

    for (size_t at = 0; at < size; at++) {
        for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
            size_t whole = prefixes[i].bits / 8, rest = prefixes[i].bits % 8;

            if (at + whole + (rest > 0) > size || memcmp(data + at, prefixes[i].bytes, whole) != 0)
                continue;
            if (!rest || (data[at + whole] ^ prefixes[i].bytes[whole]) >> (8 - rest) == 0)
                return 1;
        }
    }
    return 0;
}

// Do the letters of the name, without its dots, stand in the bytes one after the other, whatever is between?
static inline int has_letters(const uint8_t* data, size_t size, const char* name, size_t length)
{
    size_t found = 0;

    for (size_t at = 0; at < size; at++) {
        while (found < length && name[found] == '.')
            found++;
        if (found < length &&
            (uint8_t)name[found] == (data[at] >= 'A' && data[at] <= 'Z' ? data[at] + 32 : data[at]))
            found++;
    }
    while (found < length && name[found] == '.')
        found++;
    return found == length;
}
