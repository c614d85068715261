// SPDX-License-Identifier: Apache-2.0
//
// keys.h: the secrets of a generation and the hashes of targets under them.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "maps/hash.h"
#include "order/order.h"

namespace interdict::image {

// Whoever knows these can make targets collide: they go into the maps and nowhere else.
struct Keys {
    interdict_address_key address{};
    interdict_name_key name{};
};

// From getrandom(2). Error: the kernel has no such call.
[[nodiscard]] Result<Keys> random_keys();

// The same keys for the same seed (SplitMix64, address key first, words in the order of the structs): for
// tests and for comparing images, never for a plane.
[[nodiscard]] Keys seeded_keys(std::uint64_t seed);

// name: at most INTERDICT_NAME_MAX bytes, any case, no final dot.
[[nodiscard]] interdict_hash hash_name(const interdict_name_key& key, std::string_view name);

[[nodiscard]] interdict_hash hash_prefix(const interdict_address_key& key, const order::Prefix& prefix);

// Protocol and ports are not part of the hash: rules that differ in them share a target.
[[nodiscard]] interdict_hash hash_target(const Keys& keys, const order::Target& target);

// The address as the contract's hashes take it: four words, leftmost first; IPv4 in the first, the rest 0.
struct AddressWords {
    std::uint32_t word[INTERDICT_ADDRESS_WORDS];
};
[[nodiscard]] AddressWords words_of(const order::Prefix& prefix);

} // namespace interdict::image
