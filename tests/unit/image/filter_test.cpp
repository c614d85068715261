// SPDX-License-Identifier: Apache-2.0
#include "image/filter.h"

#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "image/keys.h"
#include "unit/image/targets.h"

using namespace interdict;
using namespace interdict::image;
using namespace interdict::image::testing;

namespace {

std::vector<std::uint64_t> bloom_of(const Keys& keys, std::uint32_t count)
{
    std::vector<std::uint64_t> bloom(bloom_words(count));
    for (std::uint32_t number = 0; number < count; ++number)
        bloom_add(bloom, hash_prefix(keys.address, ipv4(number)));
    return bloom;
}

// Of a million addresses that are not in it.
std::uint32_t false_positives(const Keys& keys, std::span<const std::uint64_t> bloom)
{
    std::uint32_t count = 0;
    for (std::uint32_t number = 0; number < 1'000'000; ++number)
        count += bloom_has(bloom, hash_prefix(keys.address, ipv4(1u << 31 | number)));
    return count;
}

order::Prefix prefix(std::string_view text) { return order::parse_prefix(text).value(); }

order::Prefix address(std::string_view text) { return order::parse_address(text).value(); }

} // namespace

TEST_CASE("a Bloom filter has 8 to 16 bits a key, 64 words at least, INTERDICT_BLOOM_WORDS at most")
{
    CHECK(bloom_words(0) == 64);
    CHECK(bloom_words(512) == 64);
    CHECK(bloom_words(513) == 128);
    CHECK(bloom_words(1'000'000) == INTERDICT_BLOOM_WORDS);
    CHECK(bloom_words(INTERDICT_BLOOM_WORDS / 2 * 8) == INTERDICT_BLOOM_WORDS / 2);
    CHECK(bloom_words(INTERDICT_BLOOM_WORDS / 2 * 8 + 1) == INTERDICT_BLOOM_WORDS);
    CHECK(bloom_words(INTERDICT_BLOOM_WORDS * 8 + 1) == INTERDICT_BLOOM_WORDS);
    CHECK(bloom_words(std::size_t{1} << 40) == INTERDICT_BLOOM_WORDS);
}

TEST_CASE("a Bloom filter never denies a key it holds, however full; at 8.4 bits a key it errs in under 10 %")
{
    const Keys keys = seeded_keys(21);
    for (const std::uint32_t count : {1u, 500u, 1'000'000u, 10'000'000u}) {
        CAPTURE(count);
        const std::vector<std::uint64_t> bloom = bloom_of(keys, count);
        std::uint32_t denied = 0;
        for (std::uint32_t number = 0; number < count; ++number)
            denied += !bloom_has(bloom, hash_prefix(keys.address, ipv4(number)));
        CHECK(denied == 0);
        if (count <= 1'000'000)
            CHECK(false_positives(keys, bloom) < 100'000);
    }
}

TEST_CASE("an empty Bloom filter denies everything")
{
    CHECK(false_positives(seeded_keys(22), std::vector<std::uint64_t>(64)) == 0);
}

TEST_CASE("the IPv4 guard marks every /16 that a shorter prefix touches, and no neighbour")
{
    std::vector<std::uint64_t> filter(INTERDICT_FILTER_WORDS);
    guard_add(filter, prefix("192.0.2.0/24"));
    guard_add(filter, prefix("198.18.0.0/15"));
    guard_add(filter, prefix("203.0.113.254/31"));
    CHECK(guard_has(filter, address("192.0.2.7")));
    CHECK(guard_has(filter, address("192.0.255.255"))); // same /16: the table decides
    CHECK_FALSE(guard_has(filter, address("192.1.0.0")));
    CHECK_FALSE(guard_has(filter, address("191.255.255.255")));
    CHECK_FALSE(guard_has(filter, address("198.17.255.255")));
    CHECK(guard_has(filter, address("198.18.0.0")));
    CHECK(guard_has(filter, address("198.19.255.255")));
    CHECK_FALSE(guard_has(filter, address("198.20.0.0")));
    CHECK(guard_has(filter, address("203.0.113.255")));
}

TEST_CASE("the IPv4 guard covers the shortest prefixes to their ends")
{
    std::vector<std::uint64_t> filter(INTERDICT_FILTER_WORDS);
    guard_add(filter, prefix("128.0.0.0/1"));
    CHECK_FALSE(guard_has(filter, address("127.255.255.255")));
    CHECK(guard_has(filter, address("128.0.0.0")));
    CHECK(guard_has(filter, address("255.255.255.255")));
    guard_add(filter, ipv4(0, 0));
    CHECK(guard_has(filter, address("0.0.0.0")));
}

TEST_CASE("the IPv6 guard marks prefixes of 32 to 127 bits by their first word")
{
    std::vector<std::uint64_t> filter(INTERDICT_FILTER_WORDS);
    guard_add(filter, prefix("2001:db8::/31"));
    CHECK_FALSE(guard_has(filter, address("2001:db8::1"))); // probed without asking the guard
    guard_add(filter, prefix("2001:db8::/32"));
    guard_add(filter, prefix("2001:db9:ffff::/127"));
    CHECK(guard_has(filter, address("2001:db8:ffff::1")));
    CHECK(guard_has(filter, address("2001:db9:ffff::1")));
    CHECK_FALSE(guard_has(filter, address("2001:dba::1")));
}

TEST_CASE("full-length prefixes leave the guards alone, and guards leave the Bloom filters alone")
{
    std::vector<std::uint64_t> filter(INTERDICT_FILTER_WORDS);
    guard_add(filter, address("192.0.2.7"));
    guard_add(filter, address("2001:db8::7"));
    CHECK(filter == std::vector<std::uint64_t>(INTERDICT_FILTER_WORDS));
    guard_add(filter, ipv4(0, 0));
    for (unsigned word = 0; word < 65536; ++word)
        guard_add(filter, ipv6(std::uint64_t{word} << 32, 0, 32));
    for (std::size_t word = 0; word < INTERDICT_FILTER_GUARD4; ++word)
        REQUIRE(filter[word] == 0);
}
