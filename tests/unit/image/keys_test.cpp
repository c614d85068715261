// SPDX-License-Identifier: Apache-2.0
#include "image/keys.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "maps/filter.h"
#include "maps/targets.h"
#include "unit/image/targets.h"

using namespace interdict;
using namespace interdict::image;
using namespace interdict::image::testing;

namespace {

bool same(interdict_hash one, interdict_hash other)
{
    return one.fingerprint == other.fingerprint && one.place == other.place;
}

// How far counts are from equal shares: chi-square as a number of standard deviations from what chance gives.
double deviation(const std::vector<std::uint32_t>& counts)
{
    double total = 0;
    for (const std::uint32_t count : counts)
        total += count;
    const double share = total / static_cast<double>(counts.size());
    double chi = 0;
    for (const std::uint32_t count : counts)
        chi += (count - share) * (count - share) / share;
    const auto freedom = static_cast<double>(counts.size() - 1);
    return (chi - freedom) / std::sqrt(2 * freedom);
}

// A million targets of each kind in the most regular order there is.
std::vector<interdict_hash> regular_hashes(const Keys& keys, unsigned kind)
{
    constexpr std::uint32_t count = 1'000'000;
    std::vector<interdict_hash> hashes;
    hashes.reserve(count);
    for (std::uint32_t number = 0; number < count; ++number) {
        switch (kind) {
        case 0:
            hashes.push_back(hash_prefix(keys.address, ipv4(0x0a000000 + number)));
            break;
        case 1:
            hashes.push_back(hash_prefix(keys.address, ipv4(number << 8, 24)));
            break;
        case 2:
            hashes.push_back(hash_prefix(keys.address, ipv6(0x20010db8'00000000, number)));
            break;
        default:
            hashes.push_back(hash_name(keys.name, fmt::format("host{:06}.example", number)));
        }
    }
    return hashes;
}

} // namespace

// Computed by a second implementation of maps/hash.h in another language.
TEST_CASE("hashes under the keys of seed 42 are the known ones")
{
    const Keys keys = seeded_keys(42);
    const auto prefix = [&](std::string_view text) {
        return hash_prefix(keys.address, order::parse_prefix(text).value());
    };
    CHECK(same(hash_name(keys.name, "kickasstorrents.to"), {0x21129d874d299ece, 0x4e90820eb26dad70}));
    CHECK(same(hash_name(keys.name, "www.example.org"), {0x57b83eff184a1101, 0x29ef63cfa948dd57}));
    CHECK(same(hash_name(keys.name, "a"), {0x08aafb2640d2f435, 0x5c46ab985d3ae26b}));
    CHECK(same(prefix("192.0.2.7/32"), {0x5298add0931018b8, 0x50e3262827f52525}));
    CHECK(same(prefix("192.0.2.0/24"), {0xd3df08a1be4baae8, 0x650e2ff09fd734f7}));
    CHECK(same(prefix("2001:db8::7/128"), {0xa7c7e94795aca00a, 0xaa007321ee8b2bad}));
    CHECK(same(prefix("2001:db8::/32"), {0x79b2089617681a01, 0x47d847bf60a3c67a}));
}

TEST_CASE("a name hashes the same in any case, and only letters are folded")
{
    const Keys keys = seeded_keys(1);
    CHECK(same(hash_name(keys.name, "WwW.ExAmPlE.OrG"), hash_name(keys.name, "www.example.org")));
    for (unsigned byte = 0; byte < 256; ++byte) {
        const bool upper = byte >= 'A' && byte <= 'Z';
        CHECK(interdict_fold(static_cast<__u8>(byte)) == (upper ? byte + 32 : byte));
    }
    CHECK_FALSE(same(hash_name(keys.name, "a[b.example"), hash_name(keys.name, "a{b.example")));
}

TEST_CASE("the running sum at a dot is the hash of the suffix, up to the longest name")
{
    const Keys keys = seeded_keys(2);
    std::string name;
    while (name.size() < INTERDICT_NAME_MAX)
        name += name.size() % 8 == 7 ? '.' : static_cast<char>('a' + name.size() % 26);
    interdict_lanes sum{keys.name.start[0], keys.name.start[1]};
    for (std::size_t length = 1; length <= name.size(); ++length) {
        const std::string_view suffix = std::string_view(name).substr(name.size() - length);
        interdict_hash_name_byte(&keys.name, &sum, static_cast<__u32>(length - 1),
                                 static_cast<__u8>(suffix.front()));
        REQUIRE(same(interdict_hash_finish(sum), hash_name(keys.name, suffix)));
    }
}

TEST_CASE("kind, prefix length, case of bits and length of a name all tell targets apart")
{
    const Keys keys = seeded_keys(3);
    std::vector<std::uint64_t> fingerprints;
    for (std::uint8_t length = 0; length <= 32; ++length)
        fingerprints.push_back(hash_prefix(keys.address, ipv4(0, length)).fingerprint);
    for (unsigned length = 0; length <= 128; ++length)
        fingerprints.push_back(
            hash_prefix(keys.address, ipv6(0, 0, static_cast<std::uint8_t>(length))).fingerprint);
    for (std::size_t length = 1; length <= INTERDICT_NAME_MAX; ++length)
        fingerprints.push_back(hash_name(keys.name, std::string(length, 'a')).fingerprint);
    std::ranges::sort(fingerprints);
    CHECK(std::ranges::adjacent_find(fingerprints) == fingerprints.end());
}

TEST_CASE("a million regular targets of a kind: no fingerprint twice, buckets and filter words evenly hit")
{
    // Six deviations: by chance once in 10^8 runs, and the seed is fixed.
    constexpr double limit = 6;
    constexpr std::uint32_t buckets = 4099;
    const Keys keys = seeded_keys(4);
    for (unsigned kind = 0; kind < 4; ++kind) {
        CAPTURE(kind);
        const std::vector<interdict_hash> hashes = regular_hashes(keys, kind);
        std::vector<std::uint64_t> fingerprints;
        std::vector<std::uint32_t> first(buckets), second(buckets), word(4096), overflow(32), pair(64 * 64);
        std::array<std::uint32_t, 64> ones{};
        for (const interdict_hash& hash : hashes) {
            fingerprints.push_back(hash.fingerprint);
            ++first[interdict_first_bucket(hash, buckets)];
            ++second[interdict_second_bucket(hash, buckets)];
            ++word[interdict_bloom_word(hash, 4095)];
            ++overflow[static_cast<unsigned>(std::countr_zero(interdict_overflow_bit(hash.fingerprint)))];
            ++pair[interdict_first_bucket(hash, 64) * 64 + interdict_second_bucket(hash, 64)];
            for (unsigned bit = 0; bit < 64; ++bit)
                ones[bit] += hash.fingerprint >> bit & 1;
        }
        CHECK(std::abs(deviation(first)) < limit);
        CHECK(std::abs(deviation(second)) < limit);
        CHECK(std::abs(deviation(word)) < limit);
        CHECK(std::abs(deviation(overflow)) < limit);
        CHECK(std::abs(deviation(pair)) < limit);
        for (const std::uint32_t count : ones)
            CHECK(std::abs(static_cast<double>(count) - 500'000) < limit * 500);
        std::ranges::sort(fingerprints);
        CHECK(std::ranges::adjacent_find(fingerprints) == fingerprints.end());
    }
}

TEST_CASE("seeded keys repeat with their seed; random ones never")
{
    const auto equal = [](const Keys& one, const Keys& other) {
        return std::memcmp(&one, &other, sizeof one) == 0;
    };
    CHECK(equal(seeded_keys(7), seeded_keys(7)));
    CHECK_FALSE(equal(seeded_keys(7), seeded_keys(8)));
    const auto one = random_keys();
    const auto other = random_keys();
    REQUIRE((one && other));
    CHECK_FALSE(equal(*one, *other));
    // Every word is drawn: none is left 0.
    std::array<std::uint64_t, sizeof(Keys) / 8> words;
    std::memcpy(words.data(), &*one, sizeof *one);
    CHECK(std::ranges::count(words, 0u) == 0);
}
