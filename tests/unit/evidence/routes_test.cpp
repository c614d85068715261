// SPDX-License-Identifier: Apache-2.0
#include "evidence/routes.h"

#include <catch2/catch_test_macros.hpp>

#include "unit/evidence/exporting.h"

using namespace interdict;
using namespace interdict::evidence;
using namespace interdict::evidence::test;

namespace {

template <class Write, class... Args>
Lines routes(const Given& given, Write write, const Args&... args)
{
    auto selection = given.select(Carrier::Router);
    return bare(to_text([&](Output& out) -> Result<void> {
                    write(selection, args..., out);
                    return {};
                }).value());
}

order::Order addresses()
{
    auto order = make_order("o", {"192.0.2.7/32", "2001:db8::/48", "192.0.2.9/32", "192.0.2.8/32"});
    order.targets[2].target.address.protocol = 6;
    order.targets[2].target.address.ports = {{443, 443}, {8000, 8100}};
    order.targets[1].target.address.protocol = 0;
    return order;
}

} // namespace

TEST_CASE("exabgp: one route for each whole address, never aggregated, none with ports")
{
    CHECK(routes({{addresses()}}, write_exabgp_blackhole, RouteOptions{}) ==
          Lines{"announce route 192.0.2.7/32 next-hop self community [65535:666]",
                "announce route 192.0.2.8/32 next-hop self community [65535:666]",
                "announce route 2001:db8::/48 next-hop self community [65535:666]"});
}

TEST_CASE("exabgp: next hops and community of the operator's choice")
{
    RouteOptions options{.next_hop_v4 = "192.0.2.1", .next_hop_v6 = "100::1"};
    options.community[0] = 64500;
    options.community[1] = 9;
    const auto lines = routes({{addresses()}}, write_exabgp_blackhole, options);
    CHECK(lines.front() == "announce route 192.0.2.7/32 next-hop 192.0.2.1 community [64500:9]");
    CHECK(lines.back() == "announce route 2001:db8::/48 next-hop 100::1 community [64500:9]");
}

TEST_CASE("routes: two orders on one address are one route that cites both")
{
    auto selection_of = Given{{make_order("a", {"192.0.2.7/32"}), make_order("b", {"192.0.2.7/32"})}};
    auto selection = selection_of.select(Carrier::Router);
    const auto text = to_text([&](Output& out) -> Result<void> {
                          write_exabgp_blackhole(selection, {}, out);
                          return {};
                      }).value();
    CHECK(text.find("# a b\nannounce route 192.0.2.7/32") != std::string::npos);
    CHECK(bare(text).size() == 1);
}

TEST_CASE("routes: expired and held addresses are in none of the four")
{
    auto order = make_order("o", {"192.0.2.7/32", "192.0.2.8/32"});
    order.targets[0].expires = kStart + 1;
    const Given given{{order}, {}, {{0, 1}}};
    CHECK(routes(given, write_exabgp_blackhole, RouteOptions{}).empty());
    CHECK(routes(given, write_exabgp_flowspec).empty());
    for (const auto& line : routes(given, write_bird_blackhole, RouteOptions{}))
        CHECK(line.find("192.0.2.") == std::string::npos);
    for (const auto& line : routes(given, write_bird_flowspec))
        CHECK(line.find("192.0.2.") == std::string::npos);
}

TEST_CASE("exabgp: FlowSpec says protocol and ports")
{
    CHECK(
        routes({{addresses()}}, write_exabgp_flowspec) ==
        Lines{"announce flow route { match { destination 192.0.2.7/32; } then { rate-limit 0; } }",
              "announce flow route { match { destination 192.0.2.8/32; } then { rate-limit 0; } }",
              "announce flow route { match { destination 192.0.2.9/32; protocol =6; destination-port [ =443 "
              ">=8000&<=8100 ]; } then { rate-limit 0; } }",
              "announce flow route { match { destination 2001:db8::/48; } then { rate-limit 0; } }"});
}

TEST_CASE("bird: a table and a static protocol for each family")
{
    CHECK(routes({{addresses()}}, write_bird_blackhole, RouteOptions{}) ==
          Lines{"ipv4 table interdict_blackhole4;", "protocol static interdict_blackhole4_routes {",
                "    ipv4 { table interdict_blackhole4; };",
                "    route 192.0.2.7/32 blackhole { bgp_community.add((65535, 666)); };",
                "    route 192.0.2.8/32 blackhole { bgp_community.add((65535, 666)); };", "}",
                "ipv6 table interdict_blackhole6;", "protocol static interdict_blackhole6_routes {",
                "    ipv6 { table interdict_blackhole6; };",
                "    route 2001:db8::/48 blackhole { bgp_community.add((65535, 666)); };", "}"});
}

TEST_CASE("bird: FlowSpec with traffic-rate 0")
{
    const auto lines = routes({{addresses()}}, write_bird_flowspec);
    CHECK(lines[0] == "flow4 table interdict_flowspec4;");
    CHECK(lines[5] == "    route flow4 { dst 192.0.2.9/32; proto 6; dport 443,8000..8100; } { "
                      "bgp_ext_community.add((generic, 0x80060000, 0x0)); };");
}
