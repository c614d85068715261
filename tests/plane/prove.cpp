// SPDX-License-Identifier: Apache-2.0
//
// Proofs and canaries against the staged and the live generation; what they leave untouched.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <bpf/bpf.h>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <linux/bpf.h>

#include "base/clock.h"
#include "harness/dns.h"
#include "harness/hello.h"
#include "harness/orders.h"
#include "harness/packet.h"
#include "harness/plane_pool.h"
#include "image/image.h"
#include "order/parse.h"
#include "plane/prove.h"
#include "ruleset/compile.h"
#include "ruleset/diff.h"

using namespace interdict;
using namespace interdict::harness;
using Catch::Matchers::ContainsSubstring;
using plane::Generation;

namespace {

order::Target name_target(const std::string& name) { return {.name = {.name = name}, .address = {}}; }

order::Target prefix_target(const std::string& prefix)
{
    return {.name = {}, .address = {.prefix = order::parse_prefix(prefix).value(), .ports = {}}};
}

class Bench {
public:
    explicit Bench(const std::string& scopes = {}) : plane_(take())
    {
        if (!scopes.empty())
            scopes_ = order::parse_scopes(scopes, "scopes").scopes;
    }

    // The rules of an order file, in the idle slot. spoil: what is done to the image before.
    void stage(const std::string& text, const std::function<void(image::Image&)>& spoil = {})
    {
        auto parsed = order::parse_orders(text, "orders");
        for (const auto& problem : parsed.problems)
            FAIL_CHECK(to_string(problem));
        REQUIRE(parsed.ok());
        next_ = ruleset::compile(parsed.orders, scopes_, &rules_).value();
        auto image = image::build_image(next_).value();
        if (spoil)
            spoil(image);
        auto staged = plane_->stage(image);
        if (!staged)
            FAIL(staged.error().message);
        staged_ = *staged;
    }

    void publish()
    {
        const auto changes = ruleset::diff(rules_, next_);
        REQUIRE(plane_->publish(*staged_, {.added = changes.added, .removed = changes.removed}));
        rules_ = next_;
    }

    plane::Proof prove(Generation which, const plane::ProofLimits& limits = {})
    {
        auto proof = plane::prove(*plane_, which, rules(which), limits);
        if (!proof)
            FAIL(proof.error().message);
        for (const auto& failure : proof->failures)
            UNSCOPED_INFO(failure.text);
        return *proof;
    }

    plane::Canaries canaries(Generation which, const std::vector<order::Target>& targets)
    {
        auto canaries = plane::check_canaries(*plane_, which, rules(which), targets);
        if (!canaries)
            FAIL(canaries.error().message);
        for (const auto& blocked : canaries->blocked)
            UNSCOPED_INFO(blocked.text);
        return *canaries;
    }

    const ruleset::Ruleset& rules(Generation which) const
    {
        return which == Generation::Staged ? next_ : rules_;
    }

    std::uint32_t id(Generation which, const std::string& target) const
    {
        for (const auto& rule : rules(which).rules)
            if (!rule.exempt() && !rule.derived() && to_string(rule.target).starts_with(target))
                return rule.id();
        FAIL("no rule on " << target);
        return 0;
    }

    std::uint32_t action(const Packet& packet)
    {
        return plane_->runner().value().run(build(packet)).value().action;
    }

    // Everything that packets leave behind in the plane.
    void check_untouched(std::uint64_t packets = 0)
    {
        const auto totals = plane_.totals().value();
        CHECK(totals.value[INTERDICT_TOTAL_PACKETS] == packets);
        if (packets == 0)
            CHECK(std::ranges::all_of(totals.value, [](auto value) { return value == 0; }));
        for (const auto& rule : rules_.rules)
            if (packets == 0)
                CHECK(plane_->maps().counter(rule.id())->packets == 0);
        interdict_flow_key key{};
        CHECK(bpf_map_get_next_key(plane_->maps().fd(plane::MapId::Flows), nullptr, &key) == -ENOENT);
        const auto used = [](const interdict_open_set& set) {
            return std::ranges::any_of(set.slot, [](const auto& slot) { return slot.word[2] != 0; });
        };
        CHECK(std::ranges::none_of(plane_->maps().opens().all(), used));
    }

    plane::Plane& plane() { return *plane_; }

private:
    static PooledPlane take()
    {
        auto taken = PooledPlane::take({.role = INTERDICT_ROLE_SUBSCRIBER});
        if (!taken && (taken.error().code == EPERM || taken.error().code == ENOSYS))
            SKIP("no privilege to load BPF programs: " << taken.error().message);
        if (!taken)
            FAIL(taken.error().message);
        return *std::move(taken);
    }

