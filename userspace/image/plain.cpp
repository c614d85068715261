// SPDX-License-Identifier: Apache-2.0
#include "image/plain.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace interdict::image {

namespace {

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
// Of the candidates, at each end.
constexpr std::size_t kLeftOut = 20;

std::uint64_t end_of(const interdict_rule& record) { return record.not_after ? record.not_after : kNever; }

bool unconditional(const ruleset::Rule& rule)
{
    const interdict_rule& record = rule.record;
    const auto action = record.action[INTERDICT_CHANNEL_ADDRESS];
    if (!rule.head || record.next || rule.target.is_name())
        return false;
    const auto& prefix = rule.target.address.prefix;
    return prefix.length == (prefix.v6 ? 128 : 32) &&
           record.means == INTERDICT_MEANS(INTERDICT_CHANNEL_ADDRESS) &&
           !(record.flags & (INTERDICT_RULE_OBSERVE | INTERDICT_RULE_EXEMPT)) && !record.scope &&
           !record.protocol && !record.ports_count &&
           (action == INTERDICT_ACTION_DEFAULT || action == INTERDICT_ACTION_DROP);
}

} // namespace

bool PlainSpan::holds(const ruleset::Rule& rule) const
{
    return from < until && unconditional(rule) && rule.record.not_before <= from &&
           end_of(rule.record) >= until;
}

PlainSpan plain_span(const ruleset::Ruleset& ruleset)
{
    std::vector<std::uint64_t> begins;
    std::vector<std::uint64_t> ends;
    for (const ruleset::Rule& rule : ruleset.rules)
        if (unconditional(rule)) {
            begins.push_back(rule.record.not_before);
            ends.push_back(end_of(rule.record));
        }
    if (begins.empty())
        return {};
    const auto left_out = static_cast<std::ptrdiff_t>(begins.size() / kLeftOut);
    const auto begin = begins.end() - 1 - left_out;
    const auto end = ends.begin() + left_out;
    std::ranges::nth_element(begins, begin);
    std::ranges::nth_element(ends, end);
    if (*begin >= *end)
        return {};
    return {*begin, *end};
}

} // namespace interdict::image
