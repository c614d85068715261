// SPDX-License-Identifier: Apache-2.0
//
// The short way of plain address rules (INTERDICT_TARGET_PLAIN), which a plane that reports does not take: it
// must decide and count as the rules' records would.
#include <cerrno>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>
#include <linux/bpf.h>

#include "base/clock.h"
#include "harness/orders.h"
#include "harness/plane.h"
#include "harness/plane_pool.h"
#include "image/image.h"
#include "order/parse.h"
#include "ruleset/compile.h"
#include "ruleset/near.h"

using namespace interdict;
using namespace interdict::harness;

namespace {

const std::string kAddress = "198.51.100.7/32";
const std::string kAddress6 = "2001:db8:2::7/128";
const std::string kOther = "203.0.113.9/32";

Packet to(const std::string& destination) { return Ethernet{} / IPv4{.destination = destination} / Tcp{}; }

} // namespace

TEST_CASE("plain: full addresses are dropped and counted, their neighbours are not")
{
    Edge edge(blocking({block_prefix(kAddress), block_prefix(kAddress6)}), {.report = false});
    edge.expect(to("198.51.100.7"), drops(kAddress));
    edge.expect(Ethernet{} / Vlan{.id = 9} / IPv4{.destination = "198.51.100.7"} / Udp{}, drops(kAddress));
    edge.expect(Ethernet{} / IPv6{.destination = "2001:db8:2::7"} / Tcp{}, drops(kAddress6));
    edge.expect(to("198.51.100.6"), passes());
    edge.expect(to("198.51.100.8"), passes());
    edge.expect(Ethernet{} / IPv6{.destination = "2001:db8:2::8"} / Tcp{}, passes());
    CHECK(edge.packets(kAddress) == 2);
}

TEST_CASE("plain: on an uplink the source counts, not the destination; with both roles either does")
{
    const Packet from = Ethernet{} / IPv4{.source = "198.51.100.7", .destination = "192.0.2.1"} / Tcp{};
    Edge uplink(blocking({block_prefix(kAddress)}), {.role = INTERDICT_ROLE_UPLINK, .report = false});
    uplink.expect(from, drops(kAddress));
    uplink.expect(to("198.51.100.7"), passes());
    Edge both(blocking({block_prefix(kAddress)}),
              {.role = INTERDICT_ROLE_UPLINK | INTERDICT_ROLE_SUBSCRIBER, .report = false});
    both.expect(from, drops(kAddress));
    both.expect(to("198.51.100.7"), drops(kAddress));
}

TEST_CASE("plain: with both roles a rule on the destination comes before a plain one on the source")
{
    // The destination's rule has a port, so its record is read.
    Edge edge(
        blocking({block_prefix(kAddress), block_prefix(kOther, R"(, "protocol": "tcp", "ports": [443])")}),
        {.role = INTERDICT_ROLE_UPLINK | INTERDICT_ROLE_SUBSCRIBER, .report = false});
    const Packet head = Ethernet{} / IPv4{.source = "198.51.100.7", .destination = "203.0.113.9"};
    edge.expect(head / Tcp{.destination_port = 443}, drops(kOther));
    edge.expect(head / Tcp{.destination_port = 80}, drops(kAddress));
}

TEST_CASE("plain: the last second of the rules' span, and the first after it")
{
    const auto end = parse_timestamp("2030-01-01T00:00:00Z").value();
    Edge edge(
        blocking({block_prefix(kAddress, R"(, "expires": "2030-01-01T00:00:00Z")"), block_prefix(kOther)}),
        {.report = false});
    edge.set_clock(end - 1);
    edge.expect(to("198.51.100.7"), drops(kAddress));
    edge.set_clock(end);
    edge.expect(to("198.51.100.7"), passes());
    // Beyond the span the records are read, and this one goes on.
    edge.set_clock(end);
    edge.expect(to("203.0.113.9"), drops(kOther));
}

TEST_CASE("plain: not before the order takes effect")
{
    const auto begin = parse_timestamp("2031-05-01T00:00:00Z").value();
    Edge edge(blocking({block_prefix(kAddress)}, R"(, "effective": "2031-05-01T00:00:00Z")"),
              {.report = false});
    edge.set_clock(begin - 1);
    edge.expect(to("198.51.100.7"), passes());
    edge.set_clock(begin);
    edge.expect(to("198.51.100.7"), drops(kAddress));
}

