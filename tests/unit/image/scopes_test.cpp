// SPDX-License-Identifier: Apache-2.0
#include "image/scopes.h"

#include <cstring>

#include <catch2/catch_test_macros.hpp>

#include "unit/image/targets.h"

using namespace interdict;
using namespace interdict::image;
using namespace interdict::image::testing;

namespace {

order::Prefix prefix(std::string_view text) { return order::parse_prefix(text).value(); }

order::Prefix address(std::string_view text) { return order::parse_address(text).value(); }

// The LPM look-up of the kernel: the longest listed key that holds the address.
std::uint32_t lookup(const ScopeBits& bits, const order::Prefix& wanted)
{
    __u8 key[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    std::memcpy(wanted.v6 ? key : key + 12, wanted.address.data(), wanted.v6 ? 16 : 4);
    int longest = -1;
    std::uint32_t scopes = bits.prefix_default;
    for (const PrefixScope& listed : bits.prefixes) {
        bool holds = true;
        for (unsigned bit = 0; bit < listed.key.length; ++bit)
            holds &= ((key[bit / 8] ^ listed.key.address[bit / 8]) >> (7 - bit % 8) & 1) == 0;
        if (holds && static_cast<int>(listed.key.length) > longest) {
            longest = static_cast<int>(listed.key.length);
            scopes = listed.scopes;
        }
    }
    return scopes;
}

std::uint32_t all_three(const ScopeBits& bits, std::string_view interface, unsigned vlan,
                        std::string_view subscriber)
{
    return bits.interface(interface) & bits.vlans[vlan] & lookup(bits, address(subscriber));
}

} // namespace

TEST_CASE("without scopes every source has no bit")
{
    const auto bits = scope_bits({}, 10);
    REQUIRE(bits);
    CHECK(bits->interface("eth0") == 0);
    CHECK(bits->vlans == std::vector<std::uint32_t>(INTERDICT_VLANS));
    CHECK(bits->prefixes.empty());
    CHECK(bits->prefix_default == 0);
}

TEST_CASE("a criterion that a scope does not name rules nothing out; those it names must all hold")
{
    const std::vector<order::Scope> scopes = {
        {.name = "port", .interfaces = {"eth0", "eth1"}, .vlans = {}, .prefixes = {}},
        {.name = "vlan", .interfaces = {}, .vlans = {{100, 102}, {4094, 4094}}, .prefixes = {}},
        {.name = "homes", .interfaces = {}, .vlans = {}, .prefixes = {prefix("198.51.100.0/24")}},
        {.name = "all",
         .interfaces = {"eth0"},
         .vlans = {{100, 100}},
         .prefixes = {prefix("198.51.100.0/24")}},
        {.name = "everywhere", .interfaces = {}, .vlans = {}, .prefixes = {}},
    };
    const auto bits = scope_bits(scopes, 10);
    REQUIRE(bits);
    CHECK(all_three(*bits, "eth0", 100, "198.51.100.9") == 0b11111);
    CHECK(all_three(*bits, "eth1", 100, "198.51.100.9") == 0b10111);
    CHECK(all_three(*bits, "eth2", 100, "198.51.100.9") == 0b10110);
    CHECK(all_three(*bits, "eth0", 99, "198.51.100.9") == 0b10101);
    CHECK(all_three(*bits, "eth0", 103, "198.51.100.9") == 0b10101);
    CHECK(all_three(*bits, "eth0", 102, "198.51.100.9") == 0b10111);
    CHECK(all_three(*bits, "eth0", 4094, "198.51.100.9") == 0b10111);
    CHECK(all_three(*bits, "eth0", INTERDICT_UNTAGGED, "198.51.100.9") == 0b10101);
    CHECK(all_three(*bits, "eth0", 100, "198.51.101.9") == 0b10011);
    CHECK(all_three(*bits, "eth2", 0, "2001:db8::1") == 0b10000);
}

TEST_CASE("a longer prefix carries the bits of those around it, siblings do not")
{
    const std::vector<order::Scope> scopes = {
        {.name = "a",
         .interfaces = {},
         .vlans = {},
         .prefixes = {prefix("10.0.0.0/8"), prefix("2001:db8::/32")}},
        {.name = "b",
         .interfaces = {},
         .vlans = {},
         .prefixes = {prefix("10.1.0.0/16"), prefix("10.1.2.0/24")}},
        {.name = "c",
         .interfaces = {},
         .vlans = {},
         .prefixes = {prefix("10.1.2.0/24"), prefix("10.2.0.0/16")}},
        {.name = "d",
         .interfaces = {},
         .vlans = {},
         .prefixes = {prefix("10.1.2.3/32"), prefix("2001:db8:1::/48")}},
    };
    const auto bits = scope_bits(scopes, 7);
    REQUIRE(bits);
    CHECK(bits->prefixes.size() == 7); // 10.1.2.0/24 once
    CHECK(lookup(*bits, address("10.0.0.1")) == 0b0001);
    CHECK(lookup(*bits, address("10.1.0.1")) == 0b0011);
    CHECK(lookup(*bits, address("10.1.2.4")) == 0b0111);
    CHECK(lookup(*bits, address("10.1.2.3")) == 0b1111);
    CHECK(lookup(*bits, address("10.2.0.1")) == 0b0101);
    CHECK(lookup(*bits, address("10.3.0.1")) == 0b0001);
    CHECK(lookup(*bits, address("11.0.0.1")) == 0b0000);
    CHECK(lookup(*bits, address("2001:db8:1::1")) == 0b1001);
    CHECK(lookup(*bits, address("2001:db8:2::1")) == 0b0001);
    for (const PrefixScope& listed : bits->prefixes)
        CHECK(listed.key.length <= 128);
}

TEST_CASE("an IPv6 prefix around the mapped addresses does not take IPv4 subscribers in")
{
    const std::vector<order::Scope> scopes = {
        {.name = "v6", .interfaces = {}, .vlans = {}, .prefixes = {prefix("::/1")}},
        {.name = "v4", .interfaces = {}, .vlans = {}, .prefixes = {prefix("10.0.0.0/8")}},
        {.name = "any", .interfaces = {}, .vlans = {}, .prefixes = {}},
    };
    const auto bits = scope_bits(scopes, 10);
    REQUIRE(bits);
    CHECK(lookup(*bits, address("2001:db8::1")) == 0b101);
    CHECK(lookup(*bits, address("10.0.0.1")) == 0b110);
    CHECK(lookup(*bits, address("192.0.2.1")) == 0b100);
}

TEST_CASE("the 32nd scope has bit 31, a 33rd is refused")
{
    std::vector<order::Scope> scopes(32);
    for (order::Scope& scope : scopes)
        scope.vlans = {{1, 1}};
    const auto bits = scope_bits(scopes, 10);
    REQUIRE(bits);
    CHECK(bits->vlans[1] == 0xffffffff);
    CHECK(bits->vlans[2] == 0);
    scopes.emplace_back();
    const auto refused = scope_bits(scopes, 10);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.starts_with("scopes: used 33, limit 32; "));
}

TEST_CASE("more subscriber prefixes than the map takes are refused with used and limit")
{
    const std::vector<order::Scope> scopes = {{.name = "a",
                                               .interfaces = {},
                                               .vlans = {},
                                               .prefixes = {prefix("10.0.0.0/8"), prefix("11.0.0.0/8")}}};
    CHECK(scope_bits(scopes, 2));
    const auto refused = scope_bits(scopes, 1);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.starts_with("subscriber prefixes of the scopes: used 2, limit 1; "));
}
