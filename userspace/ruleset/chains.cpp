// SPDX-License-Identifier: Apache-2.0
//
// Each order is meant to be judged by itself: of its targets and exemptions, the longest that matches a name
// decides, and a name is blocked if any order blocks it. The kernel walks one chain per suffix for all orders
// together and an exemption ends that walk. So on an exempt name c the chain is
//   0. rules that hold on c: c's own targets, and derived ones for orders that cover c from above and exempt
//   nothing;
//   1. exemptions of c alone (exact);
//   2. derived rules for what lies below c, for orders that exempt c alone: needed only if 3 is not empty;
//   3. exemptions of c and all below (subtree).
// Where no order exempts c there is only segment 0, without derived rules.
#include "ruleset/chains.h"

#include <algorithm>
#include <tuple>

namespace interdict::ruleset {

namespace {

enum Segment : std::uint8_t { kHolding = 0, kExactExempt = 1, kHoldingBelow = 2, kSubtreeExempt = 3 };

// What an order blocks at a place through its targets further up.
struct Cover {
    std::uint32_t order = 0;
    std::uint32_t sequence = 0;
    Conditions conditions;
    order::NameTarget from;
};

bool overlaps(const Conditions& conditions)
{
    return conditions.means != 0 &&
           (conditions.not_after == 0 || conditions.not_before < conditions.not_after);
}

// Where at least one of the exemptions is in force, as far as one set of conditions can say it.
struct Reach {
    order::Means means = 0;
    std::uint32_t scope = 0;
    bool everywhere = false;
    std::int64_t not_before = INT64_MAX;
    std::int64_t not_after = 1; // earlier than any

    void add(const Conditions& conditions)
    {
        means |= conditions.means;
        everywhere |= conditions.scope == 0;
        scope |= conditions.scope;
        not_before = std::min(not_before, conditions.not_before);
        not_after = later_end(not_after, conditions.not_after);
    }

    [[nodiscard]] Conditions narrow(Conditions conditions) const
    {
        conditions.means &= means;
        for (unsigned channel = 0; channel < INTERDICT_CHANNEL_MAX; ++channel)
            if (!(conditions.means & INTERDICT_MEANS(channel)))
                conditions.actions[channel] = INTERDICT_ACTION_DEFAULT;
        if (!(conditions.means & INTERDICT_MEANS(INTERDICT_CHANNEL_DNS)))
            conditions.sinkhole = {};
        conditions.not_before = std::max(conditions.not_before, not_before);
        conditions.not_after = earlier_end(conditions.not_after, not_after);
        if (conditions.scope == 0 && !everywhere)
            conditions.scope = scope;
        return conditions;
    }
};

class ChainBuilder {
public:
    ChainBuilder(const Entries& entries, std::span<const Entry> here) : entries_(entries), here_(here) {}

    std::vector<Draft> build()
    {
        for (const Entry& entry : here_)
            if (!entry.exempt)
                add(own(entry));
        if (std::ranges::any_of(here_, &Entry::exempt))
            add_exemptions();
        std::ranges::sort(chain_,
                          [](const Draft& one, const Draft& other) { return rank(one) < rank(other); });
        return std::move(chain_);
    }

private:
    // Segments in their order; enforce before observe; unconditional before conditional; longer before
    // shorter.
    static std::tuple<std::uint8_t, bool, bool, std::int64_t, std::uint32_t> rank(const Draft& draft)
    {
        const Conditions& conditions = draft.conditions;
        return {draft.segment, conditions.observe, conditions.scope != 0,
                conditions.not_after == 0 ? INT64_MIN : -conditions.not_after, draft.sequence};
    }

    [[nodiscard]] Draft own(const Entry& entry) const
    {
        Draft draft;
        draft.target = {entries_.name_of(entry), entries_.address_of(entry)};
        draft.conditions = entries_.conditions(entry);
        draft.orders = {entry.order};
        draft.sequence = entry.sequence;
        return draft;
    }

