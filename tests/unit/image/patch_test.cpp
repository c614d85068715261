// SPDX-License-Identifier: Apache-2.0
#include "image/patch.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include <catch2/catch_test_macros.hpp>

#include "image/answers.h"
#include "image/filter.h"
#include "image/image.h"
#include "image/keys.h"
#include "image/plain.h"
#include "image/view.h"
#include "unit/ruleset/history.h"

namespace interdict::image {

namespace {

using ruleset::Rule;
using ruleset::Ruleset;
using ruleset::test::History;
using ruleset::test::item_of;
using ruleset::test::kEnd;
using ruleset::test::kStart;
using ruleset::test::make_order;

Ruleset compiled(const std::vector<order::Order>& orders)
{
    auto rules = ruleset::compile(orders, {});
    if (!rules)
        FAIL(rules.error().message);
    return *std::move(rules);
}

// A generation as the plane has it, without a kernel.
struct Bed {
    std::vector<order::Order> orders;
    Ruleset rules;
    Image image;
    Live live;

    explicit Bed(std::vector<order::Order> with)
        : orders(std::move(with)), rules(compiled(orders)),
          image(build_image(rules, {}, {.seed = 3, .content_hash = {}}).value()), live(memory(image))
    {
    }
    Bed(const Bed&) = delete;
    Bed& operator=(const Bed&) = delete;

    static Live memory(Image& image)
    {
        image.rules.resize(rule_entries(image));
        image.answers.resize(answer_entries(image));
        return {image.header, image.name_key, image.filter, image.buckets, image.rules, image.answers};
    }

    [[nodiscard]] ruleset::Plan plan(const std::vector<order::Order>& next) const
    {
        const auto changed = ruleset::test::changed_places(rules, orders, next);
        std::vector<ruleset::Place> places;
        for (const auto& place : changed)
            places.push_back({.target = place.target, .chain = live.chain(place.target)});
        const auto before = ruleset::test::only_at(orders, places);
        const auto after = ruleset::test::only_at(next, places);
        auto plan = ruleset::plan_patch({.all = places, .before = before, .after = after, .scopes = {}},
                                        live.free_ids());
        if (!plan)
            FAIL(plan.error().message);
        return *std::move(plan);
    }

    // Why it takes a whole generation; empty: it was changed in place.
    std::string change(const std::vector<order::Order>& next, const Waits& waits = {.grace = none})
    {
        const auto planned = plan(next);
        if (!planned.patch)
            return planned.whole;
        const auto made = make_patch(*planned.patch, live);
        if (!made.patch)
            return made.whole;
        PatchRun run(*made.patch, live, waits);
        if (const auto reserved = run.reserve(); !reserved)
            return reserved.error().message;
        REQUIRE(run.carry_out());
        forget(*made.patch, live);
        const auto stored =
            ruleset::read_patch(ruleset::write_patch(*planned.patch, std::string(64, '0')), "");
        rules = ruleset::apply_patches(rules, std::span(&stored.value(), 1)).value();
        orders = next;
        return {};
    }

    static Result<void> none() { return {}; }

