// SPDX-License-Identifier: Apache-2.0
#include "ruleset/patch.h"

#include <algorithm>
#include <map>
#include <random>

#include <catch2/catch_test_macros.hpp>

#include "ruleset/text.h"
#include "unit/ruleset/builder.h"
#include "unit/ruleset/history.h"

namespace interdict::ruleset {

namespace {

using test::History;
using test::item_of;
using test::kEnd;
using test::kStart;
using test::make_order;

const std::string kDigest(64, 'a');

// The rules in a form in which ids that are new do not matter: place by place, in the order of the chain.
std::vector<std::string> canonical(const Ruleset& rules, const Ruleset& earlier)
{
    std::vector<std::string> lines;
    for (const Rule& head : rules.rules) {
        if (!head.head)
            continue;
        std::string line;
        for (const Rule* rule = &head; rule; rule = rules.find(rule->record.next)) {
            const interdict_rule& record = rule->record;
            std::vector<std::string> orders;
            for (const std::uint32_t order : rule->orders)
                orders.push_back(rules.orders[order].id);
            std::ranges::sort(orders);
            line += fmt::format("{} {} {:x} {:x} {} {} {} [", to_string(rule->target),
                                earlier.find(rule->id()) ? rule->id() : 0, record.flags, record.means,
                                record.scope, record.not_before, record.not_after);
            for (const std::string& order : orders)
                line += order + " ";
            line += "] ";
        }
        lines.push_back(line);
    }
    std::ranges::sort(lines);
    return lines;
}

Ruleset compiled(const std::vector<order::Order>& orders, const Ruleset* previous = nullptr)
{
    auto rules = compile(orders, {}, previous);
    if (!rules)
        FAIL(rules.error().message);
    return *std::move(rules);
}

struct Change {
    std::vector<Place> places;
    std::vector<order::Order> before;
    std::vector<order::Order> after;

    Change(const Ruleset& live, std::vector<order::Order> from, std::vector<order::Order> to)
        : before(std::move(from)), after(std::move(to))
    {
        places = test::changed_places(live, before, after);
        before = test::only_at(before, places);
        after = test::only_at(after, places);
    }

