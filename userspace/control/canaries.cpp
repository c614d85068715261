// SPDX-License-Identifier: Apache-2.0
#include "control/canaries.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <unordered_set>

#include <fmt/format.h>

#include "ruleset/judge.h"

namespace interdict::control {

namespace {

constexpr std::size_t kTimesMax = 32; // of rules that are yet to begin

// The rules on the canaries' places and above them. Of millions no other can block one.
ruleset::Ruleset concerning(std::span<const guard::Canary> canaries, const ruleset::Ruleset& rules)
{
    std::unordered_set<std::string_view> names;
    std::vector<order::Prefix> addresses;
    for (const auto& canary : canaries) {
        if (canary.name.empty())
            addresses.push_back(canary.address);
        for (std::string_view name = canary.name; !name.empty(); name = order::parent_of(name))
            names.insert(name);
    }
    ruleset::Ruleset part;
    for (const auto& rule : rules.rules) {
        const auto& target = rule.target;
        if (target.is_name() ? names.contains(target.name.name)
                             : std::ranges::any_of(addresses, [&](const order::Prefix& address) {
                                   return target.address.prefix.contains(address);
                               }))
            part.rules.push_back(rule);
    }
    part.max_id = part.rules.empty() ? 0 : part.rules.back().id();
    return part;
}

// Every moment at which more may be blocked than the moment before.
std::set<std::int64_t> moments(const ruleset::Ruleset& rules, std::int64_t time)
{
    std::set<std::int64_t> out{time};
    for (const auto& rule : rules.rules)
        if (const auto begin = static_cast<std::int64_t>(rule.record.not_before);
            begin > time && out.size() < kTimesMax)
            out.insert(begin);
    return out;
}

const ruleset::Rule* blocking(const ruleset::Judge& judge, const guard::Canary& canary, std::int64_t time)
{
    const ruleset::Circumstances anywhere{.scopes = ~std::uint32_t{0}, .time = time};
    using Outcome = ruleset::Judgement::Outcome;
    if (canary.name.empty()) {
        const auto found = judge.address({.address = canary.address, .protocol = 0, .port = {}}, anywhere);
        return found.outcome == Outcome::Fire ? found.rule : nullptr;
    }
    for (unsigned channel = 0; channel < INTERDICT_CHANNEL_MAX; ++channel)
        if (order::kNameMeans & INTERDICT_MEANS(channel))
            if (const auto found = judge.name(canary.name, channel, anywhere); found.outcome == Outcome::Fire)
                return found.rule;
    return nullptr;
}

} // namespace

std::vector<BlockedCanary> blocked_canaries(const ruleset::Ruleset& rules,
                                            std::span<const guard::Canary> canaries, std::int64_t time)
{
    const auto part = concerning(canaries, rules);
    const ruleset::Judge judge(part);
    const auto times = moments(part, time);
    std::vector<BlockedCanary> out;
    for (std::size_t i = 0; i < canaries.size(); ++i)
        for (const auto moment : times) {
            const auto& canary = canaries[i];
            const auto* rule = blocking(judge, canary, moment);
            if (!rule)
                continue;
            out.push_back(
                {i, rule->target,
                 fmt::format("{}, which must pass ({}), would be blocked by order {}: {}",
                             canary.name.empty() ? to_string(canary.address) : canary.name, canary.list,
                             rules.orders[rule->orders.front()].id, to_string(rule->target))});
            break;
        }
    return out;
}

} // namespace interdict::control
