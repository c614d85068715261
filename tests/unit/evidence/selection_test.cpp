// SPDX-License-Identifier: Apache-2.0
#include "evidence/selection.h"

#include <catch2/catch_test_macros.hpp>

#include "unit/evidence/exporting.h"

using namespace interdict;
using namespace interdict::evidence;
using namespace interdict::evidence::test;

namespace {

Omissions omitted(const Given& given, Carrier carrier) { return given.select(carrier).omitted(); }

} // namespace

TEST_CASE("selection: states that give no rules are left out, the others are in")
{
    auto order = make_order("o", {"a.example", "b.example"});
    for (const auto status :
         {order::Status::Draft, order::Status::Stayed, order::Status::Lifted, order::Status::Expired}) {
        order.status = status;
        CHECK(omitted({{order}}, Carrier::Record) == Omissions{{{0, Omission::Status}, 2}});
    }
    for (const auto status :
         {order::Status::Interim, order::Status::Active, order::Status::Varied, order::Status::Final}) {
        order.status = status;
        CHECK(Given{{order}}.select(Carrier::Resolver).names().size() == 2);
    }
}

TEST_CASE("selection: first second in, last second in, the second of the end out")
{
    auto order = make_order("o", {"a.example"});
    order.expires = kEnd;
    Given given{{order}};
    const auto count = [&](std::int64_t at) {
        given.edition.at = at;
        return given.select(Carrier::Resolver).names().size();
    };
    CHECK(count(kStart - 1) == 0);
    CHECK(count(kStart) == 1);
    CHECK(count(kEnd - 1) == 1);
    CHECK(count(kEnd) == 0);
    CHECK(given.select(Carrier::Router).omitted() == Omissions{{{0, Omission::Expired}, 1}});
}

TEST_CASE("selection: a target's own end, and when the export is out of date")
{
    auto order = make_order("o", {"a.example", "b.example"});
    order.targets[0].expires = kStart + 50;
    order.targets[1].expires = kStart + 500;
    order.expires = kEnd;
    auto later = make_order("later", {"c.example"});
    later.effective = kStart + 300;
    const auto selection = Given{{order, later}}.select(Carrier::Resolver);
    CHECK(selection.names() == std::vector<Place>{{0, 1}});
    CHECK(selection.omitted() == Omissions{{{0, Omission::Expired}, 1}, {{1, Omission::NotYet}, 1}});
    CHECK(selection.next_change() == kStart + 300);
}

TEST_CASE("selection: observed orders block nothing, but are read")
{
    auto order = make_order("o", {"a.example", "192.0.2.7/32"});
    order.mode = order::Mode::Observe;
    CHECK(omitted({{order}}, Carrier::Resolver) == Omissions{{{0, Omission::Observed}, 2}});
    CHECK(omitted({{order}}, Carrier::Router) == Omissions{{{0, Omission::Observed}, 2}});
    CHECK(omitted({{order}}, Carrier::Record).empty());
}

TEST_CASE("selection: a scoped order only in an export for that scope")
{
    auto scoped = make_order("scoped", {"a.example"});
    scoped.scope = {"italy", "lab"};
    Given given{{scoped, make_order("open", {"b.example"})}};
    CHECK(given.select(Carrier::Resolver).orders() == std::vector<std::uint32_t>{1});
    given.edition.scope = "italy";
    CHECK(given.select(Carrier::Resolver).orders() == std::vector<std::uint32_t>{0, 1});
    given.edition.scope = "france";
    CHECK(given.select(Carrier::Resolver).omitted() == Omissions{{{0, Omission::OtherScope}, 1}});
}

TEST_CASE("selection: what the guard holds is never exported, whoever carries it out")
{
    const Given given{{make_order("o", {"a.example", "192.0.2.7/32"})}, {}, {{0, 0}, {0, 1}}};
    for (const auto carrier : {Carrier::Resolver, Carrier::Router, Carrier::Record}) {
        const auto selection = given.select(carrier);
        CHECK(selection.names().empty());
        CHECK(selection.addresses().empty());
        CHECK(selection.omitted() == Omissions{{{0, Omission::Held}, 2}});
    }
}

TEST_CASE("selection: a resolver takes no addresses unless it filters answers")
{
    const Given given{{make_order("o", {"a.example", "192.0.2.7/32"})}};
    CHECK(omitted(given, Carrier::Resolver) == Omissions{{{0, Omission::OtherMeans}, 1}});
    CHECK(omitted(given, Carrier::AnswerFilter).empty());
}

TEST_CASE("selection: a router takes no names")
{
    CHECK(omitted({{make_order("o", {"a.example"})}}, Carrier::Router) ==
          Omissions{{{0, Omission::OtherMeans}, 1}});
}