    [[nodiscard]] Plan plan(const Ruleset& live, bool exemptions = false, std::int64_t time = kStart) const
    {
        auto plan = plan_patch({.all = places,
                                .before = before,
                                .after = after,
                                .scopes = {},
                                .exemptions = exemptions,
                                .time = time},
                               free_ids(&live));
        if (!plan)
            FAIL(plan.error().message);
        return *std::move(plan);
    }
};

} // namespace

TEST_CASE("a patch gives the rules that a whole compilation gives, but for new ids: 400 random histories")
{
    std::size_t patches = 0;
    for (unsigned seed = 1; seed <= 40; ++seed) {
        History history(seed);
        std::vector<order::Order> orders = history.orders();
        Ruleset live = compiled(orders);
        for (unsigned step = 0; step < 10; ++step) {
            INFO("seed " << seed << ", step " << step);
            const std::vector<order::Order> next = history.changed(orders);
            const auto places = test::changed_places(live, orders, next);
            const auto before = test::only_at(orders, places);
            const auto after = test::only_at(next, places);
            auto plan =
                plan_patch({.all = places, .before = before, .after = after, .scopes = {}}, free_ids(&live));
            if (!plan)
                FAIL(plan.error().message);
            INFO(plan->whole);
            REQUIRE(plan->patch);
            ++patches;
            const auto stored = read_patch(write_patch(*plan->patch, kDigest), "patch");
            if (!stored)
                FAIL(stored.error().message);
            CHECK(stored->before == kDigest);
            const Ruleset whole = compiled(next, &live);
            const auto patched = apply_patches(live, std::span(&*stored, 1));
            if (!patched)
                FAIL(patched.error().message);
            REQUIRE(canonical(*patched, live) == canonical(whole, live));
            const Diff expected = diff(live, whole);
            CHECK(plan->patch->diff.added.size() == expected.added.size());
            CHECK(plan->patch->diff.removed == expected.removed);
            CHECK(plan->patch->diff.changed == expected.changed);
            orders = next;
            live = *patched;
        }
    }
    CHECK(patches == 400);
}

TEST_CASE("several patches in a row are the same as one after the other, and texts say what they follow on")
{
    History history(99);
    std::vector<order::Order> orders = history.orders();
    const Ruleset first = compiled(orders);
    Ruleset live = first;
    std::vector<StoredPatch> stored;
    std::string digest = content_hash(first);
    for (unsigned step = 0; step < 20; ++step) {
        const auto next = history.changed(orders);
        const auto places = test::changed_places(live, orders, next);
        const auto before = test::only_at(orders, places);
        const auto after = test::only_at(next, places);
        const auto plan =
            plan_patch({.all = places, .before = before, .after = after, .scopes = {}}, free_ids(&live));
        REQUIRE(plan);
        REQUIRE(plan->patch);
        const std::string text = write_patch(*plan->patch, digest);
        stored.push_back(read_patch(text, "patch").value());
        CHECK(stored.back().before == digest);
        digest = hash_text(text);
        live = apply_patches(live, std::span(&stored.back(), 1)).value();
        orders = next;
    }
    CHECK(write_ruleset(apply_patches(first, stored).value()) == write_ruleset(live));
}

TEST_CASE("lifting one of two orders on a target keeps its rule and id; lifting both removes it")
{
    const std::vector<order::Order> both = {make_order("one", {"a.example"}),
                                            make_order("two", {"a.example"})};
    const std::vector<order::Order> other = {both[1]};
    const Ruleset live = compiled(both);
    const auto kept = Change(live, both, other).plan(live);
    REQUIRE(kept.patch);
    CHECK(kept.patch->diff.changed == std::vector<std::uint32_t>{1});
    CHECK(kept.patch->diff.removed.empty());
    const auto gone = Change(live, both, {}).plan(live);
    REQUIRE(gone.patch);
    CHECK(gone.patch->diff.removed == std::vector<std::uint32_t>{1});
    CHECK(gone.patch->after.rules.empty());
}

TEST_CASE("an order that takes another's place on a target gets a rule of its own")
{
    const std::vector<order::Order> one = {make_order("one", {"a.example"})};
    const std::vector<order::Order> two = {make_order("two", {"a.example"})};
    const Ruleset live = compiled(one);
    const auto plan = Change(live, one, two).plan(live);
    REQUIRE(plan.patch);
    CHECK(plan.patch->diff.removed == std::vector<std::uint32_t>{1});
    CHECK(plan.patch->diff.added == std::vector<std::uint32_t>{2});
}

TEST_CASE("what takes a whole generation is said")
{
    const std::vector<order::Order> one = {make_order("one", {"a.example"})};
    const std::vector<order::Order> two = {one[0], make_order("two", {"b.example"})};
    const Ruleset live = compiled(one);

    SECTION("exemptions anywhere")
    {
        CHECK(Change(live, one, two).plan(live, true).whole ==
              "an order has exemptions: a change at one place may matter at another");
    }
    SECTION("exemptions of an order that is given")
    {
        const std::vector<order::Order> exempt = {one[0], make_order("two", {"b.example"}, {"c.b.example"})};
        CHECK(Change(live, one, exempt).plan(live).whole ==
              "an order has exemptions: a change at one place may matter at another");
    }
    SECTION("no free rule")
    {
        const Change change(live, one, two);
        const auto plan =
            plan_patch({.all = change.places, .before = change.before, .after = change.after, .scopes = {}},
                       [] { return 0u; });
        REQUIRE(plan);
        CHECK(plan->whole == "no rule is free in the live generation");
    }
    SECTION("a live rule that the orders before do not give")
    {
        auto observing = one;
        observing[0].mode = order::Mode::Observe;
        CHECK(Change(live, observing, {}).plan(live).whole ==
              "rule 1 on a.example and below is not what the orders said before");
    }
    SECTION("a rule that the orders before give and is not live")
    {
        CHECK(
            Change(live, two, one).plan(live).whole ==
            "the live generation has not got every rule on b.example and below that the orders gave before");
    }
    SECTION("words of an order that other rules may show")
    {
        auto worded = one;
        worded[0].notice.text = "other words";
        worded[0].targets.push_back(item_of("b.example"));
        CHECK(Change(live, one, worded).plan(live).whole ==
              "what refused users are told about an order changes");
    }
}

TEST_CASE("a target that ended before the live set was compiled is not missed")
{
    std::vector<order::Order> before = {make_order("one", {"a.example", "b.example"})};
    const Ruleset live = compiled({make_order("one", {"a.example"})});
    before[0].targets[1].expires = kEnd;
    const std::vector<order::Order> after = {make_order("one", {"a.example"})};
    CHECK(Change(live, before, after).plan(live, false, kEnd).patch);
    CHECK_FALSE(Change(live, before, after).plan(live, false, kEnd - 1).patch);
}

TEST_CASE("errors: a place given twice, an order that names another place, a chain that is too long")
{
    const std::vector<order::Order> one = {make_order("one", {"a.example"})};
    const Ruleset live = compiled(one);
    Change change(live, {}, one);
    const auto error = [&](const std::vector<Place>& places, std::span<const order::Order> after) {
        const auto plan =
            plan_patch({.all = places, .before = {}, .after = after, .scopes = {}}, free_ids(&live));
        return plan ? std::string() : plan.error().message;
    };
    const Place a{.target = item_of("a.example").target, .chain = {}};
    const Place also_a{.target = item_of("=a.example").target, .chain = {}};
    CHECK(error({a, also_a}, one) == "a.example: the place is given twice");
    CHECK(error({}, one) == "order one names a.example and below, which is none of the places that change");
    std::vector<order::Order> many;
    for (int i = 0; i < 9; ++i) {
        many.push_back(make_order(fmt::format("o{}", i), {"a.example"}));
        many.back().expires = kEnd + i;
    }
    CHECK(error({a}, many).starts_with("a.example: 9 different rules meet on this target"));
}

TEST_CASE("in place while few places change, anew when most do, whatever the size")
{
    for (const std::size_t rules : {1000u, 1'000'000u}) {
        CHECK(worth_patching(1, rules));
        CHECK(worth_patching(rules / 10, rules));
        CHECK_FALSE(worth_patching(rules / 2, rules));
    }
    CHECK_FALSE(worth_patching(1, 0));
}

TEST_CASE("damaged patches are refused")
{
    const std::vector<order::Order> one = {make_order("one", {"a.example"})};
    const Ruleset live = compiled(one);
    const auto plan = Change(live, one, {}).plan(live);
    const std::string text = write_patch(*plan.patch, kDigest);
    REQUIRE(read_patch(text, "p"));
    CHECK(read_patch("", "p").error().message == "p:1: not the header of a patch; write the file anew");
    CHECK_FALSE(read_patch(text.substr(0, text.size() / 2), "p"));
    CHECK_FALSE(read_patch(write_patch(*plan.patch, "short"), "p"));
    for (std::size_t cut = 0; cut < text.size(); ++cut)
        REQUIRE_FALSE(read_patch(text.substr(0, cut), "p"));
    std::vector<StoredPatch> twice(2, read_patch(text, "p").value());
    CHECK(apply_patches(live, twice).error().message == "rule 1 is to be removed and is not there");
}

} // namespace interdict::ruleset
