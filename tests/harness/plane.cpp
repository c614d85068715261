// SPDX-License-Identifier: Apache-2.0
#include "harness/plane.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/bpf.h>
#include <time.h>

#include <catch2/catch_test_macros.hpp>

#include "harness/plane_pool.h"
#include "image/image.h"
#include "order/parse.h"
#include "plane/plane.h"
#include "ruleset/compile.h"
#include "ruleset/diff.h"

namespace interdict::harness {

namespace {

using ruleset::Ruleset;

std::string_view name_of(interdict_verdict verdict)
{
    constexpr std::array<std::string_view, 5> kNames{"pass", "drop", "reset", "answer", "notice"};
    return verdict < kNames.size() ? kNames[verdict] : "none of the verdicts";
}

std::string listed(const std::vector<order::Problem>& problems)
{
    std::string out;
    for (const auto& problem : problems)
        out += "\n  " + to_string(problem);
    return out;
}

std::string text_of(const order::Target& target)
{
    return target.is_name() ? target.name.name : to_string(target.address.prefix);
}

interdict_channel channel_of(const Expectation& expectation, const ruleset::Rule& rule)
{
    return expectation.channel.value_or(rule.target.is_name() ? INTERDICT_CHANNEL_TLS
                                                              : INTERDICT_CHANNEL_ADDRESS);
}

// As much of the frame as tells it from others, in hex.
std::string beginning(const Bytes& frame)
{
    constexpr std::size_t kShown = 80;
    return fmt::format("{:02x}{}",
                       fmt::join(frame.begin(),
                                 frame.begin() + static_cast<std::ptrdiff_t>(std::min(frame.size(), kShown)),
                                 ""),
                       frame.size() > kShown ? "..." : "");
}

// Totals that say what was done or why nothing was: those that an expectation accounts for one by one. The
// others (packets, bytes, hellos, flows, retransmissions, conflicts) are looked at only where a test asks.
bool accounted(interdict_total total)
{
    return (total >= INTERDICT_TOTAL_DROPPED && total <= INTERDICT_TOTAL_EXEMPTED) ||
           (total >= INTERDICT_TOTAL_HIT_ADDRESS && total <= INTERDICT_TOTAL_HIT_HTTP) ||
           (total >= INTERDICT_TOTAL_SKIP_LINK && total <= INTERDICT_TOTAL_SKIP_STAGE) ||
           total == INTERDICT_TOTAL_NO_INTERFACE;
}

struct Counts {
    std::map<std::uint32_t, interdict_hits> rules; // by id
    interdict_totals totals{};
};

} // namespace

struct Edge::State {
    std::optional<PooledPlane> plane;
    std::optional<plane::Runner> runner;
    std::vector<order::Scope> scopes;
    std::optional<interdict_answer> answer;
    Ruleset rules;
    Bytes output;
    std::string name;