TEST_CASE("plain: a plane or an order that only observes drops nothing and counts")
{
    Edge plane(blocking({block_prefix(kAddress)}), {.observe = true, .report = false});
    plane.expect(to("198.51.100.7"), observes(kAddress));
    Edge order(blocking({block_prefix(kAddress)}, R"(, "mode": "observe")"), {.report = false});
    order.expect(to("198.51.100.7"), observes(kAddress));
}

TEST_CASE("plain: rules with ports, with an answer, or two on one address are judged by their records")
{
    Edge ports(blocking({block_prefix(kAddress, R"(, "protocol": "tcp", "ports": [443])")}),
               {.report = false});
    ports.expect(Ethernet{} / IPv4{.destination = "198.51.100.7"} / Tcp{.destination_port = 443},
                 drops(kAddress));
    ports.expect(Ethernet{} / IPv4{.destination = "198.51.100.7"} / Tcp{.destination_port = 444}, passes());
    Edge answer(blocking({block_prefix(kAddress)}, R"(, "actions": {"address": "reset"})"),
                {.report = false});
    answer.expect(to("198.51.100.7"), resets(kAddress));
}

TEST_CASE("plain: a prefix around a full address, each by its own rule")
{
    Edge edge(blocking({block_prefix(kAddress), block_prefix("198.51.100.0/24")}), {.report = false});
    edge.expect(to("198.51.100.7"), drops(kAddress));
    edge.expect(to("198.51.100.8"), drops("198.51.100.0/24"));
}

TEST_CASE("plain: among 20,500 addresses each counts for its own rule, wherever its counter is")
{
    constexpr std::uint32_t kAddresses = 20'500;
    std::string targets;
    const auto address = [](std::uint32_t i) {
        return fmt::format("{}.{}.{}.{}", 11 + i * 7 % 100, i >> 8 & 255, i & 255, i * 13 % 256);
    };
    for (std::uint32_t i = 0; i < kAddresses; ++i)
        targets += (i ? ", " : "") + block_prefix(address(i) + "/32");
    auto parsed = order::parse_orders(blocking({targets}), "orders");
    REQUIRE(parsed.ok());
    const auto rules = ruleset::compile(parsed.orders, {}).value();
    const auto image = image::build_image(rules).value();
    REQUIRE(image.header.near_blocks == kAddresses / INTERDICT_NEAR_BLOCK);
    auto plane = PooledPlane::take({.role = INTERDICT_ROLE_SUBSCRIBER}, true);
    if (!plane && (plane.error().code == EPERM || plane.error().code == ENOSYS))
        SKIP("no privilege to load BPF programs: " << plane.error().message);
    REQUIRE(plane);
    const auto staged = (*plane)->stage(image).value();
    std::vector<std::uint32_t> ids;
    for (const auto& rule : rules.rules)
        ids.push_back(rule.id());
    REQUIRE((*plane)->publish(staged, {.added = ids, .removed = {}}));
    plane->spoil();
    const auto& maps = (*plane)->maps();
    maps.control().flags &= ~static_cast<std::uint32_t>(INTERDICT_CONTROL_REPORT);
    auto runner = (*plane)->runner().value();
    std::map<std::string, std::uint32_t> id_of;
    std::size_t near = 0;
    for (const auto& rule : rules.rules) {
        id_of[order::to_string(rule.target)] = rule.id();
        near += ruleset::is_near(rule, image.header.near_blocks);
    }
    CHECK(near > kAddresses / 10 * 9);
    CHECK(near < kAddresses); // some are elsewhere, and are counted there
    std::uint64_t wrong = 0;
    for (std::uint32_t i = 0; i < kAddresses; ++i) {
        const auto frame = build(to(address(i)));
        const auto counter = id_of.at(address(i) + "/32");
        wrong += runner.run(frame).value().action != XDP_DROP;
        const auto hits = maps.counter(counter).value();
        wrong += hits.packets != 1 || hits.bytes != frame.size();
    }
    CHECK(wrong == 0);
    std::uint64_t sum = 0;
    for (const auto id : ids)
        sum += maps.counter(id)->packets;
    CHECK(sum == kAddresses);
}
