// SPDX-License-Identifier: Apache-2.0
#include "ruleset/diff.h"

#include <algorithm>

#include "ruleset/ids.h"

namespace interdict::ruleset {

namespace {

std::vector<order::Scope> by_name(std::vector<order::Scope> scopes)
{
    std::ranges::sort(scopes, std::less<>{}, &order::Scope::name);
    return scopes;
}

// Where a DNS answer of the rule leads.
const order::Sinkhole& sinkhole_of(const Ruleset& ruleset, const Rule& rule)
{
    static const order::Sinkhole none;
    return rule.record.action[INTERDICT_CHANNEL_DNS] == INTERDICT_ACTION_SINKHOLE
               ? ruleset.orders[rule.orders.front()].sinkhole
               : none;
}

bool same_answers(const OrderInfo& one, const OrderInfo& other)
{
    return one.authority == other.authority && one.reference == other.reference &&
           one.jurisdiction == other.jurisdiction && one.notice == other.notice;
}

bool answers_differ(const Ruleset& before, const Ruleset& after, const Translation& translation)
{
    for (std::uint32_t index = 0; index < before.orders.size(); ++index)
        if (const std::uint32_t later = translation.order(index);
            later != kGone && !same_answers(before.orders[index], after.orders[later]))
            return true;
    return false;
}

} // namespace

Diff diff(const Ruleset& before, const Ruleset& after)
{
    const Translation translation(before, after.orders, after.scopes);
    Diff diff;
    auto old = before.rules.begin();
    auto now = after.rules.begin();
    while (old != before.rules.end() || now != after.rules.end()) {
        const bool removed = now == after.rules.end() || (old != before.rules.end() && old->id() < now->id());
        const bool added = old == before.rules.end() || (now != after.rules.end() && now->id() < old->id());
        if (removed) {
            diff.removed.push_back((old++)->id());
        } else if (added) {
            diff.added.push_back((now++)->id());
        } else {
            if (!same_identity(*old, *now)) {
                diff.removed.push_back(old->id());
                diff.added.push_back(now->id());
            } else if (translation.same_conditions(old->record, now->record) &&
                       translation.equal(old->orders, now->orders) &&
                       sinkhole_of(before, *old) == sinkhole_of(after, *now)) {
                diff.kept.push_back(now->id());
            } else {
                diff.changed.push_back(now->id());
            }
            ++old;
            ++now;
        }
    }
    diff.answers_changed = answers_differ(before, after, translation);
    diff.scopes_changed = by_name(before.scopes) != by_name(after.scopes);
    return diff;
}

} // namespace interdict::ruleset
