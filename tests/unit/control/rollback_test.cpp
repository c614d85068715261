// SPDX-License-Identifier: Apache-2.0
#include "control/rollback.h"

#include <catch2/catch_test_macros.hpp>

#include "orders.h"
#include "ruleset/compile.h"

using namespace interdict;
using namespace interdict::control;
using namespace interdict::control::test;

using Texts = std::vector<std::string>;

TEST_CASE("back to an earlier set: what came later is left out, what stayed is published again")
{
    const std::vector<order::Order> then{order_of("a", {name("one.example"), name("two.example")})};
    const auto earlier = ruleset::compile(then, {});
    REQUIRE(earlier);
    auto made =
        roll_back(*earlier, {order_of("a", {name("one.example"), name("two.example"), name("three.example")}),
                             order_of("b", {name("one.example"), name("four.example")})});
    REQUIRE(made.in_force.size() == 1);
    CHECK(made.in_force[0].id == "a");
    CHECK(texts(made.in_force[0]) == Texts{"one.example and below", "two.example and below"});
    CHECK(made.left_out == 3);
    CHECK(made.gone.empty());
}

TEST_CASE("what is not in force any more never comes back: a lifted target, a lifted order")
{
    const std::vector<order::Order> then{order_of("a", {name("one.example"), name("two.example")}),
                                         order_of("b", {name("three.example")})};
    const auto earlier = ruleset::compile(then, {});
    REQUIRE(earlier);
    const auto made = roll_back(*earlier, {order_of("a", {name("one.example")})});
    REQUIRE(made.in_force.size() == 1);
    CHECK(texts(made.in_force[0]) == Texts{"one.example and below"});
    CHECK(made.gone == Texts{"a: two.example and below", "b: three.example and below"});
    CHECK(made.left_out == 0);
}

TEST_CASE("conditions are those of today, not of the earlier set")
{
    auto strict = order_of("a", {name("one.example")});
    const auto earlier = ruleset::compile(std::vector{strict}, {});
    REQUIRE(earlier);
    strict.mode = order::Mode::Observe;
    const auto made = roll_back(*earlier, {strict});
    REQUIRE(made.in_force.size() == 1);
    CHECK(made.in_force[0].mode == order::Mode::Observe);
}

TEST_CASE("one of two citing orders was lifted: the target comes back for the other one only")
{
    const std::vector<order::Order> then{order_of("a", {name("one.example")}),
                                         order_of("b", {name("one.example")})};
    const auto earlier = ruleset::compile(then, {});
    REQUIRE(earlier);
    const auto made = roll_back(*earlier, {order_of("b", {name("one.example")})});
    REQUIRE(made.in_force.size() == 1);
    CHECK(made.in_force[0].id == "b");
    CHECK(made.gone == Texts{"a: one.example and below"});
}
