// SPDX-License-Identifier: Apache-2.0
//
// steps_test.cpp: steps without a plane.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "control/changes_json.h"
#include "control/steps.h"
#include "harness/temporary.h"
#include "orders.h"

using namespace interdict;
using namespace interdict::control::test;
using Catch::Matchers::ContainsSubstring;
using control::End;
using control::Setback;
using Why = control::Setback::Why;

namespace {

guard::Guard guard_with_canary()
{
    guard::Settings settings;
    settings.canary_names.emplace_back("www.canary.example");
    return *guard::Guard::make(settings, {});
}

// A book and a guard, and no plane.
class Bench {
public:
    control::Steps steps(const book::Act& act = kAna) { return {book, guard, state, listener, act}; }

    control::Stepper::Became take(control::Steps::Found step, bool meant = false)
    {
        if (!step)
            return std::unexpected(step.error());
        return control::Stepper(book, guard, state, edge, listener, {"no plane", meant})
            .take(kAna, *std::move(step));
    }

    control::Stepper::Became add(const std::string& id, std::vector<order::Item> items)
    {
        return take(steps().add({{order_of(id, std::move(items))}, 0}, "cli"));
    }

    control::Json json_of(const control::Outcome& outcome)
    {
        auto json = outcome.taken.json;
        control::put_outcome(json, outcome, edge, control::end_of(outcome, false), {});
        return json;
    }

    std::size_t in_force() { return book.orders().in_force()->size(); }

    testing::Temporary directory;
    control::State state{directory.path() / "state"};
    book::Book book = *book::Book::in_memory();
    guard::Guard guard = guard_with_canary();
    control::Edge edge;
    control::Listener listener;
};

} // namespace

TEST_CASE("steps: without a plane a step is in the book alone, which is no fault if it was meant")
{
    Bench bench;
    auto added = bench.add("a", {name("a.example"), name("b.example")});
    REQUIRE(added);
    CHECK(added->taken.sentence == "order a: added, 2 targets, 0 held");
    CHECK_FALSE(added->published());
    CHECK(control::end_of(*added, false) == End::Degraded);
    const auto json = bench.json_of(*added);
    CHECK(json["step"] == "add");
    CHECK(json["published"] == false);
    CHECK(json["not_published"] == "no plane");
    CHECK(json["outcome"] == "degraded");
    CHECK(json["ms"]["published"].is_null());
    CHECK(bench.in_force() == 1);

    const auto meant = bench.take(bench.steps().lift_target("a", "b.example"), true);
    REQUIRE(meant);
    CHECK(control::end_of(*meant, false) == End::Ok);
    CHECK(control::end_of(*meant, true) == End::Degraded);
    CHECK(texts(bench.book.orders().in_force()->front()) == std::vector<std::string>{"a.example and below"});
}

TEST_CASE("steps: a canary that would be blocked: nothing is in the book; it may be lifted all the same")
{
    Bench bench;
    const auto refused = bench.add("a", {name("canary.example")});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().why == Why::Refused);
    CHECK_FALSE(refused.error().in_book);
    CHECK_THAT(refused.error().error.message, ContainsSubstring("; nothing was done"));
    CHECK(bench.book.journal().last() == 0);

    REQUIRE(bench.book.orders().add({.order = order_of("a", {name("canary.example")})}, "cli", kAna));
    CHECK(bench.take(bench.steps().set_status("a", order::Status::Stayed)));
    CHECK(bench.take(bench.steps().set_status("a", order::Status::Active)).error().why == Why::Refused);
    CHECK(bench.book.orders().find("a").value()->order.status == order::Status::Stayed);
}

