// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

#include <array>
#include <set>

#include <catch2/matchers/catch_matchers_string.hpp>

using namespace interdict;
using namespace interdict::book;
using namespace interdict::testing;
using Catch::Matchers::ContainsSubstring;
using order::Status;

TEST_CASE("the life cycle: every step from every status, and no other")
{
    const std::set<std::pair<Status, Status>> possible{
        {Status::Draft, Status::Interim},  {Status::Draft, Status::Active},
        {Status::Draft, Status::Lifted},   {Status::Interim, Status::Active},
        {Status::Interim, Status::Stayed}, {Status::Interim, Status::Final},
        {Status::Interim, Status::Lifted}, {Status::Interim, Status::Expired},
        {Status::Active, Status::Stayed},  {Status::Active, Status::Final},
        {Status::Active, Status::Lifted},  {Status::Active, Status::Expired},
        {Status::Stayed, Status::Interim}, {Status::Stayed, Status::Active},
        {Status::Stayed, Status::Final},   {Status::Stayed, Status::Lifted},
        {Status::Stayed, Status::Expired}, {Status::Varied, Status::Stayed},
        {Status::Varied, Status::Final},   {Status::Varied, Status::Lifted},
        {Status::Varied, Status::Expired}, {Status::Final, Status::Stayed},
        {Status::Final, Status::Lifted},   {Status::Final, Status::Expired}};
    const BookDirectory directory;
    Book book = directory.open();
    for (int from = 0; from <= static_cast<int>(Status::Expired); ++from)
        for (int to = 0; to <= static_cast<int>(Status::Expired); ++to) {
            const auto before = static_cast<Status>(from);
            const auto after = static_cast<Status>(to);
            Incoming in =
                incoming(fmt::format("{}-{}", to_string(before), to_string(after)), {name("a.example")});
            in.order.status = before;
            must(book.orders().add(in, "cli", act()));
            INFO(in.order.id);
            const bool can = possible.contains({before, after});
            CHECK(book.orders().step(in.order.id, after, act(kNoon + 1)).has_value() == can);
            const auto record = must(book.orders().find(in.order.id));
            CHECK(record->order.status == (can ? after : before));
            CHECK(record->changed == (can ? kNoon + 1 : kNoon));
        }
}

TEST_CASE("a step that cannot follow says what can")
{
    const BookDirectory directory;
    Book book = directory.open();
    Incoming in = incoming("o", {name("a.example")});
    in.order.status = Status::Draft;
    must(book.orders().add(in, "cli", act()));
    CHECK(error_of(book.orders().step("o", Status::Stayed, act())) ==
          "order o is draft and cannot become stayed; it can become interim, active or lifted");
    must(book.orders().step("o", Status::Active, act()));
    CHECK(error_of(book.orders().step("o", Status::Active, act())) == "order o is active already");
    CHECK_THAT(error_of(book.orders().step("o", Status::Varied, act())),
               ContainsSubstring("use interdict order vary"));
    must(book.orders().step("o", Status::Lifted, act()));
    CHECK_THAT(error_of(book.orders().step("o", Status::Active, act())),
               ContainsSubstring("is lifted, which is the end"));
    CHECK(error_of(book.orders().step("none", Status::Active, act())) ==
          "there is no order none; interdict order list shows them");
}

TEST_CASE("a stayed order gives no rules until it is active again")
{
    const BookDirectory directory;
    Book book = directory.open();
    must(book.orders().add(incoming("o", {name("a.example")}), "cli", act()));
    must(book.orders().step("o", Status::Stayed, act()));
    CHECK(must(book.orders().in_force()).empty());
    must(book.orders().step("o", Status::Active, act()));
    CHECK(must(book.orders().in_force()).size() == 1);
}

