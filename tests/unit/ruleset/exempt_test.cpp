// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include "ruleset/compile.h"
#include "ruleset/judge.h"
#include "unit/ruleset/builder.h"

using namespace interdict;
using namespace interdict::ruleset;
using namespace interdict::ruleset::test;
using order::Order;
using Outcome = Judgement::Outcome;

namespace {

Ruleset compiled(const std::vector<Order>& orders)
{
    auto ruleset = compile(orders, {{.name = "north"}, {.name = "south"}});
    INFO((ruleset ? std::string() : ruleset.error().message));
    REQUIRE(ruleset);
    return *std::move(ruleset);
}

Outcome outcome(const Ruleset& ruleset, std::string_view name, unsigned channel = INTERDICT_CHANNEL_TLS)
{
    return judge(ruleset, name, channel, {.scopes = 0, .time = kStart}).outcome;
}

// What the orders say, each read by itself: its longest entry that matches decides. The kernel's walk has to
// come to the same result over all orders together.
bool blocked(const std::vector<Order>& orders, std::string_view name, unsigned channel,
             const Circumstances& circumstances, order::Mode mode)
{
    for (const Order& order : orders) {
        std::uint32_t scope = 0;
        for (const std::string& one : order.scope)
            scope |= one == "north" ? 1 : 2;
        if (order.mode != mode || !(order.means & INTERDICT_MEANS(channel)) ||
            (scope && !(scope & circumstances.scopes)) || circumstances.time < order.effective ||
            (order.expires && circumstances.time >= order.expires))
            continue;
        bool decided = false;
        for (auto suffix = name; !suffix.empty() && !decided; suffix = order::parent_of(suffix)) {
            const auto here = [&](const order::NameTarget& target) {
                return target.name == suffix && (target.match == order::Match::Subtree || suffix == name);
            };
            for (const order::NameTarget& exempt : order.exempt)
                decided |= here(exempt);
            if (decided)
                break;
            for (const order::Item& item : order.targets)
                if (here(item.target.name) && (item.expires == 0 || circumstances.time < item.expires))
                    return true;
        }
    }
    return false;
}

} // namespace

TEST_CASE("an exempt name passes, its siblings and parents do not")
{
    const Ruleset ruleset = compiled({make_order("o", {"a.example"}, {"ok.a.example"})});
    CHECK(outcome(ruleset, "a.example") == Outcome::Fire);
    CHECK(outcome(ruleset, "bad.a.example") == Outcome::Fire);
    CHECK(outcome(ruleset, "ok.a.example") == Outcome::Exempt);
    CHECK(outcome(ruleset, "www.ok.a.example") == Outcome::Exempt);
    CHECK(outcome(ruleset, "notok.a.example") == Outcome::Fire);
    CHECK(outcome(ruleset, "b.example") == Outcome::Pass);
}

TEST_CASE("an exact exemption carves out the name itself and nothing below it")
{
    const Ruleset ruleset = compiled({make_order("o", {"a.example"}, {"=ok.a.example"})});
    CHECK(outcome(ruleset, "ok.a.example") == Outcome::Exempt);
    CHECK(outcome(ruleset, "www.ok.a.example") == Outcome::Fire);
}

TEST_CASE("a target below an exemption of the same order is blocked again")
{
    const Ruleset ruleset = compiled({make_order("o", {"a.example", "bad.ok.a.example"}, {"ok.a.example"})});
    CHECK(outcome(ruleset, "ok.a.example") == Outcome::Exempt);
    CHECK(outcome(ruleset, "x.bad.ok.a.example") == Outcome::Fire);
}

TEST_CASE("another order on an ancestor holds: a derived rule stands before the exemption")
{
    const std::vector orders{make_order("o", {"a.example"}, {"ok.a.example"}),
                             make_order("p", {"a.example"})};
    const Ruleset ruleset = compiled(orders);
    CHECK(outcome(ruleset, "ok.a.example") == Outcome::Fire);
    CHECK(outcome(ruleset, "www.ok.a.example") == Outcome::Fire);
    const auto chain = Judge(ruleset).on_name("ok.a.example");
    REQUIRE(chain.size() == 2);
    CHECK(chain[0]->derived());
    CHECK(chain[0]->derived_from.name == "a.example");
    CHECK(chain[0]->orders == std::vector<std::uint32_t>{1});
    CHECK(chain[1]->exempt());
    CHECK(chain[1]->orders == std::vector<std::uint32_t>{0});
}

TEST_CASE("an order that exempts the same name, or an ancestor of it, needs no derived rule")
{
    const Ruleset same = compiled(
        {make_order("o", {"a.example"}, {"ok.a.example"}), make_order("p", {"a.example"}, {"ok.a.example"})});
    CHECK(same.rules.size() == 2);
    const Ruleset above = compiled(
        {make_order("o", {"a.example"}, {"c.b.a.example"}), make_order("p", {"a.example"}, {"b.a.example"})});
    CHECK(outcome(above, "c.b.a.example") == Outcome::Exempt);
    CHECK(outcome(above, "b.a.example") == Outcome::Fire); // by o, derived
}

TEST_CASE("an order that exempts the name alone still blocks what another order exempts below it")
{
    const Ruleset ruleset = compiled({make_order("o", {"a.example"}, {"ok.a.example"}),
                                      make_order("p", {"a.example"}, {"=ok.a.example"})});
    CHECK(outcome(ruleset, "ok.a.example") == Outcome::Exempt);
    CHECK(outcome(ruleset, "www.ok.a.example") == Outcome::Fire);
}