    PooledPlane plane_;
    std::vector<order::Scope> scopes_;
    ruleset::Ruleset rules_; // published
    ruleset::Ruleset next_;  // staged
    std::optional<plane::Staged> staged_;
};

const std::string kAll = R"(, "means": ["tls", "quic", "dns", "http"])";

Packet query(const std::string& name)
{
    return Ethernet{} / IPv4{} / Udp{.destination_port = 53} / Payload(message(ask(name)));
}

} // namespace

TEST_CASE("prove: every kind of target works on every channel and side before it is live, and after")
{
    Bench bench;
    bench.stage(blocking(
        {block_name("blocked.example"), block_name("exact.example", "exact"), block_prefix("198.51.100.7/32"),
         block_prefix("2001:db8:ff::7/128"), block_prefix("203.0.113.0/25"), block_prefix("2001:db8:fe::/48"),
         block_prefix("198.51.100.8/32", R"(, "protocol": "tcp", "ports": [80, "8000-8100"])"),
         block_prefix("198.51.100.9/32", R"(, "protocol": "icmp")")},
        kAll));
    const auto staged = bench.prove(Generation::Staged);
    CHECK(staged.ok());
    CHECK(staged.failures.empty());
    CHECK(staged.generation == bench.plane().maps().live() + 1);
    CHECK_FALSE(staged.dry_run);
    CHECK(staged.proven.size() == bench.rules(Generation::Staged).rules.size());
    // Eight for the subtree, four for the name; three protocols, two sides, both ends of a prefix; two sides
    // and three ports; ICMP from both sides.
    CHECK(staged.possible == 8 + 4 + 2 * 6 + 2 * 12 + 2 * 3 + 2);
    CHECK(staged.probes == staged.possible);
    CHECK(staged.right == staged.possible);
    bench.check_untouched();
    bench.publish();
    const auto live = bench.prove(Generation::Live);
    CHECK(live.generation == staged.generation);
    CHECK(live.right == staged.possible);
    bench.check_untouched();
}

TEST_CASE("prove: every answer is recognised: drop, reset, NXDOMAIN, REFUSED, a sinkhole, a notice")
{
    Bench bench;
    bench.stage(orders(
        {harness::order({block_name("one.example")}, kAll, "defaults"),
         harness::order({block_name("two.example")},
                        kAll + R"(, "actions": {"tls": "drop", "dns": "refused", "http": "reset"})",
                        "others"),
         harness::order(
             {block_name("three.example")},
             kAll +
                 R"(, "actions": {"dns": "sinkhole", "http": "drop"}, "sinkhole": {"ipv4": "192.0.2.80", "ipv6": "2001:db8::80"})",
             "sinkhole")}));
    const auto proof = bench.prove(Generation::Staged);
    CHECK(proof.ok());
    CHECK(proof.right == 24);
    bench.check_untouched();
}

TEST_CASE("prove: a rule that answers with something else than its order asks for has failed")
{
    Bench bench;
    std::uint32_t id = 0;
    bench.stage(blocking({block_name("blocked.example", "exact")}, R"(, "means": ["dns"])"),
                [&](image::Image& image) {
                    id = image.header.rules - 1;
                    image.rules[id].action[INTERDICT_CHANNEL_DNS] = INTERDICT_ACTION_REFUSED;
                });
    const auto proof = bench.prove(Generation::Staged);
    CHECK(proof.failed == std::vector{bench.id(Generation::Staged, "blocked.example")});
    REQUIRE(proof.failures.size() == 1);
    CHECK_THAT(proof.failures[0].text, ContainsSubstring("blocked.example over dns: answered, though"));
}

TEST_CASE(
    "prove: rules that cannot fire are found: not in the table, not present, behind a filter that is empty")
{
    Bench bench;
    const std::string text = blocking({block_name("blocked.example"), block_prefix("198.51.100.7/32")}, kAll);
    SECTION("the rule's record")
    {
        bench.stage(text, [](image::Image& image) {
            for (auto& rule : image.rules)
                rule.flags &= static_cast<__u8>(~INTERDICT_RULE_PRESENT);
            // The short way does not ask for the record.
            for (auto& bucket : image.buckets)
                for (auto& rule : bucket.rule)
                    rule = INTERDICT_TARGET_RULE(rule);
        });
    }
    SECTION("the target table")
    {
        bench.stage(text, [](image::Image& image) { std::ranges::fill(image.buckets, interdict_bucket{}); });
    }
    SECTION("the filter")
    {
        bench.stage(text, [](image::Image& image) { std::ranges::fill(image.filter, 0); });
    }
    const auto proof = bench.prove(Generation::Staged);
    CHECK_FALSE(proof.ok());
    CHECK(proof.failed.size() == 2);
    CHECK(proof.right == 0);
    CHECK(proof.failures.size() == proof.probes);
    CHECK_THAT(proof.failures[0].text, ContainsSubstring("passed, though the rule is on it"));
}