TEST_CASE("steps: what there is not is told from what cannot be")
{
    Bench bench;
    CHECK(bench.steps().vary({{order_of("a", {name("a.example")})}, 0}).error().why == Why::Missing);
    CHECK(bench.steps().set_status("a", order::Status::Lifted).error().why == Why::Missing);
    CHECK(bench.steps().lift_target("a", "a.example").error().why == Why::Missing);
    CHECK(bench.steps().approve(1).error().why == Why::Missing);
    CHECK(bench.steps().reject(1).error().why == Why::Missing);
    CHECK(bench.steps().propose_override("a", "a.example").error().why == Why::Missing);
    CHECK(bench.steps().roll_back(7).error().why == Why::Missing);

    REQUIRE(bench.add("a", {name("a.example")}));
    CHECK(bench.steps().lift_target("a", "b.example").error().why == Why::Missing);
    CHECK(bench.add("a", {name("a.example")}).error().why == Why::Conflict);
    const auto again = bench.take(bench.steps().set_status("a", order::Status::Active));
    REQUIRE_FALSE(again);
    CHECK(again.error().why == Why::Conflict);
    CHECK_THAT(again.error().error.message, ContainsSubstring("is active already; nothing was done"));
}

TEST_CASE("steps: a rehearsal says what would be, and leaves the book as it was")
{
    Bench bench;
    control::Stepper stepper(bench.book, bench.guard, bench.state, bench.edge, bench.listener, {"no plane"});
    auto rehearsed = stepper.rehearse(bench.steps().replace({{order_of("a", {name("a.example")})}, 0}));
    REQUIRE(rehearsed);
    const auto json = bench.json_of(*rehearsed);
    CHECK(json["dry_run"] == true);
    CHECK(json["published"] == false);
    CHECK(json["diff"]["added"].size() == 1);
    CHECK(json["outcome"] == "ok");
    CHECK(bench.book.journal().last() == 0);
    CHECK(
        stepper.rehearse(bench.steps().replace({{order_of("a", {name("canary.example")})}, 0})).error().why ==
        Why::Refused);
}

TEST_CASE("steps: a whole list of which all that is new is held is refused; of what was held before, not")
{
    Bench bench;
    const auto held = order_of("held", {address("8.8.8.8")});
    const auto replace = [&](std::vector<order::Order> orders) {
        auto outcome = bench.take(bench.steps().replace({std::move(orders), 0}), true);
        REQUIRE(outcome);
        return control::end_of(*outcome, false);
    };
    CHECK(replace({held}) == End::Refused);
    CHECK(replace({held}) == End::Degraded);
    CHECK(replace({held, order_of("a", {name("a.example")})}) == End::Degraded);
    CHECK(replace({order_of("a", {name("a.example")})}) == End::Ok);
    CHECK(replace({order_of("a", {name("a.example")}), order_of("more", {address("8.8.8.8")})}) ==
          End::Refused);
    CHECK(replace({order_of("b", {name("b.example")}), order_of("c", {address("8.8.4.4")})}) ==
          End::Degraded);
}

TEST_CASE("steps: a held target is let through by two persons, not by one")
{
    Bench bench;
    const auto added = bench.add("held", {address("8.8.8.8")});
    REQUIRE(added);
    CHECK(control::end_of(*added, false) == End::Refused);
    CHECK(bench.json_of(*bench.add("more", {name("a.example")}))["held"].empty());

    const auto proposed = bench.steps().propose_override("held", "8.8.8.8");
    REQUIRE(proposed);
    CHECK_THAT(proposed->sentence, ContainsSubstring("\nsomebody else decides: interdict order approve 1"));
    const auto own = bench.take(bench.steps().approve(1));
    REQUIRE_FALSE(own);
    CHECK(own.error().why == Why::Conflict);

    const book::Act ben{.actor = "ben", .reason = {}, .document = {}, .time = 1001};
    const auto approved = bench.take(bench.steps(ben).approve(1));
    REQUIRE(approved);
    CHECK(approved->taken.sentence == "proposal 1 approved and carried out");
    CHECK(bench.in_force() == 2);
    CHECK(bench.steps(ben).reject(1).error().why == Why::Conflict);
}
