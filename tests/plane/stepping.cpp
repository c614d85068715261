// SPDX-License-Identifier: Apache-2.0
//
// stepping.cpp: what becomes of a step on a plane without interfaces; without a plane: unit/control.
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "control/changes_json.h"
#include "control/steps.h"
#include "harness/temporary.h"
#include "lifecycle.h"
#include "unit/control/orders.h"

using namespace interdict;
using namespace interdict::control::test;
using Catch::Matchers::ContainsSubstring;
using Why = control::Setback::Why;

namespace {

guard::Guard guard_with_a_canary()
{
    guard::Settings settings;
    settings.canary_names.emplace_back("www.canary.example");
    return *guard::Guard::make(settings, {});
}

// One order of many names, published.
struct Plane {
    Plane()
    {
        lifecycle::need_privilege();
        edge = *control::Edge::over(*plane::Plane::detached(), state, listener);
        std::vector<order::Item> items;
        for (int i = 0; i < 60; ++i)
            items.push_back(name(fmt::format("n{}.many.example", i)));
        const auto done = take(book, steps(book).replace({{order_of("many", items)}, 0}));
        REQUIRE(done);
        REQUIRE(done->publication.number == 1);
    }

    control::Steps steps(book::Book& of) { return {of, guard, state, listener, kAna}; }

    control::Stepper::Became take(book::Book& of, control::Steps::Found step)
    {
        REQUIRE(step);
        auto done =
            control::Stepper(of, guard, state, edge, listener, {"no plane"}).take(kAna, *std::move(step));
        if (done)
            json = done->taken.json;
        if (done)
            control::put_outcome(json, *done, edge, control::end_of(*done, false), {});
        edge = *control::Edge::over(std::move(edge.plane()), state, listener);
        return done;
    }

    testing::Temporary directory;
    control::State state{directory.path() / "state"};
    book::Book book = *book::Book::in_memory();
    guard::Guard guard = guard_with_a_canary();
    control::Listener listener;
    control::Edge edge;
    control::Json json; // of the last step
};

} // namespace

TEST_CASE("stepping: what became of it says how it went live, and when it was so already")
{
    Plane plane;
    CHECK(plane.json["how"] == "generation");
    CHECK(plane.json["why"] == "a whole list");
    CHECK(plane.json["orders"]["added"] == 1);
    CHECK(plane.json["proven_live"] == true);

    const auto lifted =
        plane.take(plane.book, plane.steps(plane.book).lift_target("many", "n7.many.example"));
    REQUIRE(lifted);
    CHECK(lifted->in_place());
    CHECK(control::end_of(*lifted, false) == control::End::Ok);
    CHECK(plane.json["how"] == "in place");
    CHECK(plane.json["why"].is_null());
    CHECK(plane.json["generation"] == 3);
    CHECK(plane.json["retired"] == 1);
    CHECK(plane.json["diff"]["removed"][0]["target"] == "n7.many.example and below");

    REQUIRE(plane.take(plane.book, plane.steps(plane.book).apply_book()));
    CHECK(plane.json["published"] == false);
    CHECK(plane.json["unchanged"] == true);
    CHECK(plane.json["generation"] == 3);

    const auto back = plane.take(plane.book, plane.steps(plane.book).roll_back(1));
    REQUIRE(back);
    CHECK(plane.json["gone"] == control::Json{"many: n7.many.example and below"});
    CHECK(plane.json["unlisted"] == 0);
}

TEST_CASE("stepping: rules that are not of this book are not swept away, not by a lift either")
{
    Plane plane;
    auto other = *book::Book::in_memory();
    REQUIRE(other.orders().add({.order = order_of("one", {name("one.example")})}, "cli", kAna));
    const auto live = plane.edge.live();
    for (const auto to : {order::Status::Lifted, order::Status::Stayed, order::Status::Final}) {
        const auto refused = plane.take(other, plane.steps(other).set_status("one", to));
        REQUIRE_FALSE(refused);
        CHECK(refused.error().why == Why::Conflict);
        CHECK_THAT(refused.error().error.message, ContainsSubstring("give the whole list first"));
    }
    CHECK(other.orders().find("one").value()->order.status == order::Status::Active);
    CHECK(plane.edge.live()->number == live->number);

    REQUIRE(plane.take(other, plane.steps(other).replace({{order_of("two", {name("two.example")})}, 0})));
    CHECK(plane.take(other, plane.steps(other).set_status("one", order::Status::Lifted)));
}

TEST_CASE("stepping: a lift is in the book though a canary keeps the rest of it from going live")
{
    Plane plane;
    REQUIRE(plane.book.orders().add({.order = order_of("bad", {name("canary.example")})}, "cli", kAna));
    const auto lifted =
        plane.take(plane.book, plane.steps(plane.book).lift_target("many", "n7.many.example"));
    REQUIRE_FALSE(lifted);
    CHECK(lifted.error().why == Why::Refused);
    CHECK(lifted.error().in_book);
    CHECK_THAT(
        lifted.error().error.message,
        ContainsSubstring("it is in the book, but nothing was published; generation 1 keeps filtering"));
    CHECK(plane.book.orders().items("many", book::ItemState::Active)->size() == 59);

    // With the step that puts it right, all of it is.
    REQUIRE(plane.take(plane.book, plane.steps(plane.book).set_status("bad", order::Status::Lifted)));
    CHECK(plane.json["diff"]["removed"].size() == 1);
}