TEST_CASE("an exemption holds only where, when and by what its order blocks")
{
    Order one = make_order("one", {"a.example"}, {"ok.a.example"});
    one.means = INTERDICT_MEANS(INTERDICT_CHANNEL_TLS);
    one.expires = kEnd;
    const Ruleset ruleset = compiled({one, make_order("two", {"a.example"})});
    CHECK(outcome(ruleset, "ok.a.example", INTERDICT_CHANNEL_DNS) == Outcome::Fire);
    CHECK(judge(ruleset, "ok.a.example", INTERDICT_CHANNEL_TLS, {.scopes = 0, .time = kEnd}).outcome ==
          Outcome::Fire);
    const auto chain = Judge(ruleset).on_name("ok.a.example");
    REQUIRE(chain.size() == 2);
    // The derived rule is as narrow as the exemption it stands in front of: elsewhere the ancestor's rule
    // counts.
    CHECK(chain[0]->record.means == INTERDICT_MEANS(INTERDICT_CHANNEL_TLS));
    CHECK(chain[0]->record.not_after == static_cast<std::uint64_t>(kEnd));
}

TEST_CASE("an observing order on an ancestor counts once on an exempt name")
{
    Order watch = make_order("watch", {"a.example"});
    watch.mode = order::Mode::Observe;
    const Ruleset ruleset = compiled({make_order("o", {"a.example"}, {"ok.a.example"}), watch});
    const Judgement exempt =
        judge(ruleset, "ok.a.example", INTERDICT_CHANNEL_TLS, {.scopes = 0, .time = kStart});
    CHECK(exempt.outcome == Outcome::Exempt);
    CHECK(exempt.observed.size() == 1);
    const Judgement before =
        judge(ruleset, "ok.a.example", INTERDICT_CHANNEL_TLS, {.scopes = 0, .time = kStart - 1});
    CHECK(before.outcome == Outcome::Pass);
    CHECK(before.observed.empty());
}

TEST_CASE("random orders with exemptions: the walk over the rules blocks exactly what the orders say")
{
    std::mt19937 random(20220711);
    const auto pick = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
    const auto random_name = [&](unsigned least) {
        std::string name = "t";
        for (unsigned depth = least + pick(4 - least); depth > 0; --depth)
            name = std::string(1, static_cast<char>('a' + pick(2))) + "." + name;
        return name;
    };
    constexpr std::array<unsigned, 2> kChannels{INTERDICT_CHANNEL_TLS, INTERDICT_CHANNEL_DNS};
    unsigned judged = 0;
    unsigned fired = 0;
    for (int round = 0; round < 3000; ++round) {
        std::vector<Order> orders;
        for (unsigned i = 0, count = 1 + pick(4); i < count; ++i) {
            Order order = make_order(fmt::format("o{}", i), {});
            const auto has = [&](const std::string& name) {
                for (const order::Item& item : order.targets)
                    if (item.target.name.name == name)
                        return true;
                for (const order::NameTarget& exempt : order.exempt)
                    if (exempt.name == name)
                        return true;
                return false;
            };
            for (unsigned t = 1 + pick(2); t > 0; --t)
                if (const std::string name = random_name(1); !has(name))
                    order.targets.push_back(item_of((pick(4) ? "" : "=") + name, pick(4) ? 0 : kStart + 10));
            for (unsigned e = pick(3); e > 0; --e)
                if (const std::string name = random_name(2); !has(name))
                    order.exempt.push_back(name_of((pick(2) ? "" : "=") + name));
            if (pick(3) == 0)
                order.means = INTERDICT_MEANS(kChannels[pick(2)]);
            if (pick(3) == 0)
                order.scope = {pick(2) ? "north" : "south"};
            if (pick(4) == 0)
                order.expires = kStart + 20;
            if (pick(4) == 0)
                order.mode = order::Mode::Observe;
            orders.push_back(std::move(order));
        }
        auto ruleset = compile(orders, {{.name = "north"}, {.name = "south"}}, nullptr, {.chain = 64});
        REQUIRE(ruleset);
        // The judge stops where the kernel does.
        bool short_enough = true;
        for (const Rule& rule : ruleset->rules) {
            unsigned length = 0;
            for (const Rule* at = &rule; at; at = ruleset->find(at->record.next))
                ++length;
            short_enough &= length <= INTERDICT_RULE_CHAIN_MAX;
        }
        if (!short_enough)
            continue;
        const Judge walk(*ruleset);
        for (int question = 0; question < 60; ++question) {
            const std::string name = random_name(1);
            const unsigned channel = kChannels[pick(2)];
            const Circumstances circumstances{.scopes = pick(4), .time = kStart - 1 + pick(4) * 8};
            const bool wanted = blocked(orders, name, channel, circumstances, order::Mode::Enforce);
            const Judgement judgement = walk.name(name, channel, circumstances);
            const bool watched = blocked(orders, name, channel, circumstances, order::Mode::Observe);
            INFO(fmt::format("round {} name {} channel {} scopes {} time {}", round, name, channel,
                             circumstances.scopes, circumstances.time - kStart));
            if ((judgement.outcome == Outcome::Fire) != wanted)
                FAIL("blocked: " << wanted);
            // A rule that fires ends the walk, perhaps before an observing one further up.
            if (!wanted && watched == judgement.observed.empty())
                FAIL("observed: " << watched);
            ++judged;
            fired += wanted;
        }
    }
    CHECK(judged > 100000);
    CHECK(fired > judged / 10);
}