    Counts counts() const;
    const ruleset::Rule& rule_on(const std::string& target) const;
    interdict_verdict run(const Bytes& frame);
    void check(const Bytes& frame, interdict_verdict verdict, const Expectation& expectation,
               const Counts& before, const Counts& after);
};

Counts Edge::State::counts() const
{
    Counts out;
    for (const auto& rule : rules.rules)
        out.rules[rule.id()] = (*plane)->maps().counter(rule.id()).value_or(interdict_hits{});
    const auto totals = plane->totals();
    if (!totals)
        FAIL(totals.error().message);
    out.totals = *totals;
    return out;
}

// The first rule on it that is not an exemption.
const ruleset::Rule& Edge::State::rule_on(const std::string& target) const
{
    for (const auto& rule : rules.rules)
        if (!rule.exempt() && !rule.derived() && text_of(rule.target) == target)
            return rule;
    throw std::invalid_argument("no rule on " + target);
}

interdict_verdict Edge::State::run(const Bytes& frame)
{
    auto ran = runner->run(frame);
    if (!ran)
        FAIL(ran.error().message);
    output.assign(ran->frame.begin(), ran->frame.end());
    name.assign(reinterpret_cast<const char*>(ran->report.name), ran->report.name_length);
    if (!((*plane)->maps().control().flags & INTERDICT_CONTROL_REPORT))
        return ran->action == XDP_PASS   ? INTERDICT_VERDICT_PASS
               : ran->action == XDP_DROP ? INTERDICT_VERDICT_DROP
                                         : INTERDICT_VERDICT_RESET;
    const auto verdict = static_cast<interdict_verdict>(ran->report.verdict);
    const bool agree = ran->action == XDP_PASS   ? verdict == INTERDICT_VERDICT_PASS
                       : ran->action == XDP_DROP ? verdict == INTERDICT_VERDICT_DROP
                       : ran->action == XDP_TX   ? verdict >= INTERDICT_VERDICT_RESET
                                                 : false;
    if (!agree)
        FAIL("the program returned XDP action " << ran->action << " and reported " << name_of(verdict));
    return verdict;
}

void Edge::State::check(const Bytes& frame, interdict_verdict verdict, const Expectation& expectation,
                        const Counts& before, const Counts& after)
{
    INFO("frame of " << frame.size() << " bytes: " << beginning(frame));
    INFO("verdict " << name_of(verdict) << ", expected " << name_of(expectation.verdict));
    CHECK(verdict == expectation.verdict);

    const ruleset::Rule* counted = expectation.target.empty() ? nullptr : &rule_on(expectation.target);
    for (const auto& [id, counter] : after.rules) {
        const interdict_hits& old = before.rules.at(id);
        const bool hit = counted && counted->id() == id;
        INFO("counter of rule " << id << ", " << text_of(rules.find(id)->target));
        CHECK(counter.packets - old.packets == (hit ? 1 : 0));
        CHECK(counter.bytes - old.bytes == (hit ? frame.size() : 0));
        if (hit)
            CHECK(counter.last_seen != 0);
        const unsigned means = rules.find(id)->record.means;
        for (unsigned channel = 0; channel < INTERDICT_CHANNEL_MAX; ++channel) {
            INFO("by " << order::channel_name(channel));
            CHECK(interdict_hits_by(&counter, channel, means) - interdict_hits_by(&old, channel, means) ==
                  (hit && channel == channel_of(expectation, *counted) ? 1 : 0));
        }
    }

    std::array<std::uint64_t, INTERDICT_TOTAL_MAX> growth{};
    const auto grows = [&](interdict_total total) { ++growth[total]; };
    if (counted && expectation.observed)
        grows(INTERDICT_TOTAL_OBSERVED);
    else if (counted)
        grows(static_cast<interdict_total>(unsigned{INTERDICT_TOTAL_HIT_ADDRESS} +
                                           channel_of(expectation, *counted)));
    constexpr std::array kActed{INTERDICT_TOTAL_DROPPED, INTERDICT_TOTAL_RESET, INTERDICT_TOTAL_ANSWERED,
                                INTERDICT_TOTAL_NOTICED};
    if (verdict == expectation.verdict && verdict != INTERDICT_VERDICT_PASS && !expectation.uncounted)
        grows(kActed.at(verdict - INTERDICT_VERDICT_DROP));
    if (expectation.exempted)
        grows(INTERDICT_TOTAL_EXEMPTED);
    for (const auto total : expectation.also)
        grows(total);
    for (unsigned i = 0; i < INTERDICT_TOTAL_MAX; ++i) {
        const auto total = static_cast<interdict_total>(i);
        if (!accounted(total) && !growth[i])
            continue;
        INFO("total " << plane::kTotals[i].json);
        CHECK(after.totals.value[i] - before.totals.value[i] == growth[i]);
    }
}

Expectation passes() { return {}; }

Expectation passes_because(interdict_total reason) { return Expectation{}.counting(reason); }

Expectation passes_exempt() { return {.exempted = true}; }

Expectation drops(const std::string& target) { return {.verdict = INTERDICT_VERDICT_DROP, .target = target}; }

Expectation resets(const std::string& target)
{
    return {.verdict = INTERDICT_VERDICT_RESET, .target = target};
}

Expectation answers(const std::string& target)
{
    return Expectation{.verdict = INTERDICT_VERDICT_ANSWER, .target = target}.by(INTERDICT_CHANNEL_DNS);
}

Expectation notices(const std::string& target)
{
    return Expectation{.verdict = INTERDICT_VERDICT_NOTICE, .target = target}.by(INTERDICT_CHANNEL_HTTP);
}

Expectation observes(const std::string& target) { return {.target = target, .observed = true}; }

Edge::Edge(const std::string& orders, const Setup& setup) : state_(std::make_unique<State>())
{
    if (!setup.scopes.empty()) {
        auto scopes = order::parse_scopes(setup.scopes, "scopes");
        if (!scopes.ok())
            FAIL("the scopes file of this test:" << listed(scopes.problems));
        state_->scopes = std::move(scopes.scopes);
    }
    state_->answer = setup.answer;
    plane::DetachedConfig config;
    config.role = setup.role;
    config.interface = setup.interface;
    config.observe = setup.observe;
    config.encapsulations = setup.encapsulations;
    auto plane = PooledPlane::take(config, setup.fresh);
    if (!plane && (plane.error().code == EPERM || plane.error().code == ENOSYS))
        SKIP("no privilege to load BPF programs: " << plane.error().message);
    if (!plane)
        FAIL(plane.error().message);
    state_->plane.emplace(*std::move(plane));
    for (const auto& stage : (*state_->plane)->programs().stages())
        if (!stage.loaded)
            WARN("the kernel refuses the stage " << stage.name << ": " << stage.reason);
    auto runner = (*state_->plane)->runner();
    if (!runner)
        FAIL(runner.error().message);
    state_->runner.emplace(*std::move(runner));
    if (!setup.report)
        (*state_->plane)->maps().control().flags &= ~INTERDICT_CONTROL_REPORT;
    publish(orders);
}

Edge::~Edge() = default;

void Edge::publish(const std::string& orders)
{
    auto parsed = order::parse_orders(orders, "orders");
    if (!parsed.ok())
        FAIL("the order file of this test:" << listed(parsed.problems));
    auto compiled = ruleset::compile(parsed.orders, state_->scopes, &state_->rules);
    if (!compiled)
        FAIL(compiled.error().message);
    auto image = image::build_image(*compiled);
    if (!image)
        FAIL(image.error().message);
    if (state_->answer) {
        image->answers.assign(1, *state_->answer);
        for (auto& rule : image->rules)
            rule.answer = 0;
    }
    const auto staged = (*state_->plane)->stage(*image);
    if (!staged)
        FAIL(staged.error().message);
    const auto changes = ruleset::diff(state_->rules, *compiled);
    const auto published =
        (*state_->plane)->publish(*staged, {.added = changes.added, .removed = changes.removed});
    if (!published)
        FAIL(published.error().message);
    state_->rules = *std::move(compiled);
}

void Edge::expect(const Bytes& frame, const Expectation& expectation)
{
    const Counts before = state_->counts();
    const interdict_verdict verdict = state_->run(frame);
    state_->check(frame, verdict, expectation, before, state_->counts());
}

void Edge::expect(const Packet& packet, const Expectation& expectation)
{
    expect(build(packet), expectation);
}

void Edge::expect(const std::vector<Packet>& packets, const Expectation& each)
{
    for (const auto& packet : packets)
        expect(packet, each);
}

void Edge::expect_last(const std::vector<Packet>& packets, const Expectation& last)
{
    for (std::size_t i = 0; i < packets.size(); ++i) {
        INFO("frame " << i + 1 << " of " << packets.size());
        expect(packets[i], i + 1 < packets.size() ? passes() : last);
    }
}

interdict_verdict Edge::run(const Bytes& frame) { return state_->run(frame); }

interdict_verdict Edge::run(const Packet& packet) { return state_->run(build(packet)); }

const Bytes& Edge::output() const { return state_->output; }

const std::string& Edge::name() const { return state_->name; }

std::uint64_t Edge::packets(const std::string& target) const
{
    const auto counter = (*state_->plane)->maps().counter(state_->rule_on(target).id());
    return counter ? counter->packets : 0;
}

std::uint64_t Edge::total(interdict_total which) const
{
    const auto totals = state_->plane->totals();
    if (!totals)
        FAIL(totals.error().message);
    return totals->value[which];
}

void Edge::set_open_sets(std::uint32_t sets)
{
    state_->plane->spoil();
    (*state_->plane)->maps().control().open_sets = sets;
}

void Edge::set_quic_budget(std::uint32_t initials)
{
    // What is left of it in this second is known to the program alone.
    state_->plane->spoil();
    (*state_->plane)->maps().control().quic_budget = initials;
}

void Edge::set_clock(std::int64_t seconds)
{
    timespec coarse{};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &coarse);
    const std::uint64_t monotonic = static_cast<std::uint64_t>(coarse.tv_sec) * 1'000'000'000 +
                                    static_cast<std::uint64_t>(coarse.tv_nsec);
    interdict_control& control = (*state_->plane)->maps().control();
    // At its beginning, so that the time that passes until the frame runs changes nothing.
    control.second = static_cast<std::uint64_t>(seconds);
    control.second_start = monotonic;
}

} // namespace interdict::harness
