// SPDX-License-Identifier: Apache-2.0
#include "control/import.h"

#include <catch2/catch_test_macros.hpp>

#include "control/review.h"
#include "guards.h"
#include "harness/temporary.h"
#include "orders.h"

using namespace interdict;
using namespace interdict::control;
using namespace interdict::control::test;

namespace {

std::string basis(const std::string& reference)
{
    return R"({"id": "list", "kind": "administrative-order", "authority": "An authority", "jurisdiction": "IT",
 "issued": "2023-12-05", "effective": "2024-02-01T00:00:00Z", "reference": ")" +
           reference + R"("})";
}

// A feed that is polled: one name is the operator's own and held.
class Polled {
public:
    Polled()
    {
        REQUIRE(state.make());
        REQUIRE(Review::set_done(book, guard));
    }

    TakenList poll(const std::string& text, const std::string& reference = "1")
    {
        Import import;
        import.name = "list";
        import.received = ++time;
        import.basis = read_template(basis(reference), "template").value();
        REQUIRE(look_up(book, import));
        const ListText list{"list", text};
        REQUIRE(read_lists({&list, 1}, import, [](std::string_view, std::uint64_t, std::uint64_t) {}));
        auto imported = judge(import);
        REQUIRE(imported);
        known = imported->known;
        bounded = reach_of(import, *imported).unbounded.empty();
        places = reach_of(import, *imported).targets.size();
        written = false;
        auto taken = take(book, guard, state, kAna, import, *std::move(imported),
                          [&](std::string_view, std::uint64_t, std::uint64_t) { written = true; });
        REQUIRE(taken);
        CHECK(book.feeds().find("list").value()->fetched == time);
        return *std::move(taken);
    }

    testing::Temporary directory;
    State state{directory.path() / "state"};
    book::Book book = book::Book::in_memory().value();
    guard::Guard guard = guard_of({"ours.example"});
    std::int64_t time = 2'000'000'000;
    bool known = false;
    bool bounded = false;
    std::size_t places = 0; // that it may change
    bool written = false;   // the book's list was compared with it
};

constexpr char kList[] = "one.example\nwww.ours.example\ntwo.example\n";

} // namespace

TEST_CASE("a feed's list that is the same as the last one is noted and changes nothing; what is held is told")
{
    Polled feed;
    const auto first = feed.poll(kList);
    CHECK_FALSE(feed.known);
    CHECK(feed.written);
    CHECK(first.change.added == std::vector<std::string>{"list"});
    CHECK(first.passed == 2);
    const auto journal = feed.book.journal().last().value();

    const auto again = feed.poll(kList);
    CHECK(feed.known);
    CHECK_FALSE(feed.written);
    CHECK(feed.bounded);
    CHECK(feed.places == 0);
    CHECK(again.change.unchanged == 1);
    CHECK(again.change.items_added == 0);
    CHECK(again.passed == 2);
    REQUIRE(again.held.size() == 1);
    CHECK(to_string(again.held[0].target) == to_string(first.held.at(0).target));
    CHECK(again.held[0].known);
    REQUIRE(again.orders.size() == 1);
    CHECK(again.orders[0].order.targets.size() == 3);
    REQUIRE(again.orders[0].held.size() == 1);
    CHECK(again.orders[0].order.targets[again.orders[0].held[0].item].target == again.held[0].target);
    CHECK(feed.book.journal().last().value() == journal);
}

TEST_CASE("a feed's list is taken whole if a line, the order's head, the guard or what a person did differs")
{
    Polled feed;
    feed.poll(kList);
    SECTION("a line more")
    {
        CHECK(feed.poll(std::string(kList) + "three.example\n").change.items_added == 1);
        CHECK_FALSE(feed.known);
        CHECK(feed.places == 2); // the new line, and the one that is held
    }
    SECTION("the same lines in another order are another list")
    {
        CHECK(feed.poll("two.example\none.example\nwww.ours.example\n").change.unchanged == 1);
        CHECK_FALSE(feed.known);
        CHECK(feed.poll("two.example\none.example\nwww.ours.example\n").change.unchanged == 1);
        CHECK(feed.known);
    }
    SECTION("the order's reference")
    {
        CHECK(feed.poll(kList, "2").change.varied == std::vector<std::string>{"list"});
        CHECK_FALSE(feed.known);
    }
    SECTION("the guard, which has not reviewed the book")
    {
        feed.guard = guard_of({"ours.example", "two.example"});
        const auto taken = feed.poll(kList);
        CHECK(feed.written);
        CHECK(taken.held.size() == 2);
        CHECK(taken.passed == 1);
    }
    SECTION("a target was lifted by a person")
    {
        REQUIRE(feed.book.orders().lift_item("list", name("two.example").target, kAna));
        feed.poll(kList);
        CHECK_FALSE(feed.known);
        CHECK(feed.written);
    }
    SECTION("the order is stayed")
    {
        REQUIRE(feed.book.orders().step("list", order::Status::Stayed, kAna));
        feed.poll(kList);
        CHECK_FALSE(feed.known);
    }
    SECTION("the list before it was refused")
    {
        Import import;
        import.name = "list";
        import.received = ++feed.time;
        REQUIRE(note_failure(feed.book, import, "it was empty"));
        feed.poll(kList);
        CHECK_FALSE(feed.known);
    }
}