    // Into the rule with the same target and conditions, or as a new one.
    void add(Draft draft)
    {
        const auto same = std::ranges::find_if(chain_, [&](const Draft& other) {
            return other.segment == draft.segment && other.exempt == draft.exempt &&
                   other.conditions == draft.conditions && other.target == draft.target &&
                   other.derived_from.name.empty() == draft.derived_from.name.empty();
        });
        if (same == chain_.end()) {
            chain_.push_back(std::move(draft));
            return;
        }
        const std::uint32_t order = draft.orders.front();
        const auto place = std::ranges::lower_bound(same->orders, order);
        if (place == same->orders.end() || *place != order)
            same->orders.insert(place, order);
        if (draft.sequence < same->sequence) {
            same->sequence = draft.sequence;
            same->derived_from = std::move(draft.derived_from);
        }
    }

    void add_exemptions()
    {
        Reach any;
        Reach subtree;
        bool has_subtree = false;
        std::vector<std::uint32_t> exempting;         // orders, all of them
        std::vector<std::uint32_t> exempting_subtree; // those of them that exempt what lies below, too
        for (const Entry& entry : here_) {
            if (!entry.exempt)
                continue;
            Draft draft = own(entry);
            draft.exempt = true;
            any.add(draft.conditions);
            exempting.push_back(entry.order);
            if (entries_.match(entry) == order::Match::Subtree) {
                subtree.add(draft.conditions);
                exempting_subtree.push_back(entry.order);
                has_subtree = true;
                draft.segment = kSubtreeExempt;
            } else {
                draft.segment = kExactExempt;
            }
            add(std::move(draft));
        }
        const order::Match match = has_subtree ? order::Match::Subtree : order::Match::Exact;
        for (const Cover& cover : covers()) {
            if (std::ranges::find(exempting, cover.order) == exempting.end())
                hold(cover, any, match, kHolding);
            else if (has_subtree &&
                     std::ranges::find(exempting_subtree, cover.order) == exempting_subtree.end())
                hold(cover, subtree, order::Match::Subtree, kHoldingBelow);
        }
    }

    void hold(const Cover& cover, const Reach& reach, order::Match match, Segment segment)
    {
        Draft draft;
        draft.target.name = {entries_.name_of(here_.front()).name, match};
        draft.derived_from = cover.from;
        draft.conditions = reach.narrow(cover.conditions);
        draft.orders = {cover.order};
        draft.sequence = cover.sequence;
        draft.segment = segment;
        if (overlaps(draft.conditions) && !held_already(cover.order, draft))
            add(std::move(draft));
    }

    // The order's own target here does it, as long as it does not end earlier.
    [[nodiscard]] bool held_already(std::uint32_t order, const Draft& draft) const
    {
        return std::ranges::any_of(here_, [&](const Entry& entry) {
            if (entry.exempt || entry.order != order)
                return false;
            const std::int64_t end = entries_.conditions(entry).not_after;
            return (entries_.match(entry) == order::Match::Subtree ||
                    draft.target.name.match == order::Match::Exact) &&
                   later_end(end, draft.conditions.not_after) == end;
        });
    }

    // Nearest first; one per order, with the latest end of its targets on the way up.
    [[nodiscard]] std::vector<Cover> covers() const
    {
        std::vector<Cover> covers;
        std::vector<std::uint32_t> ended;
        const std::string& name = entries_.name_of(here_.front()).name;
        for (auto above = order::parent_of(name); !above.empty(); above = order::parent_of(above)) {
            for (const Entry& entry : entries_.at_name(above)) {
                if (entries_.match(entry) != order::Match::Subtree ||
                    std::ranges::find(ended, entry.order) != ended.end())
                    continue;
                if (entry.exempt) {
                    ended.push_back(entry.order);
                    continue;
                }
                extend(covers, entry);
            }
        }
        return covers;
    }

    void extend(std::vector<Cover>& covers, const Entry& entry) const
    {
        const Conditions conditions = entries_.conditions(entry);
        const auto known = std::ranges::find(covers, entry.order, &Cover::order);
        if (known == covers.end())
            covers.push_back({entry.order, entry.sequence, conditions, entries_.name_of(entry)});
        else if (known->conditions.not_after != later_end(known->conditions.not_after, conditions.not_after))
            *known = {entry.order, entry.sequence, conditions, entries_.name_of(entry)};
    }

    const Entries& entries_;
    std::span<const Entry> here_;
    std::vector<Draft> chain_;
};

} // namespace

std::vector<Draft> build_chain(const Entries& entries, std::span<const Entry> here)
{
    return ChainBuilder(entries, here).build();
}

} // namespace interdict::ruleset