TEST_CASE("prove: a rule that only observes and is marked as plain would drop on the wire: found")
{
    Bench bench;
    bench.stage(blocking({block_prefix("198.51.100.7/32")}, R"(, "mode": "observe")"),
                [](image::Image& image) {
                    for (auto& bucket : image.buckets)
                        for (auto& rule : bucket.rule)
                            if (rule)
                                rule |= INTERDICT_TARGET_PLAIN;
                    image.header.plain_from = 1;
                    image.header.plain_until = UINT64_MAX;
                });
    const auto proof = bench.prove(Generation::Staged);
    CHECK(proof.failed.size() == 1);
    CHECK_THAT(proof.failures.at(0).text, ContainsSubstring("short way"));
}

TEST_CASE("prove: observing rules count and pass; a dry run of the plane is said and not obeyed")
{
    Bench bench;
    bench.plane().set_observe(true);
    bench.stage(orders({harness::order({block_name("watched.example"), block_prefix("198.51.100.7/32")},
                                       kAll + R"(, "mode": "observe")", "watch"),
                        harness::order({block_name("blocked.example")}, kAll, "block")}));
    const auto proof = bench.prove(Generation::Staged);
    CHECK(proof.dry_run);
    CHECK(proof.ok());
    CHECK(proof.proven.size() == 3);
    bench.plane().set_observe(false);
    CHECK_FALSE(bench.prove(Generation::Staged).dry_run);
}

TEST_CASE("prove: a rule before its window waits: it works from its first second on and is silent now")
{
    Bench bench;
    bench.stage(orders(
        {harness::order({block_name("later.example")},
                        kAll + R"(, "effective": "2098-01-01T00:00:00Z", "expires": "2098-01-02T00:00:00Z")",
                        "later"),
         harness::order({block_prefix("198.51.100.7/32", R"(, "expires": "2098-01-02T00:00:00Z")")},
                        R"(, "effective": "2098-01-01T00:00:00Z")", "address"),
         harness::order({block_name("now.example")}, kAll, "now")}));
    const auto proof = bench.prove(Generation::Staged);
    CHECK(proof.ok());
    CHECK(proof.right == proof.possible);
    CHECK(proof.waiting == std::vector{bench.id(Generation::Staged, "later.example"),
                                       bench.id(Generation::Staged, "198.51.100.7")});
    CHECK(proof.proven == std::vector{bench.id(Generation::Staged, "now.example")});
    SECTION("one that does not wait has failed")
    {
        bench.stage(
            blocking({block_name("later.example")}, kAll + R"(, "effective": "2098-01-01T00:00:00Z")"),
            [](image::Image& image) {
                for (auto& rule : image.rules)
                    rule.not_before = 0;
            });
        const auto eager = bench.prove(Generation::Staged);
        CHECK(eager.failed.size() == 1);
        CHECK_THAT(eager.failures.at(0).text, ContainsSubstring("not in force"));
    }
}

TEST_CASE("prove: a rule with scopes is met inside each of them, by VLAN and by subscriber")
{
    Bench bench(R"({"scopes": [{"name": "north", "vlans": [100, "200-210"]},
                               {"name": "south", "prefixes": ["192.0.2.64/26", "2001:db8:5::/48"]},
                               {"name": "both", "vlans": [300], "prefixes": ["192.0.2.128/26"]},
                               {"name": "port", "interfaces": ["eth7"]}]})");
    const std::string scope = R"(, "scope": ["north", "south", "both", "port"])";
    bench.stage(
        orders({harness::order({block_name("blocked.example"), block_prefix("198.51.100.7/32"),
                                block_prefix("203.0.113.0/24")},
                               kAll + scope, "all"),
                harness::order({block_name("north.example")}, kAll + R"(, "scope": ["north"])", "north")}));
    const auto proof = bench.prove(Generation::Staged);
    CHECK(proof.ok());
    CHECK(proof.right == proof.possible);
    CHECK(proof.possible == 4 * (8 + 6 + 12) + 8);
    CHECK(proof.proven.size() == 4);
    SECTION("scope without a subscriber of the target's family: no packet can meet the rule")
    {
        bench.stage(blocking({block_prefix("2001:db8:ff::7/128")}, R"(, "scope": ["both"])"));
        const auto none = bench.prove(Generation::Staged);
        CHECK(none.failed.size() == 1);
        CHECK_THAT(none.failures.at(0).text, ContainsSubstring("no subscriber of its family"));
    }
}

