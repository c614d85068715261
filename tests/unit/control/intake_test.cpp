// SPDX-License-Identifier: Apache-2.0
#include "control/intake.h"

#include <catch2/catch_test_macros.hpp>

#include "control/review.h"
#include "guards.h"
#include "orders.h"

using namespace interdict;
using namespace interdict::control;
using namespace interdict::control::test;

namespace {

book::Book empty_book()
{
    auto book = book::Book::in_memory();
    REQUIRE(book);
    return *std::move(book);
}

void take(book::Book& book, const guard::Guard& guard, std::vector<order::Order> orders)
{
    const auto vetted = Intake(book, guard).vet(std::move(orders));
    REQUIRE(vetted);
    REQUIRE(book.orders().replace("file", vetted->orders, kAna));
}

std::vector<order::Order> in_force(const book::Book& book)
{
    auto orders = book.orders().in_force();
    REQUIRE(orders);
    return *std::move(orders);
}

} // namespace

TEST_CASE("a target that collides is held with its reason, its neighbours pass")
{
    const auto book = empty_book();
    const auto guard = guard_of({"ours.example"});
    const auto vetted =
        Intake(book, guard).vet({order_of("a", {name("free.example"), name("www.ours.example")})});
    REQUIRE(vetted);
    CHECK(vetted->passed == 1);
    REQUIRE(vetted->held.size() == 1);
    CHECK(vetted->held[0].order == "a");
    CHECK(to_string(vetted->held[0].target) == "www.ours.example and below");
    CHECK_FALSE(vetted->held[0].known);
    REQUIRE(vetted->orders.size() == 1);
    REQUIRE(vetted->orders[0].held.size() == 1);
    CHECK(vetted->orders[0].held[0].item == 1);
    CHECK(vetted->orders[0].held[0].reason == vetted->held[0].finding.reason);
}

TEST_CASE("what is held stays held when the list lets go of it and the same order comes again")
{
    auto book = empty_book();
    take(book, guard_of({"ours.example"}), {order_of("a", {name("ours.example"), name("free.example")})});
    const auto open = guard_of({});
    const auto vetted = Intake(book, open).vet({order_of("a", {name("ours.example"), name("free.example")})});
    REQUIRE(vetted);
    REQUIRE(vetted->held.size() == 1);
    CHECK(vetted->held[0].known);
    take(book, open, {order_of("a", {name("ours.example"), name("free.example")})});
    CHECK(texts(in_force(book).at(0)) == std::vector<std::string>{"free.example and below"});
}

TEST_CASE("what two persons have let through passes again")
{
    auto book = empty_book();
    const auto guard = guard_of({"ours.example"});
    take(book, guard, {order_of("a", {name("ours.example")})});
    const auto number = book.proposals().propose({.kind = book::ProposalKind::Override,
                                                  .order = "a",
                                                  .item = name("ours.example"),
                                                  .of = {},
                                                  .evidence = "{}",
                                                  .proposer = "ana",
                                                  .decider = {},
                                                  .reason = "drill"},
                                                 kAna);
    REQUIRE(number);
    REQUIRE(
        book.proposals().decide(*number, true, {.actor = "ben", .reason = {}, .document = {}, .time = 1001}));
    const auto vetted = Intake(book, guard).vet({order_of("a", {name("ours.example")})});
    REQUIRE(vetted);
    CHECK(vetted->held.empty());
    CHECK(vetted->passed == 1);
    auto orders = in_force(book);
    const auto review = Review::make(book, guard, orders);
    REQUIRE(review);
    CHECK(review->held().empty());
    CHECK(orders.at(0).targets.size() == 1);
}

TEST_CASE("a review holds what collides now, and proposes what is free now; nothing is let through by itself")
{
    auto book = empty_book();
    take(book, guard_of({"ours.example"}), {order_of("a", {name("ours.example"), name("theirs.example")})});
    const auto other = guard_of({"theirs.example"});
    REQUIRE(Review::done(book, other) == false);
    auto orders = in_force(book);
    const auto review = Review::make(book, other, orders);
    REQUIRE(review);
    CHECK(orders.at(0).targets.empty());
    REQUIRE(review->held().size() == 1);
    CHECK(to_string(review->held()[0].target) == "theirs.example and below");
    REQUIRE(review->releasable().size() == 1);
    REQUIRE(review->write(book, kAna));
    REQUIRE(Review::set_done(book, other));
    CHECK(Review::done(book, other) == true);
    const auto held = book.orders().held();
    REQUIRE(held);
    CHECK(held->size() == 2);
    const auto proposals = book.proposals().all(book::ProposalState::Open);
    REQUIRE(proposals);
    REQUIRE(proposals->size() == 1);
    CHECK(to_string(proposals->at(0).item.target) == "ours.example and below");
    CHECK(proposals->at(0).proposer == "guard");
}
