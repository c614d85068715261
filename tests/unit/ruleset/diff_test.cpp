// SPDX-License-Identifier: Apache-2.0
#include "ruleset/diff.h"

#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "ruleset/compile.h"
#include "unit/ruleset/builder.h"

using namespace interdict;
using namespace interdict::ruleset;
using namespace interdict::ruleset::test;
using order::Order;
using Ids = std::vector<std::uint32_t>;

TEST_CASE("diff: added, removed, kept, changed")
{
    std::vector orders{make_order("o", {"a.example", "b.example"}), make_order("p", {"c.example"})};
    const Ruleset before = compile(orders, {}).value();
    orders[0] = make_order("o", {"a.example", "d.example"});
    orders[1].expires = kEnd;
    const Ruleset after = compile(orders, {}, &before).value();
    const Diff changes = diff(before, after);
    CHECK(changes.kept == Ids{1});
    CHECK(changes.removed == Ids{2});
    CHECK(changes.changed == Ids{3});
    CHECK(changes.added == Ids{4});
    CHECK_FALSE(changes.empty());
}

TEST_CASE("diff: to and from nothing")
{
    const std::vector orders{make_order("o", {"a.example"})};
    const Ruleset some = compile(orders, {}).value();
    CHECK(diff({}, some).added == Ids{1});
    CHECK(diff(some, {}).removed == Ids{1});
    CHECK(diff({}, {}).empty());
    CHECK(diff(some, some).empty());
}

TEST_CASE("diff: a further citing order is a change, another place in list or chain is none")
{
    std::vector orders{make_order("o", {"a.example"})};
    const Ruleset one = compile(orders, {}).value();
    orders.insert(orders.begin(), make_order("p", {"a.example"}));
    const Ruleset two = compile(orders, {}, &one).value();
    CHECK(diff(one, two).changed == Ids{1});
    std::swap(orders[0], orders[1]);
    CHECK(diff(two, compile(orders, {}, &two).value()).empty());

    Order watch = make_order("w", {"a.example"});
    watch.mode = order::Mode::Observe;
    orders.push_back(watch);
    const Diff chained = diff(two, compile(orders, {}, &two).value());
    CHECK(chained.kept == Ids{1});
    CHECK(chained.added == Ids{2});
}

TEST_CASE("diff: scopes by name; a new definition is told apart from a change of rules")
{
    std::vector orders{make_order("o", {"a.example"})};
    orders[0].scope = {"south"};
    const Ruleset one =
        compile(orders, {{.name = "north"}, {.name = "south", .interfaces = {"eth0"}}}).value();
    const Ruleset moved =
        compile(orders, {{.name = "south", .interfaces = {"eth0"}}, {.name = "north"}}, &one).value();
    CHECK(diff(one, moved).empty());
    const Ruleset wider =
        compile(orders, {{.name = "north"}, {.name = "south", .interfaces = {"eth0", "eth1"}}}, &one).value();
    CHECK(diff(one, wider).changed.empty());
    CHECK(diff(one, wider).scopes_changed);
    orders[0].scope = {"north"};
    CHECK(diff(one, compile(orders, one.scopes, &one).value()).changed == Ids{1});
}

TEST_CASE("diff: an id that went to another target is removed and added")
{
    const std::vector first{make_order("o", {"a.example"})};
    const std::vector second{make_order("o", {"b.example"})};
    const Diff changes = diff(compile(first, {}).value(), compile(second, {}).value());
    CHECK(changes.removed == Ids{1});
    CHECK(changes.added == Ids{1});
}

TEST_CASE("diff: another sinkhole changes the rules that lead there, and no others")
{
    std::vector orders{make_order("o", {"a.example", "192.0.2.7/32"}), make_order("p", {"b.example"})};
    orders[0].actions[INTERDICT_CHANNEL_DNS] = INTERDICT_ACTION_SINKHOLE;
    orders[0].sinkhole.ipv4 = order::parse_address("192.0.2.53").value();
    const Ruleset before = compile(orders, {}).value();
    orders[0].sinkhole.ipv4 = order::parse_address("192.0.2.54").value();
    const Diff changes = diff(before, compile(orders, {}, &before).value());
    CHECK(changes.changed == Ids{1});
    CHECK(changes.kept == Ids{2, 3});
    CHECK_FALSE(changes.answers_changed);
}

TEST_CASE("diff: what users are told is told apart from a change of rules")
{
    std::vector orders{make_order("o", {"a.example"})};
    const Ruleset before = compile(orders, {}).value();
    orders[0].notice.blocked_by = "https://isp.example";
    const Diff notice = diff(before, compile(orders, {}, &before).value());
    CHECK(notice.answers_changed);
    CHECK(notice.kept == Ids{1});
    CHECK_FALSE(notice.empty());
    orders[0].notice = {};
    CHECK(diff(before, compile(orders, {}, &before).value()).empty());
    orders[0].authority = "Another Court";
    CHECK(diff(before, compile(orders, {}, &before).value()).answers_changed);
    // An order that comes or goes is not a change of what is told.
    CHECK_FALSE(diff({}, before).answers_changed);
    CHECK_FALSE(diff(before, {}).answers_changed);
}
