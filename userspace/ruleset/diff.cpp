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
                       translation.equal(old->orders, now->orders)) {
                diff.kept.push_back(now->id());
            } else {
                diff.changed.push_back(now->id());
            }
            ++old;
            ++now;
        }
    }
    diff.scopes_changed = by_name(before.scopes) != by_name(after.scopes);
    return diff;
}

} // namespace interdict::ruleset