TEST_CASE("prove: an exemption lets its name pass; one that another order holds is no fault")
{
    Bench bench;
    const std::string exempt = kAll + R"(, "exempt": [{"name": "good.blocked.example", "match": "subtree"}])";
    bench.stage(blocking({block_name("blocked.example")}, exempt));
    const auto alone = bench.prove(Generation::Staged);
    CHECK(alone.ok());
    CHECK(alone.proven.size() == bench.rules(Generation::Staged).rules.size());
    bench.stage(orders({harness::order({block_name("blocked.example")}, exempt, "carved"),
                        harness::order({block_name("blocked.example")},
                                       kAll + R"(, "actions": {"tls": "drop"})", "whole")}));
    CHECK(bench.prove(Generation::Staged).ok());
}

TEST_CASE("prove: of two rules on one target the second is covered, or proven where the first leaves room")
{
    Bench bench;
    bench.stage(orders(
        {harness::order({block_prefix("198.51.100.7/32"), block_name("blocked.example")}, kAll, "first"),
         harness::order({block_prefix("198.51.100.7/32", R"(, "protocol": "tcp", "ports": [443])"),
                         block_name("blocked.example")},
                        kAll + R"(, "mode": "observe")", "second"),
         harness::order({block_prefix("198.51.100.8/32", R"(, "protocol": "tcp", "ports": [443])")}, "",
                        "third"),
         harness::order({block_prefix("198.51.100.8/32")}, R"(, "effective": "2021-01-01T00:00:00Z")",
                        "fourth")}));
    const auto proof = bench.prove(Generation::Staged);
    CHECK(proof.ok());
    CHECK(proof.failures.empty());
    CHECK(proof.covered.size() == 2);
    CHECK(proof.proven.size() == bench.rules(Generation::Staged).rules.size() - 2);
}

TEST_CASE("prove: with a limit every n-th rule is tried, and the rest is said not to have been")
{
    Bench bench;
    bench.stage(blocking(
        {block_name("a.example"), block_name("b.example"), block_name("c.example"), block_name("d.example")},
        kAll));
    const auto two = bench.prove(Generation::Staged, {.probes = 2});
    CHECK(two.possible == 32);
    CHECK(two.probes == 2);
    CHECK(two.proven.size() == 2);
    CHECK(two.untried.size() == 2);
    const auto some = bench.prove(Generation::Staged, {.probes = 20});
    CHECK(some.probes == 4 + 14);
    CHECK(some.proven.size() == 4);
    CHECK(some.untried.empty());
}

TEST_CASE("prove: proofs of chosen rules only; an id that is no rule's is an error")
{
    Bench bench;
    bench.stage(blocking({block_name("a.example"), block_name("b.example")}, kAll));
    const std::uint32_t id = bench.id(Generation::Staged, "b.example");
    const auto& rules = bench.rules(Generation::Staged);
    const auto one = plane::prove(bench.plane(), Generation::Staged, rules, std::vector{id}).value();
    CHECK(one.proven == std::vector{id});
    CHECK(one.probes == 8);
    CHECK_THAT(plane::prove(bench.plane(), Generation::Staged, rules, std::vector{77u}).error().message,
               ContainsSubstring("no rule 77"));
}

