// SPDX-License-Identifier: Apache-2.0
//
// Initial keys: the appendices of RFC 9001 and RFC 9369 value by value, and OpenSSL for the rest.
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <numeric>

#include "harness/quic_reader.h"
#include "harness/quic_samples.h"

using namespace interdict::harness;

namespace {

template <std::size_t size>
Bytes all(const __u8 (&array)[size])
{
    return Bytes(array, array + size);
}

Bytes sha256(const Bytes& message)
{
    Bytes out(32);
    reader_sha256(message.data(), message.size(), out.data());
    return out;
}

std::uint32_t word(const Bytes& bytes, std::size_t index)
{
    std::uint32_t out = 0;
    for (std::size_t i = 0; i < 4; ++i)
        out = out << 8 | bytes[4 * index + i];
    return out;
}

struct Scheme {
    const char* name;
    std::uint32_t version;
    const char* salt;
};

// In the order of enum initial_scheme.
constexpr Scheme kSchemes[] = {
    {"version 1", kQuicV1, "38762cf7f55934b34d179ae6a4c80cadccbb7f0a"},
    {"version 2", kQuicV2, "0dede3def700a6db819381be6e269dcbf9bd2ed9"},
    {"draft 29", kQuicDraft29, "afbfec289993d24c9e9786f19c6111e04390a899"},
    {"draft 23", 0xff000017, "c3eef712c72ebb5a11a7d2432bb46365bef9f502"},
    {"draft of version 2", 0x709a50c4, "a707c203a59b47184a1d62ca570406ea7ae3e5d3"},
};

} // namespace

TEST_CASE("initial: secrets and keys of both appendices")
{
    for (const auto& sample : quic_samples()) {
        INFO(sample.source);
        const Bytes cid = quic_sample_cid();
        reader_keys keys{};
        REQUIRE(reader_derive(sample.version == kQuicV2, cid.data(), 8, &keys) == 0);
        CHECK(all(keys.initial_secret) == sample.initial_secret);
        CHECK(all(keys.client_secret) == sample.client_secret);
        CHECK(all(keys.key) == sample.key);
        CHECK(all(keys.iv) == sample.iv);
        CHECK(all(keys.header_key) == sample.header_key);
    }
}

TEST_CASE("initial: every version at every length of connection id, 0 to 20; not 21")
{
    Bytes cid(21);
    std::iota(cid.begin(), cid.end(), std::uint8_t{0xf0});
    for (std::uint32_t scheme = 0; scheme < std::size(kSchemes); ++scheme)
        for (std::uint32_t length = 0; length <= 20; ++length) {
            INFO(kSchemes[scheme].name << ", " << length << " bytes");
            const auto expected =
                initial_keys(kSchemes[scheme].version, Bytes(cid.begin(), cid.begin() + length));
            reader_keys keys{};
            REQUIRE(reader_derive(scheme, cid.data(), length, &keys) == 0);
            CHECK(all(keys.initial_secret) == expected.initial_secret);
            CHECK(all(keys.client_secret) == expected.client_secret);
            CHECK(all(keys.key) == expected.key);
            CHECK(all(keys.iv) == expected.iv);
            CHECK(all(keys.header_key) == expected.header_key);
        }
    reader_keys keys{};
    CHECK(reader_derive(0, cid.data(), 21, &keys) == -1);
    CHECK(reader_derive(5, cid.data(), 8, &keys) == -1);
}

TEST_CASE("initial: the kept states are the salts'")
{
    for (std::uint32_t scheme = 0; scheme < std::size(kSchemes); ++scheme) {
        INFO(kSchemes[scheme].name);
        // The state after a block is no digest, but a digest of messages that begin with the block shows it:
        // HKDF-Extract of the empty id, made from them, has to be HMAC's.
        const auto expected = initial_keys(kSchemes[scheme].version, {}).initial_secret;
        reader_keys keys{};
        REQUIRE(reader_derive(scheme, nullptr, 0, &keys) == 0);
        CHECK(all(keys.initial_secret) == expected);
        Bytes inner = hex(kSchemes[scheme].salt);
        inner.resize(64, 0);
        Bytes outer = inner;
        for (auto& byte : inner)
            byte ^= 0x36;
        for (auto& byte : outer)
            byte ^= 0x5c;
        CHECK(sha256(joined({outer, sha256(inner)})) == expected);
        CHECK(reader_salt(scheme, 0)[0] != reader_salt(scheme, 1)[0]);
    }
}

TEST_CASE("initial: the kept schedules are the labels'")
{
    // In the order of enum initial_label_index.
    const std::pair<std::string, std::uint8_t> labels[] = {
        {"client in", 32},  {"quic key", 16},  {"quic hp", 16},   {"quic iv", 12},
        {"quicv2 key", 16}, {"quicv2 hp", 16}, {"quicv2 iv", 12},
    };
    for (std::uint32_t i = 0; i < std::size(labels); ++i) {
        const auto& [label, length] = labels[i];
        INFO(label);
        Bytes block = joined(
            {{0, length, static_cast<std::uint8_t>(6 + label.size())}, bytes("tls13 " + label), {0, 1}});
        const std::size_t bits = 8 * (64 + block.size());
        block.push_back(0x80);
        block.resize(64, 0);
        block[62] = static_cast<std::uint8_t>(bits >> 8);
        block[63] = static_cast<std::uint8_t>(bits);
        std::uint32_t schedule[64];
        reader_schedule(block.data(), schedule);
        CHECK(std::equal(schedule, schedule + 64, reader_label(i)));
        CHECK(schedule[0] == word(block, 0) + 0x428a2f98);
    }
}
