// SPDX-License-Identifier: Apache-2.0
#include "control/in_place.h"

#include <functional>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "control/patcher.h"
#include "orders.h"
#include "ruleset/compile.h"

using namespace interdict;
using namespace interdict::control;
using namespace interdict::control::test;

namespace {

std::vector<std::string> reached(const order::Order& before, const order::Order& after)
{
    const auto reach = reach_of(before, after);
    CHECK(reach.unbounded.empty());
    std::vector<std::string> out;
    for (const auto& target : reach.targets)
        out.push_back(to_string(target));
    return out;
}

const std::vector<std::string> kBothTwice{"a.example and below", "b.example and below", "a.example and below",
                                          "b.example and below"};

} // namespace

TEST_CASE("reach: an order that is the same reaches nothing, a new one all of its targets")
{
    const auto order = order_of("one", {name("a.example"), name("b.example")});
    CHECK(reached(order, order).empty());
    CHECK(reached(order::Order(), order) ==
          std::vector<std::string>{"a.example and below", "b.example and below"});
}

TEST_CASE("reach: of two lists what only one of them has, and what ends at another time")
{
    const auto before = order_of("one", {name("a.example"), name("b.example"), name("c.example")});
    auto after = order_of("one", {name("b.example"), name("c.example"), name("d.example")});
    CHECK(reached(before, after) == std::vector<std::string>{"a.example and below", "d.example and below"});
    after = before;
    after.targets[1].expires = 4000000000;
    CHECK(reached(before, after) == std::vector<std::string>{"b.example and below", "b.example and below"});
    after = before;
    after.targets[1].target.name.match = order::Match::Exact;
    CHECK(reached(before, after) == std::vector<std::string>{"b.example and below", "b.example"});
}

TEST_CASE("reach: a condition of the order changes every rule of it")
{
    const auto before = order_of("one", {name("a.example"), name("b.example")});
    using Change = std::function<void(order::Order&)>;
    const Change changes[] = {
        [](auto& order) { order.kind = order::Kind::AdministrativeOrder; },
        [](auto& order) { order.authority = "Other Court"; },
        [](auto& order) { order.reference = "other"; },
        [](auto& order) { order.jurisdiction = "YY"; },
        [](auto& order) { order.issued = 1; },
        [](auto& order) { order.effective = 1; },
        [](auto& order) { order.expires = 4000000000; },
        [](auto& order) { order.comply_within = 60; },
        [](auto& order) { order.means = INTERDICT_MEANS(INTERDICT_CHANNEL_TLS); },
        [](auto& order) { order.scope = {"cable"}; },
        [](auto& order) { order.mode = order::Mode::Observe; },
        [](auto& order) { order.notice.text = "blocked"; },
        [](auto& order) { order.exempt.push_back({.name = "www.a.example", .match = order::Match::Exact}); },
        [](auto& order) { order.status = order::Status::Stayed; },
        [](auto& order) { order.status = order::Status::Draft; },
    };
    for (const auto& change : changes) {
        auto after = before;
        change(after);
        CAPTURE(&change - changes);
        CHECK(reached(before, after) == kBothTwice);
    }
}

TEST_CASE("reach: a step between two states that both give rules reaches nothing")
{
    const auto before = order_of("one", {name("a.example"), name("b.example")});
    auto after = before;
    after.status = order::Status::Final;
    CHECK(reached(before, after).empty());
}

TEST_CASE("a plan without a plane, or of a step without bounds, is a whole generation")
{
    auto book = *book::Book::in_memory();
    const Edge nothing;
    const auto unbounded = look_before(book, nothing, {.targets = {}, .unbounded = "an import"});
    REQUIRE(unbounded);
    CHECK(unbounded->whole == "an import");
    const auto bounded = look_before(book, nothing, {.targets = {name("a.example").target}, .unbounded = {}});
    REQUIRE(bounded);
    CHECK(bounded->whole == "nothing is live that could be changed");
    Edge edge;
    const auto plan = plan_change(book, edge, *bounded, {}, 1000);
    REQUIRE(plan);
    CHECK_FALSE(plan->change);
    CHECK(plan->whole == bounded->whole);
}

TEST_CASE("canaries that a change may touch: on a target, below it or inside it, not beside or above")
{
    std::vector<guard::Canary> canaries;
    for (const char* text : {"a.example", "www.a.example", "example", "b.example", "aa.example"})
        canaries.push_back({.name = text, .address = {}, .list = "test"});
    for (const char* text : {"192.0.2.7", "192.0.3.7"})
        canaries.push_back({.name = {}, .address = *order::parse_address(text), .list = "test"});
    auto range = address("192.0.2.0");
    range.target.address.prefix = *order::parse_prefix("192.0.2.0/24");
    const auto rules = ruleset::compile(std::vector{order_of("one", {name("a.example"), range})}, {});
    REQUIRE(rules);
    const auto concerned = canaries_at(canaries, *rules);
    REQUIRE(concerned.size() == 3);
    CHECK(concerned[0].name == "a.example");
    CHECK(concerned[1].name == "www.a.example");
    CHECK(concerned[2].address == *order::parse_address("192.0.2.7"));
}
