// SPDX-License-Identifier: Apache-2.0
#include "control/deadlines.h"

#include <catch2/catch_test_macros.hpp>

#include "orders.h"

using namespace interdict;
using namespace interdict::control;
using namespace interdict::control::test;

TEST_CASE("countdown: hours, days, and beyond the deadline")
{
    CHECK(countdown(0) == "00:00:00");
    CHECK(countdown(59) == "00:00:59");
    CHECK(countdown(86399) == "23:59:59");
    CHECK(countdown(86400) == "1 d 00:00:00");
    CHECK(countdown(-61) == "- 00:01:01");
}

TEST_CASE("a deadline runs, is overdue a second after it, and was missed when it was proven late")
{
    auto book = book::Book::in_memory();
    REQUIRE(book);
    auto order = order_of("a", {name("one.example")});
    order.effective = 1000;
    order.comply_within = 500;
    REQUIRE(book->orders().add({.order = order}, "cli", kAna));
    const auto state = [&](std::int64_t time) {
        const auto found = deadlines(*book, time);
        REQUIRE(found);
        REQUIRE(found->size() == 1);
        return found->at(0);
    };
    CHECK(state(1400).state == Deadline::State::Running);
    CHECK(state(1400).left == 100);
    CHECK(state(1500).state == Deadline::State::Running);
    CHECK(state(1501).state == Deadline::State::Overdue);
    CHECK(furthest(state(1501).delivery) == "imported");
    const book::Act late{.actor = "ana", .reason = {}, .document = {}, .time = 1600};
    for (const auto fact : {book::Fact::Staged, book::Fact::Published, book::Fact::Proven})
        REQUIRE(book->facts().note(fact, 1, std::string(64, '0'), 1, late));
    CHECK(state(2000).state == Deadline::State::Missed);
    CHECK(state(2000).left == -100);
}

TEST_CASE("proven in time: the deadline is gone")
{
    auto book = book::Book::in_memory();
    REQUIRE(book);
    auto order = order_of("a", {name("one.example")});
    order.effective = 1000;
    order.comply_within = 500;
    REQUIRE(book->orders().add({.order = order}, "cli", kAna));
    for (const auto fact : {book::Fact::Staged, book::Fact::Published, book::Fact::Proven})
        REQUIRE(book->facts().note(fact, 1, std::string(64, '0'), 1, kAna));
    const auto found = deadlines(*book, 5000);
    REQUIRE(found);
    CHECK(found->empty());
}
