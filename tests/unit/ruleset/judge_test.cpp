// SPDX-License-Identifier: Apache-2.0
#include "ruleset/judge.h"

#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "ruleset/compile.h"
#include "unit/ruleset/builder.h"

using namespace interdict;
using namespace interdict::ruleset;
using namespace interdict::ruleset::test;
using order::Order;
using Outcome = Judgement::Outcome;

namespace {

constexpr Circumstances kNow{.scopes = 0, .time = kStart};

Packet packet(const char* address, std::uint8_t protocol = 6, std::optional<std::uint16_t> port = 443)
{
    return {order::parse_address(address).value(), protocol, port};
}

Outcome tls(const Ruleset& ruleset, std::string_view name)
{
    return judge(ruleset, name, INTERDICT_CHANNEL_TLS, kNow).outcome;
}

} // namespace

TEST_CASE("names: subtree by whole labels, exact by the name alone, any case, one final dot")
{
    const std::vector orders{make_order("o", {"a.example", "=b.example"})};
    const Ruleset ruleset = compile(orders, {}).value();
    for (const char* name :
         {"a.example", "A.EXAMPLE", "a.example.", "x.a.example", "x.y.a.example", "b.example"})
        CHECK(tls(ruleset, name) == Outcome::Fire);
    for (const char* name : {"example", "xa.example", "a.example.org", "x.b.example", "", ".", "a.example.."})
        CHECK(tls(ruleset, name) == Outcome::Pass);
}

TEST_CASE("names: only by the rule's means")
{
    std::vector orders{make_order("o", {"a.example"})};
    orders[0].means = INTERDICT_MEANS(INTERDICT_CHANNEL_DNS);
    const Ruleset ruleset = compile(orders, {}).value();
    CHECK(tls(ruleset, "a.example") == Outcome::Pass);
    CHECK(judge(ruleset, "a.example", INTERDICT_CHANNEL_DNS, kNow).outcome == Outcome::Fire);
}

TEST_CASE("names: of more than 16 labels, the whole and the last 16 are looked up")
{
    const std::string sixteen = "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.example";
    const std::string exact = "=x.y." + sixteen;
    const std::vector orders{make_order("o", {sixteen, std::string_view(exact)})};
    const Ruleset ruleset = compile(orders, {}).value();
    CHECK(judge(ruleset, "x.y." + sixteen, INTERDICT_CHANNEL_TLS, kNow).rule->id() == 2);
    CHECK(judge(ruleset, "y." + sixteen, INTERDICT_CHANNEL_TLS, kNow).rule->id() == 1);
}

TEST_CASE("the window: from not_before on, until before not_after")
{
    std::vector orders{make_order("o", {"a.example"})};
    orders[0].expires = kEnd;
    const Ruleset ruleset = compile(orders, {}).value();
    const auto at = [&](std::int64_t time) {
        return judge(ruleset, "a.example", INTERDICT_CHANNEL_TLS, {.scopes = 0, .time = time}).outcome;
    };
    CHECK(at(kStart - 1) == Outcome::Pass);
    CHECK(at(kStart) == Outcome::Fire);
    CHECK(at(kEnd - 1) == Outcome::Fire);
    CHECK(at(kEnd) == Outcome::Pass);
    CHECK(at(-1) == Outcome::Pass);
}

TEST_CASE("scope: any of the rule's bits, or none of its own")
{
    std::vector orders{make_order("o", {"a.example"}), make_order("p", {"b.example"})};
    orders[0].scope = {"s1", "s2"};
    const Ruleset ruleset = compile(orders, {{.name = "s0"}, {.name = "s1"}, {.name = "s2"}}).value();
    const auto in = [&](std::string_view name, std::uint32_t scopes) {
        return judge(ruleset, name, INTERDICT_CHANNEL_TLS, {.scopes = scopes, .time = kStart}).outcome;
    };
    CHECK(in("a.example", 0) == Outcome::Pass);
    CHECK(in("a.example", 1) == Outcome::Pass);
    CHECK(in("a.example", 2) == Outcome::Fire);
    CHECK(in("a.example", 5) == Outcome::Fire);
    CHECK(in("b.example", 0) == Outcome::Fire);
}

TEST_CASE("observe: counted, and the search goes on to the ancestors")
{
    std::vector orders{make_order("o", {"x.a.example"}), make_order("p", {"a.example"})};
    orders[0].mode = order::Mode::Observe;
    const Ruleset ruleset = compile(orders, {}).value();
    const Judgement judgement = judge(ruleset, "x.a.example", INTERDICT_CHANNEL_TLS, kNow);
    CHECK(judgement.outcome == Outcome::Fire);
    CHECK(judgement.rule->id() == 2);
    REQUIRE(judgement.observed.size() == 1);
    CHECK(judgement.observed[0]->id() == 1);
}

TEST_CASE("addresses: the longest prefix that applies fires")
{
    std::vector orders{
        make_order("o", {"192.0.2.0/24", "192.0.2.128/25", "192.0.2.130/32", "2001:db8::/32"})};
    orders[0].targets[2].target.address.protocol = 17;
    const Ruleset ruleset = compile(orders, {}).value();
    const auto fires = [&](const Packet& of) {
        const Judgement judgement = judge(ruleset, of, kNow);
        return judgement.rule ? judgement.rule->id() : 0;
    };
    CHECK(fires(packet("192.0.1.255")) == 0);
    CHECK(fires(packet("192.0.2.0")) == 1);
    CHECK(fires(packet("192.0.2.127")) == 1);
    CHECK(fires(packet("192.0.2.128")) == 2);
    CHECK(fires(packet("192.0.2.130", 17)) == 3);
    CHECK(fires(packet("192.0.2.130", 6)) == 2);
    CHECK(fires(packet("192.0.3.0")) == 0);
    CHECK(fires(packet("2001:db8:ffff::1")) == 4);
    CHECK(fires(packet("2001:db9::1")) == 0);
}

TEST_CASE("addresses: ports, first and last of a range, and none at all")
{
    std::vector orders{make_order("o", {"192.0.2.7/32"})};
    orders[0].targets[0].target.address.protocol = 6;
    orders[0].targets[0].target.address.ports = {{80, 80}, {8000, 8100}};
    const Ruleset ruleset = compile(orders, {}).value();
    const auto fires = [&](std::uint8_t protocol, std::optional<std::uint16_t> port) {
        return judge(ruleset, packet("192.0.2.7", protocol, port), kNow).outcome == Outcome::Fire;
    };
    CHECK(fires(6, 80));
    CHECK_FALSE(fires(6, 81));
    CHECK_FALSE(fires(6, 7999));
    CHECK(fires(6, 8000));
    CHECK(fires(6, 8100));
    CHECK_FALSE(fires(6, 8101));
    CHECK_FALSE(fires(17, 80));
    CHECK_FALSE(fires(6, std::nullopt));
}
