// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include "harness/plane.h"

using namespace interdict::harness;

namespace {

Packet to(const std::string& address, std::uint16_t port = 443)
{
    return Ethernet{} / IPv6{.destination = address} / Tcp{.destination_port = port};
}

} // namespace

TEST_CASE("address_ipv6: a /128 is that address, not its neighbours")
{
    Edge edge(blocking({block_prefix("2001:db8:2::7/128")}));
    edge.expect(to("2001:db8:2::7"), drops("2001:db8:2::7/128"));
    edge.expect(to("2001:db8:2::6"), passes());
    edge.expect(to("2001:db8:2::8"), passes());
    edge.expect(to("2001:db8:3::7"), passes());
    edge.expect(to("2001:db8:2:0:8000::7"), passes());
    edge.expect(Ethernet{} / IPv6{.destination = "2001:db8:2::7"} / Udp{} / Payload("x"),
                drops("2001:db8:2::7/128"));
}

TEST_CASE("address_ipv6: a /64 from its first to its last address, neighbour networks pass")
{
    Edge edge(blocking({block_prefix("2001:db8:2:1::/64")}));
    edge.expect(to("2001:db8:2:1::"), drops("2001:db8:2:1::/64"));
    edge.expect(to("2001:db8:2:1:ffff:ffff:ffff:ffff"), drops("2001:db8:2:1::/64"));
    edge.expect(to("2001:db8:2:0:ffff:ffff:ffff:ffff"), passes());
    edge.expect(to("2001:db8:2:2::"), passes());
}

TEST_CASE("address_ipv6: lengths across word boundaries, inside and one beyond")
{
    struct Case {
        const char* prefix;
        const char* first;
        const char* last;
        const char* before;
        const char* after;
    };
    for (const auto& [prefix, first, last, before, after] : {
             Case{"8000::/1", "8000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                  "7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::1"},
             Case{"2000::/3", "2000::", "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                  "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "4000::"},
             Case{"2001:db8::/31", "2001:db8::", "2001:db9:ffff:ffff:ffff:ffff:ffff:ffff",
                  "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:dba::"},
             Case{"2001:db8::/32", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
                  "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"},
             Case{"2001:db8:8000::/33", "2001:db8:8000::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
                  "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"},
             Case{"2001:db8:2:2::/63", "2001:db8:2:2::", "2001:db8:2:3:ffff:ffff:ffff:ffff",
                  "2001:db8:2:1:ffff:ffff:ffff:ffff", "2001:db8:2:4::"},
             Case{"2001:db8:2:1:8000::/65", "2001:db8:2:1:8000::", "2001:db8:2:1:ffff:ffff:ffff:ffff",
                  "2001:db8:2:1:7fff:ffff:ffff:ffff", "2001:db8:2:2::"},
             Case{"2001:db8::1:0:0/96", "2001:db8::1:0:0", "2001:db8::1:ffff:ffff", "2001:db8::ffff:ffff",
                  "2001:db8::2:0:0"},
             Case{"2001:db8::1:8000:0/97", "2001:db8::1:8000:0", "2001:db8::1:ffff:ffff",
                  "2001:db8::1:7fff:ffff", "2001:db8::2:0:0"},
             Case{"2001:db8::6/127", "2001:db8::6", "2001:db8::7", "2001:db8::5", "2001:db8::8"},
         }) {
        INFO(prefix);
        Edge edge(blocking({block_prefix(prefix)}));
        edge.expect(to(first), drops(prefix));
        edge.expect(to(last), drops(prefix));
        edge.expect(to(before), passes());
        edge.expect(to(after), passes());
    }
}

TEST_CASE("address_ipv6: of nested prefixes the longest counts, alone")
{
    Edge edge(blocking(
        {block_prefix("2001:db8::/32"), block_prefix("2001:db8:2::/48"), block_prefix("2001:db8:2::7/128")}));
    edge.expect(to("2001:db8:2::7"), drops("2001:db8:2::7/128"));
    edge.expect(to("2001:db8:2::8"), drops("2001:db8:2::/48"));
    edge.expect(to("2001:db8:3::7"), drops("2001:db8::/32"));
    edge.expect(to("2001:db9::7"), passes());
}

TEST_CASE("address_ipv6: protocol and ports, first and last of a range and one beyond each")
{
    const std::string target = "2001:db8:2::7/128";
    Edge edge(blocking({block_prefix(target, R"(, "protocol": "tcp", "ports": ["8000-8100"])")}));
    edge.expect(to("2001:db8:2::7", 7999), passes());
    edge.expect(to("2001:db8:2::7", 8000), drops(target));
    edge.expect(to("2001:db8:2::7", 8100), drops(target));
    edge.expect(to("2001:db8:2::7", 8101), passes());
}

TEST_CASE("address_ipv6: uplink interface judges the source, not the destination")
{
    Edge edge(blocking({block_prefix("2001:db8:2::7/128")}), {.role = INTERDICT_ROLE_UPLINK});
    edge.expect(Ethernet{} / IPv6{.source = "2001:db8:2::7", .destination = "2001:db8:1::1"} /
                    Tcp{.source_port = 443},
                drops("2001:db8:2::7/128"));
    edge.expect(to("2001:db8:2::7"), passes());
}

TEST_CASE("address_ipv6: no rule of the other family is hit by bytes that look alike")
{
    Edge edge(blocking(
        {block_prefix("192.0.2.7/32"), block_prefix("198.51.0.0/16"), block_prefix("2001:db8:2::7/128")}));
    edge.expect(to("::ffff:192.0.2.7"), passes());
    edge.expect(to("c000:207::"), passes());
    edge.expect(to("::192.0.2.7"), passes());
    edge.expect(Ethernet{} / IPv4{.destination = "32.1.13.184"} / Tcp{}, passes());
}
