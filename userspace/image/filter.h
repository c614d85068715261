// SPDX-License-Identifier: Apache-2.0
//
// filter.h: fills one slot's part of map "filter" (maps/filter.h), INTERDICT_FILTER_WORDS words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "maps/control.h"
#include "maps/filter.h"
#include "order/order.h"
#include "order/prefix.h"

namespace interdict::image {

inline constexpr std::uint32_t kBloomWordsMin = 64;
inline constexpr std::uint32_t kBloomBitsPerKey = 8; // at least, up to INTERDICT_BLOOM_WORDS

// Words of a Bloom filter for that many keys: a power of two from kBloomWordsMin to INTERDICT_BLOOM_WORDS.
[[nodiscard]] std::uint32_t bloom_words(std::size_t keys);

// bloom: as many words as bloom_words() says.
void bloom_add(std::span<std::uint64_t> bloom, interdict_hash hash);

// False: certainly not there.
[[nodiscard]] bool bloom_has(std::span<const std::uint64_t> bloom, interdict_hash hash);

// Marks a prefix in the guard bitmap of its family. Full-length prefixes and IPv6 prefixes shorter than
// INTERDICT_GUARD6_BITS have no guard: nothing is done. filter: the whole part.
void guard_add(std::span<std::uint64_t> filter, const order::Prefix& prefix);

// Marks a target in the part of the filter that is for its kind. masks: address_mask and name_mask are set.
void filter_add(std::span<std::uint64_t> filter, const interdict_generation& masks,
                const order::Target& target, interdict_hash hash);

// The share of bits that are set in the fuller Bloom filter, from a sample of it. What has gone in place
// stays in the filters, so that they fill up: 0.4 where a generation is new and as large as its filters.
[[nodiscard]] double filter_fill(std::span<const std::uint64_t> filter, const interdict_generation& masks);

// False: no marked prefix holds the address. address: full length.
[[nodiscard]] bool guard_has(std::span<const std::uint64_t> filter, const order::Prefix& address);

} // namespace interdict::image
