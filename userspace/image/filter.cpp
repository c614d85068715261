// SPDX-License-Identifier: Apache-2.0
#include "image/filter.h"

#include <algorithm>
#include <bit>
#include <cassert>

#include "image/keys.h"

namespace interdict::image {

namespace {

constexpr std::uint32_t kWordBits = 64;
constexpr std::uint32_t kGuard4Bits = 16; // a bit per prefix of this length

void set_bit(std::span<std::uint64_t> bitmap, std::uint32_t bit)
{
    bitmap[bit / kWordBits] |= std::uint64_t{1} << bit % kWordBits;
}

bool has_bit(std::span<const std::uint64_t> bitmap, std::uint32_t bit)
{
    return bitmap[bit / kWordBits] >> bit % kWordBits & 1;
}

std::uint32_t mask_of(std::size_t words)
{
    assert(std::has_single_bit(words) && words <= INTERDICT_BLOOM_WORDS);
    return static_cast<std::uint32_t>(words - 1);
}

} // namespace

std::uint32_t bloom_words(std::size_t keys)
{
    const std::size_t limit = std::size_t{INTERDICT_BLOOM_WORDS} * kWordBits / kBloomBitsPerKey;
    const auto bits = static_cast<std::uint32_t>(std::min(keys, limit) * kBloomBitsPerKey);
    return std::max(kBloomWordsMin, std::bit_ceil((bits + kWordBits - 1) / kWordBits));
}

void bloom_add(std::span<std::uint64_t> bloom, interdict_hash hash)
{
    bloom[interdict_bloom_word(hash, mask_of(bloom.size()))] |= interdict_bloom_bits(hash);
}

bool bloom_has(std::span<const std::uint64_t> bloom, interdict_hash hash)
{
    const std::uint64_t bits = interdict_bloom_bits(hash);
    return (bloom[interdict_bloom_word(hash, mask_of(bloom.size()))] & bits) == bits;
}

void guard_add(std::span<std::uint64_t> filter, const order::Prefix& prefix)
{
    if (prefix.length == prefix.width())
        return;
    const std::uint32_t word = words_of(prefix).word[0];
    if (prefix.v6) {
        if (prefix.length >= INTERDICT_GUARD6_BITS)
            set_bit(filter.subspan(INTERDICT_FILTER_GUARD6, INTERDICT_GUARD_WORDS),
                    interdict_guard6_bit(word));
        return;
    }
    const auto guard = filter.subspan(INTERDICT_FILTER_GUARD4, INTERDICT_GUARD_WORDS);
    const std::uint32_t bits = prefix.length < kGuard4Bits ? 1u << (kGuard4Bits - prefix.length) : 1;
    for (std::uint32_t bit = 0; bit < bits; ++bit)
        set_bit(guard, interdict_guard4_bit(word) + bit);
}

void filter_add(std::span<std::uint64_t> filter, const interdict_generation& masks,
                const order::Target& target, interdict_hash hash)
{
    const order::Prefix& prefix = target.address.prefix;
    if (target.is_name())
        bloom_add(filter.subspan(INTERDICT_FILTER_NAME, masks.name_mask + 1), hash);
    else if (prefix.length == prefix.width())
        bloom_add(filter.subspan(INTERDICT_FILTER_ADDRESS, masks.address_mask + 1), hash);
    else
        guard_add(filter, prefix);
}

double filter_fill(std::span<const std::uint64_t> filter, const interdict_generation& masks)
{
    constexpr std::size_t kSample = 1024; // words; which bits are set is chance
    const auto fill = [&](std::uint32_t start, std::uint32_t mask) {
        const auto words = filter.subspan(start, std::min<std::size_t>(std::size_t{mask} + 1, kSample));
        std::size_t set = 0;
        for (const std::uint64_t word : words)
            set += static_cast<std::size_t>(std::popcount(word));
        return static_cast<double>(set) / static_cast<double>(words.size() * kWordBits);
    };
    return std::max(fill(INTERDICT_FILTER_ADDRESS, masks.address_mask),
                    fill(INTERDICT_FILTER_NAME, masks.name_mask));
}

bool guard_has(std::span<const std::uint64_t> filter, const order::Prefix& address)
{
    const std::uint32_t word = words_of(address).word[0];
    return address.v6 ? has_bit(filter.subspan(INTERDICT_FILTER_GUARD6, INTERDICT_GUARD_WORDS),
                                interdict_guard6_bit(word))
                      : has_bit(filter.subspan(INTERDICT_FILTER_GUARD4, INTERDICT_GUARD_WORDS),
                                interdict_guard4_bit(word));
}

} // namespace interdict::image
