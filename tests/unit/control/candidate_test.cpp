// SPDX-License-Identifier: Apache-2.0
#include "control/candidate.h"

#include <catch2/catch_test_macros.hpp>

#include "control/canaries.h"
#include "orders.h"

using namespace interdict;
using namespace interdict::control;
using namespace interdict::control::test;

namespace {

constexpr std::int64_t kNow = 1'800'000'000;

guard::Canary canary(const std::string& name)
{
    return {.name = name, .address = {}, .list = "the operator's"};
}

} // namespace

TEST_CASE("an order that ends this second has expired, one that ends the next has not")
{
    std::vector<order::Order> orders{order_of("a", {name("one.example")}),
                                     order_of("b", {name("two.example")})};
    orders[0].expires = kNow;
    orders[1].expires = kNow + 1;
    const auto expired = drop_expired(orders, kNow);
    CHECK(expired.orders == 1);
    CHECK(expired.targets == 0);
    CHECK(orders[0].status == order::Status::Expired);
    CHECK(orders[1].status == order::Status::Active);
}

TEST_CASE("an expired target goes, its order stays")
{
    std::vector<order::Order> orders{order_of("a", {name("one.example"), name("two.example")})};
    orders[0].targets[0].expires = kNow;
    CHECK(drop_expired(orders, kNow).targets == 1);
    CHECK(texts(orders[0]) == std::vector<std::string>{"two.example and below"});
}

TEST_CASE("a candidate keeps the ids of the live rules and is the same for the same orders")
{
    const std::vector<order::Order> orders{order_of("a", {name("one.example"), name("two.example")})};
    const auto first = make_candidate(orders, {}, {}, kNow);
    REQUIRE(first);
    const auto again = make_candidate(orders, {}, first->rules, kNow);
    REQUIRE(again);
    CHECK(again->digest == first->digest);
    CHECK(again->diff.empty());
    const auto less = make_candidate({order_of("a", {name("two.example")})}, {}, first->rules, kNow);
    REQUIRE(less);
    CHECK(less->diff.removed.size() == 1);
    CHECK(less->diff.kept.size() == 1);
    CHECK(less->diff.added.empty());
}

TEST_CASE("a scope that nobody defined: no candidate")
{
    auto order = order_of("a", {name("one.example")});
    order.scope = {"nowhere"};
    CHECK_FALSE(make_candidate({order}, {}, {}, kNow));
}

TEST_CASE("a canary below a blocked name is blocked, one above or beside it is not")
{
    const auto made = make_candidate({order_of("a", {name("one.example")})}, {}, {}, kNow);
    REQUIRE(made);
    const auto blocked =
        blocked_canaries(made->rules, std::vector{canary("two.example"), canary("www.one.example")}, kNow);
    REQUIRE(blocked.size() == 1);
    CHECK(blocked[0].index == 1);
    CHECK(blocked[0].by == name("one.example").target);
    CHECK(blocked[0].text ==
          "www.one.example, which must pass (the operator's), would be blocked by order a: one.example "
          "and below");
    CHECK(blocked_canaries(made->rules, std::vector{canary("example")}, kNow).empty());
    CHECK(blocked_canaries(made->rules, std::vector{canary("two.example")}, kNow).empty());
}

TEST_CASE("a canary is judged when a rule begins, too; an order that observes blocks none")
{
    auto later = order_of("a", {name("one.example")});
    later.effective = kNow + 1000;
    const auto made = make_candidate({later}, {}, {}, kNow);
    REQUIRE(made);
    CHECK(blocked_canaries(made->rules, std::vector{canary("one.example")}, kNow).size() == 1);
    later.mode = order::Mode::Observe;
    const auto observing = make_candidate({later}, {}, {}, kNow);
    REQUIRE(observing);
    CHECK(blocked_canaries(observing->rules, std::vector{canary("one.example")}, kNow).empty());
}

TEST_CASE("a canary address inside of a blocked prefix is blocked")
{
    auto item = address("198.51.100.0");
    item.target.address.prefix.length = 24;
    const auto made = make_candidate({order_of("a", {item})}, {}, {}, kNow);
    REQUIRE(made);
    const auto inside = [&](const std::string& text) {
        return !blocked_canaries(made->rules,
                                 std::vector{guard::Canary{
                                     .name = {}, .address = *order::parse_address(text), .list = "l"}},
                                 kNow)
                    .empty();
    };
    CHECK(inside("198.51.100.255"));
    CHECK_FALSE(inside("198.51.101.0"));
}
