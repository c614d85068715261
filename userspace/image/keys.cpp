// SPDX-License-Identifier: Apache-2.0
#include "image/keys.h"

#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>

#include <sys/random.h>

namespace interdict::image {

namespace {

static_assert(std::is_trivially_copyable_v<Keys>);
static_assert(sizeof(Keys) == sizeof(interdict_address_key) + sizeof(interdict_name_key), "no padding");

constexpr std::size_t kKeyWords = sizeof(Keys) / sizeof(std::uint64_t);

} // namespace

Result<Keys> random_keys()
{
    Keys keys;
    auto rest = std::as_writable_bytes(std::span(&keys, 1));
    while (!rest.empty()) {
        const ssize_t got = ::getrandom(rest.data(), rest.size(), 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno(errno, "cannot draw the secrets of a generation: getrandom");
        rest = rest.subspan(static_cast<std::size_t>(got));
    }
    return keys;
}

Keys seeded_keys(std::uint64_t seed)
{
    std::uint64_t words[kKeyWords];
    for (auto& word : words) {
        seed += 0x9e3779b97f4a7c15;
        std::uint64_t mixed = seed;
        mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
        word = mixed ^ mixed >> 31;
    }
    Keys keys;
    std::memcpy(&keys, words, sizeof keys);
    return keys;
}

interdict_hash hash_name(const interdict_name_key& key, std::string_view name)
{
    interdict_lanes sum{key.start[0], key.start[1]};
    std::uint32_t position = 0;
    for (auto byte = name.rbegin(); byte != name.rend(); ++byte)
        interdict_hash_name_byte(&key, &sum, position++, interdict_fold(static_cast<__u8>(*byte)));
    return interdict_hash_finish(sum);
}

AddressWords words_of(const order::Prefix& prefix)
{
    AddressWords words;
    std::memcpy(words.word, prefix.address.data(), sizeof words.word);
    if constexpr (std::endian::native == std::endian::little)
        for (auto& word : words.word)
            word = __builtin_bswap32(word);
    return words;
}

interdict_hash hash_prefix(const interdict_address_key& key, const order::Prefix& prefix)
{
    const AddressWords words = words_of(prefix);
    return prefix.v6 ? interdict_hash_ipv6(&key, words.word, prefix.length)
                     : interdict_hash_ipv4(&key, words.word[0], prefix.length);
}

interdict_hash hash_target(const Keys& keys, const order::Target& target)
{
    return target.is_name() ? hash_name(keys.name, target.name.name)
                            : hash_prefix(keys.address, target.address.prefix);
}

} // namespace interdict::image