    // The live tables hold the rules, all of them and nothing else.
    void check() const
    {
        const PlainSpan span{live.header.plain_from, live.header.plain_until};
        std::size_t targets = 0;
        for (const Rule& head : rules.rules) {
            if (!head.head)
                continue;
            ++targets;
            INFO(to_string(head.target));
            const auto chain = live.chain(head.target);
            std::size_t at = 0;
            for (const Rule* rule = &head; rule; rule = rules.find(rule->record.next)) {
                REQUIRE(at < chain.size());
                interdict_rule record = chain[at++];
                CHECK(has_words(record) == (record.answer != 0));
                const auto wanted = make_answer(&rules.orders[rule->orders.front()]);
                if (has_words(record))
                    CHECK(std::memcmp(&live.answers[record.answer], &wanted, sizeof wanted) == 0);
                record.order = rule->record.order;
                record.answer = 0;
                CHECK(ruleset::same_record(record, rule->record));
            }
            CHECK(at == chain.size());
            const bool name = head.target.is_name();
            const auto hash = name ? hash_name(live.name_key, head.target.name.name)
                                   : hash_prefix(live.header.key, head.target.address.prefix);
            if (LiveTable(live.buckets).find(hash) & INTERDICT_TARGET_PLAIN)
                CHECK(span.holds(head));
            // As a packet looks: means, lengths and filters let it through to the table.
            const View view(live.header, live.buckets, live.name_key);
            if (name) {
                CHECK(bloom_has(live.filter.subspan(INTERDICT_FILTER_NAME, live.header.name_mask + 1), hash));
                CHECK(view.name(head.target.name.name).front().rule == head.id());
            } else {
                CHECK(view.prefix(head.target.address.prefix).front().rule == head.id());
            }
            CHECK((live.header.means & head.record.means) == head.record.means);
        }
        CHECK(live.header.targets == targets);
        CHECK(live.header.rules > rules.max_id);
        std::size_t used = 0;
        for (const auto& record : live.rules)
            used += (record.flags & INTERDICT_RULE_PRESENT) != 0;
        CHECK(used == rules.rules.size());
    }
};

std::vector<order::Order> one_order(std::initializer_list<std::string_view> targets)
{
    return {make_order("one", targets)};
}

} // namespace

TEST_CASE("after every patch of 20 random histories the live tables hold exactly the rules")
{
    std::size_t in_place = 0;
    std::map<std::string, unsigned> whole;
    for (unsigned seed = 1; seed <= 20; ++seed) {
        History history(seed, 40);
        Bed bed(history.orders());
        bed.check();
        for (unsigned step = 0; step < 25; ++step) {
            INFO("seed " << seed << ", step " << step);
            const auto reason = bed.change(history.changed(bed.orders));
            if (reason.empty())
                ++in_place;
            else
                ++whole[reason.substr(0, reason.find_first_of("0123456789"))];
            bed.check();
        }
    }
    for (const auto& [reason, count] : whole)
        UNSCOPED_INFO(reason << ": " << count);
    CHECK(in_place > 250);
}

TEST_CASE("between any two stores every target has the rules that stay, and none but old and new ones")
{
    for (unsigned seed = 1; seed <= 15; ++seed) {
        History history(seed, 30);
        Bed bed(history.orders());
        for (unsigned step = 0; step < 15; ++step) {
            INFO("seed " << seed << ", step " << step);
            const auto next = history.changed(bed.orders);
            const auto planned = bed.plan(next);
            if (!planned.patch)
                continue;
            std::map<order::Target, std::vector<std::uint32_t>> staying;
            std::map<order::Target, std::set<std::uint32_t>> known;
            for (const Rule& rule : bed.rules.rules) {
                const auto place = ruleset::test::place_of(rule.target);
                if (std::ranges::find(planned.patch->diff.removed, rule.id()) ==
                    planned.patch->diff.removed.end())
                    staying[place].push_back(rule.id());
                known[place].insert(rule.id());
            }
            std::map<order::Target, bool> stopped; // before and after: by some rule or other
            for (const Rule& rule : planned.patch->after.rules)
                known[ruleset::test::place_of(rule.target)].insert(rule.id());
            for (const Rule& rule : planned.patch->before.rules)
                stopped[ruleset::test::place_of(rule.target)] = false;
            for (const Rule& rule : planned.patch->after.rules)
                if (const auto found = stopped.find(ruleset::test::place_of(rule.target));
                    found != stopped.end())
                    found->second = true;
            unsigned looks = 0;
            const auto look = [&] {
                ++looks;
                for (const auto& [place, ids] : known) {
                    const auto chain = bed.live.chain(place);
                    for (const auto& record : chain) {
                        CHECK(ids.contains(record.id));
                        CHECK((record.flags & INTERDICT_RULE_PRESENT) != 0);
                    }
                    for (const std::uint32_t id : staying[place])
                        CHECK(std::ranges::find(chain, id, &interdict_rule::id) != chain.end());
                    if (const auto found = stopped.find(place); found != stopped.end() && found->second)
                        CHECK_FALSE(chain.empty());
                }
            };
            if (bed.change(next, {.grace = Bed::none, .between = look}).empty() &&
                !planned.patch->diff.empty())
                CHECK(looks > 0);
        }
    }
}

TEST_CASE("a grace period only where something goes after something has come")
{
    Bed bed(one_order({"a.example", "192.0.2.7/32"}));
    unsigned graces = 0;
    const Waits waits{.grace = [&]() -> Result<void> {
                          ++graces;
                          return {};
                      },
                      .between = {}};
    REQUIRE(bed.change(one_order({"a.example", "192.0.2.7/32", "b.example"}), waits).empty());
    CHECK(graces == 0);
    REQUIRE(bed.change(one_order({"192.0.2.7/32", "b.example"}), waits).empty());
    CHECK(graces == 0);
    REQUIRE(bed.change(one_order({"192.0.2.7/32", "c.example"}), waits).empty());
    CHECK(graces == 1);
    bed.check();
}

TEST_CASE("a grace period that fails leaves what comes and what should go; nobody is missed")
{
    Bed bed(one_order({"a.example"}));
    const auto planned = bed.plan(one_order({"b.example"}));
    REQUIRE(planned.patch);
    const auto made = make_patch(*planned.patch, bed.live);
    REQUIRE(made.patch);
    const Waits waits{.grace = []() -> Result<void> { return fail("no grace"); }, .between = {}};
    PatchRun run(*made.patch, bed.live, waits);
    REQUIRE(run.reserve());
    CHECK(run.carry_out().error().message == "no grace");
    CHECK(bed.live.chain(item_of("a.example").target).size() == 1);
    CHECK(bed.live.chain(item_of("b.example").target).size() == 1);
}

TEST_CASE("new means, kinds and lengths of addresses open what was idle before")
{
    Bed bed({make_order("one", {"192.0.2.7/32"})});
    CHECK(bed.live.header.means == INTERDICT_MEANS(INTERDICT_CHANNEL_ADDRESS));
    CHECK(bed.live.header.hosts == INTERDICT_HOSTS_IPV4);
    REQUIRE(bed.change({bed.orders[0],
                        make_order("two", {"a.example", "2001:db8::1/128", "10.0.0.0/8", "2001:d00::/24"})})
                .empty());
    CHECK(bed.live.header.means == (order::kNameMeans | order::kAddressMeans));
    CHECK(bed.live.header.hosts == (INTERDICT_HOSTS_IPV4 | INTERDICT_HOSTS_IPV6));
    CHECK(bed.live.header.ipv4_lengths == 1u << 8);
    CHECK(bed.live.header.ipv6_lengths[0] == 1u << 24);
    CHECK(guard_has(bed.live.filter, order::parse_prefix("10.200.0.1/32").value()));
    bed.check();
}

TEST_CASE(
    "the plain mark goes before a second rule comes or the window shrinks, and comes back with the last")
{
    const auto is_plain = [](const Bed& bed) {
        const auto hash = hash_prefix(bed.live.header.key, order::parse_prefix("192.0.2.7/32").value());
        return (LiveTable(bed.live.buckets).find(hash) & INTERDICT_TARGET_PLAIN) != 0;
    };
    const auto alone = one_order({"192.0.2.7/32", "192.0.2.8/32"});
    Bed bed(alone);
    REQUIRE(is_plain(bed));
    auto second = make_order("two", {"192.0.2.7/32"});
    second.mode = order::Mode::Observe;
    REQUIRE(bed.change({alone[0], second}).empty());
    CHECK_FALSE(is_plain(bed));
    bed.check();
    REQUIRE(bed.change(alone).empty());
    CHECK(is_plain(bed));
    bed.check();
    auto shorter = alone;
    shorter[0].targets[0].expires = kEnd;
    REQUIRE(bed.change(shorter).empty());
    CHECK_FALSE(is_plain(bed));
    bed.check();
    REQUIRE(bed.change(alone).empty());
    CHECK(is_plain(bed));
    REQUIRE(bed.change(one_order({"192.0.2.7/32", "192.0.2.8/32", "192.0.2.9/32"})).empty());
    CHECK(is_plain(bed));
    bed.check();
}

TEST_CASE("ids: those that were never used first, then those that are free again, then none")
{
    Bed bed(one_order({"a.example", "b.example", "c.example"}));
    REQUIRE(bed.change(one_order({"a.example", "c.example"})).empty());
    auto ids = bed.live.free_ids();
    const auto size = static_cast<std::uint32_t>(bed.live.rules.size());
    for (std::uint32_t id = 4; id < size; ++id)
        REQUIRE(ids() == id);
    CHECK(ids() == 2);
    CHECK(ids() == 0);
    CHECK(ids() == 0);
}

TEST_CASE("what takes a whole generation is said, and nothing is changed")
{
    SECTION("two words of a record")
    {
        Bed bed(one_order({"a.example"}));
        auto both = bed.orders;
        both[0].expires = kEnd;
        both[0].mode = order::Mode::Observe;
        CHECK(bed.change(both) == "rule 1 changes in more than one store can say");
        bed.check();
    }
    SECTION("the order of rules on a target")
    {
        auto one = make_order("one", {"a.example"});
        auto two = make_order("two", {"a.example"});
        two.expires = kEnd;
        Bed bed({one, two});
        one.mode = order::Mode::Observe;
        CHECK(bed.change({one, two}) == "the order of the rules on a.example and below changes");
        bed.check();
    }
    SECTION("a full table")
    {
        Bed bed(one_order({"a.example"}));
        auto many = bed.orders;
        for (int i = 0; i < 1000; ++i)
            many[0].targets.push_back(item_of(fmt::format("n{}.example", i)));
        std::string reason;
        for (int i = 1000; reason.empty() && i < 2000; ++i) {
            many[0].targets.push_back(item_of(fmt::format("n{}.example", i)));
            reason = bed.change(many);
        }
        CHECK(bed.live.header.targets >= 1024);
        CHECK((reason == "no rule is free in the live generation" || reason.starts_with("the live ")));
        bed.check();
    }
    SECTION("no room for the words of another order")
    {
        Bed bed(one_order({"a.example"}));
        std::string reason;
        std::vector<order::Order> orders = bed.orders;
        for (int i = 0; reason.empty() && i < 200; ++i) {
            orders.push_back(make_order(fmt::format("order-{}", i), {fmt::format("n{}.example", i)}));
            reason = bed.change(orders);
        }
        CHECK(reason == "no room for what refused users are told");
        CHECK(orders.size() > 64);
        bed.check();
    }
    SECTION("an empty generation")
    {
        Bed bed({});
        CHECK(bed.change(one_order({"a.example"})) ==
              "the live table has 0 slots, 1 targets are to be in it");
    }
}

} // namespace interdict::image
