// SPDX-License-Identifier: Apache-2.0
#include "daemon/verdicts.h"

#include <algorithm>

#include <fmt/format.h>

namespace interdict::daemon {

std::string_view to_string(Outcome outcome)
{
    switch (outcome) {
    case Outcome::Observed:
        return "observed";
    case Outcome::Exempt:
        return "exempt";
    case Outcome::Blocked:
        return "blocked";
    case Outcome::Pass:
        break;
    }
    return "passes";
}

bool in_window(const interdict_rule& record, std::int64_t time)
{
    const auto seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(time, 0));
    return record.not_before <= seconds && (record.not_after == 0 || seconds < record.not_after);
}

Verdict judge(std::span<const Match> matches, unsigned channel, std::int64_t time)
{
    Verdict verdict;
    for (const auto& match : matches) {
        const auto& record = match.record;
        if (!(record.means & INTERDICT_MEANS(channel)) || !in_window(record, time))
            continue;
        const bool conditional = record.scope != 0 || record.protocol != 0 || record.ports_count != 0;
        if (record.flags & INTERDICT_RULE_EXEMPT) {
            // Where its conditions do not hold, the search goes on.
            if (conditional)
                continue;
            return {Outcome::Exempt, &match, false};
        }
        if (!(record.flags & INTERDICT_RULE_OBSERVE))
            return {Outcome::Blocked, &match, conditional};
        if (!verdict.match)
            verdict = {Outcome::Observed, &match, conditional};
    }
    return verdict;
}

std::string target_text(const order::Target& target)
{
    return target.is_name() ? target.name.name : to_string(target);
}

std::vector<std::string> means_list(const interdict_rule& record)
{
    std::vector<std::string> names;
    for (unsigned channel = 0; channel < INTERDICT_CHANNEL_MAX; ++channel)
        if (record.means & INTERDICT_MEANS(channel))
            names.emplace_back(order::channel_name(channel));
    return names;
}

std::vector<std::pair<std::string, std::string>> actions(const interdict_rule& record)
{
    std::vector<std::pair<std::string, std::string>> list;
    for (unsigned channel = 0; channel < INTERDICT_CHANNEL_MAX; ++channel)
        if (record.means & INTERDICT_MEANS(channel))
            list.emplace_back(order::channel_name(channel),
                              order::action_name(order::resolved_action(channel, record.action[channel])));
    return list;
}

std::vector<std::string> scope_names(const interdict_rule& record, const std::vector<order::Scope>& scopes)
{
    std::vector<std::string> names;
    for (unsigned bit = 0; bit < INTERDICT_SCOPES_MAX; ++bit)
        if (record.scope >> bit & 1)
            names.push_back(bit < scopes.size() ? scopes[bit].name : fmt::format("number {}", bit));
    return names;
}

std::string packet_conditions(const interdict_rule& record)
{
    std::string text;
    if (record.protocol != 0)
        text = order::protocol_name(record.protocol, false);
    for (unsigned i = 0; i < std::min<unsigned>(record.ports_count, INTERDICT_RULE_PORTS_MAX); ++i) {
        const auto& [first, last] = record.ports[i];
        text += fmt::format("{}{}", i == 0 ? text.empty() ? "ports " : " ports " : ",", first);
        if (last != first)
            text += fmt::format("-{}", last);
    }
    return text;
}

} // namespace interdict::daemon