TEST_CASE("facts: imported at once; staged, published and proven for all changes up to a number")
{
    const BookDirectory directory;
    Book book = directory.open();
    Incoming in = incoming("o", {name("a.example")});
    in.order.comply_within = 1800;
    must(book.orders().add(in, "cli", act(kNoon)));
    const std::int64_t first = must(book.journal().last());
    must(book.orders().add_item("o", name("b.example"), "", "", act(kNoon + 60)));
    must(book.facts().note(Fact::Staged, 7, "d", first, act(kNoon + 70)));
    must(book.facts().note(Fact::Published, 7, "d", first, act(kNoon + 80)));

    auto deliveries = must(book.facts().deliveries("o"));
    REQUIRE(deliveries.size() == 2);
    CHECK(deliveries[0].change == first);
    CHECK(deliveries[0].generation == 7);
    CHECK(deliveries[0].imported == kNoon);
    CHECK(deliveries[0].staged == kNoon + 70);
    CHECK(deliveries[0].published == kNoon + 80);
    CHECK(deliveries[0].proven == 0);
    CHECK(deliveries[0].due == kNoon + 1800);
    CHECK(deliveries[1].generation == 0);
    CHECK(deliveries[1].staged == 0);
    CHECK(deliveries[1].due == kNoon + 60 + 1800);
    CHECK(must(book.facts().due()).size() == 2);

    // The second change is not published yet and so cannot be proven.
    must(book.facts().note(Fact::Proven, 7, "d", must(book.journal().last()), act(kNoon + 1799)));
    deliveries = must(book.facts().deliveries("o"));
    CHECK(deliveries[0].proven == kNoon + 1799);
    CHECK(deliveries[1].proven == 0);
    const auto due = must(book.facts().due());
    REQUIRE(due.size() == 1);
    CHECK(due[0].change == deliveries[1].change);

    // A second generation changes nothing of what was noted before, and is late for the second change.
    must(book.facts().note(Fact::Published, 8, "e", must(book.journal().last()), act(kNoon + 5000)));
    must(book.facts().note(Fact::Proven, 8, "e", must(book.journal().last()), act(kNoon + 5001)));
    deliveries = must(book.facts().deliveries("o"));
    CHECK(deliveries[0].generation == 7);
    CHECK(deliveries[0].published == kNoon + 80);
    CHECK(deliveries[1].generation == 8);
    CHECK(deliveries[1].staged == 0);
    CHECK(deliveries[1].proven == kNoon + 5001);
    CHECK(must(book.facts().due()).size() == 1);
}

TEST_CASE(
    "the deadline runs from effect or receipt, whichever is later; proven in its last second is in time")
{
    const BookDirectory directory;
    Book book = directory.open();
    Incoming later = incoming("later", {name("a.example")});
    later.order.effective = kNoon + 1000;
    later.order.comply_within = 60;
    Incoming none = incoming("none", {name("a.example")});
    Incoming draft = incoming("draft", {name("a.example")});
    draft.order.status = Status::Draft;
    draft.order.comply_within = 10;
    Incoming sooner = incoming("sooner", {name("a.example")});
    sooner.order.comply_within = 0;
    for (const Incoming& in : {later, none, draft, sooner})
        must(book.orders().add(in, "cli", act()));
    auto due = must(book.facts().due());
    REQUIRE(due.size() == 2);
    CHECK(due[0].order == "sooner");
    CHECK(due[0].due == kNoon);
    CHECK(due[1].order == "later");
    CHECK(due[1].due == kNoon + 1060);
    must(book.orders().step("draft", Status::Active, act(kNoon + 5)));
    CHECK(must(book.facts().deliveries("draft")).at(1).due == kNoon + 15);

    const std::int64_t last = must(book.journal().last());
    must(book.facts().note(Fact::Published, 1, "", last, act(kNoon + 15)));
    must(book.facts().note(Fact::Proven, 1, "", last, act(kNoon + 15)));
    due = must(book.facts().due());
    REQUIRE(due.size() == 1); // "draft" and "later" were in time
    CHECK(due[0].order == "sooner");
    CHECK(due[0].proven == kNoon + 15);
}