TEST_CASE("prove: a canary that the staged generation blocks is found, while the live one still lets it pass")
{
    Bench bench;
    bench.stage(blocking({block_name("blocked.example")}, kAll));
    bench.publish();
    const std::vector canaries{name_target("bank.example"), prefix_target("203.0.113.0/24"),
                               prefix_target("2001:db8:aa::1/128")};
    CHECK(bench.canaries(Generation::Live, canaries).ok());
    CHECK(bench.canaries(Generation::Live, canaries).probes == 8 + 20 + 10);

    bench.stage(blocking(
        {block_name("blocked.example"), block_name("bank.example"), block_prefix("203.0.113.255/32")}, kAll));
    const auto staged = bench.canaries(Generation::Staged, canaries);
    CHECK_FALSE(staged.ok());
    CHECK(staged.blocked.size() == 8 + 10);
    CHECK(staged.blocked[0].rule == bench.id(Generation::Staged, "bank.example"));
    CHECK_THAT(staged.blocked[0].text, ContainsSubstring("bank.example over dns: answered by rule"));
    CHECK(bench.canaries(Generation::Live, canaries).ok());
    CHECK(bench.prove(Generation::Staged).ok());
    bench.check_untouched();
    // Real traffic goes by the live generation.
    CHECK(bench.action(query("bank.example")) == XDP_PASS);
    CHECK(bench.action(query("blocked.example")) == XDP_TX);
    CHECK(bench.action(Ethernet{} / IPv4{.destination = "203.0.113.255"} / Udp{}) == XDP_PASS);
    CHECK(bench.plane().maps().counter(bench.id(Generation::Live, "blocked.example"))->packets == 1);
}

TEST_CASE("prove: a canary is safe from rules with a scope, too")
{
    Bench bench(R"({"scopes": [{"name": "north", "vlans": [100]}]})");
    bench.stage(blocking({block_name("bank.example")}, kAll + R"(, "scope": ["north"])"));
    const auto canaries = bench.canaries(Generation::Staged, {name_target("bank.example")});
    CHECK(canaries.probes == 16);
    CHECK(canaries.blocked.size() == 8);
}

TEST_CASE("prove: rules that only observe do not block a canary")
{
    Bench bench;
    bench.stage(blocking({block_name("bank.example")}, kAll + R"(, "mode": "observe")"));
    CHECK(bench.canaries(Generation::Staged, {name_target("bank.example")}).ok());
}

TEST_CASE("prove: nothing live and nothing staged are errors")
{
    auto plane = plane::Plane::detached();
    if (!plane)
        SKIP(plane.error().message);
    const ruleset::Ruleset none;
    CHECK_THAT(plane::prove(*plane, Generation::Live, none).error().message,
               ContainsSubstring("no generation"));
    CHECK_THAT(plane::prove(*plane, Generation::Staged, none).error().message,
               ContainsSubstring("generation 1 is not staged"));
}

TEST_CASE("prove: ids beyond the first 65,536 have counters, too")
{
    Bench bench;
    bench.stage(blocking({block_prefix("198.51.100.7/32"), block_name("blocked.example")}, kAll),
                [](image::Image& image) {
                    const std::uint32_t shift = 70'000;
                    image.rules.resize(image.rules.size() + shift);
                    for (std::uint32_t id = image.header.rules - 1; id; --id) {
                        image.rules[id + shift] = image.rules[id];
                        image.rules[id + shift].id += shift;
                        image.rules[id] = {};
                    }
                    image.header.rules += shift;
                    for (auto& bucket : image.buckets)
                        for (auto& rule : bucket.rule)
                            rule += rule ? shift : 0;
                });
    // The rules are where the set does not say they are: they fire, and as others.
    const auto proof = bench.prove(Generation::Staged);
    CHECK(proof.failed.empty());
    CHECK(proof.covered.size() == 2);
}

TEST_CASE("prove: a channel's part of a counter wraps at 2^32 and its differences stay right")
{
    Bench bench;
    bench.stage(blocking({block_name("blocked.example")}, kAll));
    bench.publish();
    const std::uint32_t id = bench.id(Generation::Live, "blocked.example");
    const auto& maps = bench.plane().maps();
    const unsigned means = bench.rules(Generation::Live).find(id)->record.means;
    interdict_hits* part = maps.hits(id, 0);
    part->packets = 0x1'0000'0004; // 2^32 - 1 by DNS, 5 by TLS
    part->dns = 0xffffffff;
    const auto before = maps.counter(id).value();
    CHECK(interdict_hits_by(&before, INTERDICT_CHANNEL_TLS, means) == 5);
    CHECK(bench.action(query("blocked.example")) == XDP_TX);
    const auto after = maps.counter(id).value();
    CHECK(after.packets == 0x1'0000'0005);
    CHECK(interdict_hits_by(&after, INTERDICT_CHANNEL_DNS, means) == 0);
    CHECK(interdict_hits_by(&after, INTERDICT_CHANNEL_TLS, means) == 5);
    CHECK(interdict_hits_by(&after, INTERDICT_CHANNEL_ADDRESS, means) == 0);
}
