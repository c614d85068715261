// SPDX-License-Identifier: Apache-2.0
#include "control/proof.h"

#include <algorithm>

#include "base/clock.h"
#include "ruleset/judge.h"

namespace interdict::control {

namespace {

constexpr std::size_t kAll = SIZE_MAX;
constexpr std::size_t kSample = 64;
constexpr std::size_t kLifted = 256;

// At most so many, spread over all.
template <class T>
std::vector<T> spread(std::span<const T> all, std::size_t most)
{
    if (all.size() <= most)
        return {all.begin(), all.end()};
    std::vector<T> some;
    for (std::size_t i = 0; i < most; ++i)
        some.push_back(all[i * all.size() / most]);
    return some;
}

order::Target target_of(const guard::Canary& canary)
{
    order::Target target;
    if (canary.name.empty())
        target.address.prefix = canary.address;
    else
        target.name = {.name = canary.name, .match = order::Match::Exact};
    return target;
}

// No rule of any order, in force or waiting, is left on it.
bool passes(const ruleset::Judge& judge, const order::Target& target)
{
    const ruleset::Circumstances anywhere{.scopes = ~std::uint32_t{0}, .time = now()};
    using Outcome = ruleset::Judgement::Outcome;
    if (target.is_name()) {
        for (unsigned channel = 0; channel < INTERDICT_CHANNEL_MAX; ++channel)
            if ((order::kNameMeans & INTERDICT_MEANS(channel)) &&
                judge.name(target.name.name, channel, anywhere).outcome == Outcome::Fire)
                return false;
        return true;
    }
    // Of a range any part may still be blocked, and of an address any port.
    const auto& prefix = target.address.prefix;
    return prefix.length == prefix.width() && judge.on_prefix(prefix).empty() &&
           judge.address({.address = prefix, .protocol = 0, .port = {}}, anywhere).outcome != Outcome::Fire;
}

} // namespace

Result<Proven> Proof::staged() const { return prove(plane::Generation::Staged, kAll, kAll); }

Result<Proven> Proof::live() const { return prove(plane::Generation::Live, kSample, kSample); }

Result<Proven> Proof::live_whole() const { return prove(plane::Generation::Live, kAll, kAll); }

std::vector<order::Target> lifted_targets(const Candidate& candidate, const ruleset::Ruleset& before)
{
    const auto ids = spread<std::uint32_t>(candidate.diff.removed, kLifted);
    std::vector<order::Target> out;
    if (ids.empty())
        return out;
    const ruleset::Judge judge(candidate.rules);
    for (const auto id : ids)
        if (const auto* rule = before.find(id); rule && passes(judge, rule->target)) {
            out.push_back(rule->target);
            out.back().name.match = order::Match::Exact;
        }
    return out;
}

Result<Proven> Proof::prove(plane::Generation which, std::size_t rules, std::size_t canaries) const
{
    Proven proven;
    std::vector<std::uint32_t> ids = subject_.diff.added;
    ids.insert(ids.end(), subject_.diff.changed.begin(), subject_.diff.changed.end());
    ids = spread<std::uint32_t>(ids, rules);
    plane::ProofLimits limits;
    limits.progress = [&](std::size_t done, std::size_t total) {
        listener_.progress("proving rules", done, total);
    };
    INTERDICT_TRY(const auto proof, plane::prove(edge_.plane(), which, subject_.rules, ids, limits));
    proven.rules = proof.proven.size();
    proven.waiting = proof.waiting.size();
    proven.covered = proof.covered.size();
    proven.untried = proof.untried.size();
    for (const auto& failure : proof.failures)
        proven.failures.push_back(fmt::format("rule {}: {}", failure.rule, failure.text));

    std::vector<order::Target> targets;
    for (const auto& canary : spread<guard::Canary>(canaries_, canaries))
        targets.push_back(target_of(canary));
    for (const auto& target : spread<order::Target>(subject_.lifted, canaries))
        targets.push_back(target);
    INTERDICT_TRY(const auto checked, plane::check_canaries(edge_.plane(), which, subject_.rules, targets));
    for (const auto& blocked : checked.blocked) {
        const auto* rule = subject_.rules.find(blocked.rule);
        const std::string by =
            rule ? fmt::format(" (order {}: {})", subject_.rules.orders[rule->orders.front()].id,
                               to_string(rule->target))
                 : std::string();
        if (proven.refused.empty())
            proven.refused = fmt::format("what must pass would be blocked: {}{}", blocked.text, by);
    }
    return proven;
}

} // namespace interdict::control
