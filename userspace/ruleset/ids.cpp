// SPDX-License-Identifier: Apache-2.0
#include "ruleset/ids.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <numeric>
#include <string_view>
#include <unordered_map>

#include "ruleset/near.h"

namespace interdict::ruleset {

Translation::Translation(const Ruleset& before, const std::vector<OrderInfo>& orders,
                         const std::vector<order::Scope>& scopes)
{
    std::unordered_map<std::string_view, std::uint32_t> later;
    for (std::uint32_t index = 0; index < orders.size(); ++index)
        later.emplace(orders[index].id, index);
    for (const OrderInfo& info : before.orders) {
        const auto found = later.find(info.id);
        orders_.push_back(found == later.end() ? kGone : found->second);
    }
    for (const order::Scope& scope : before.scopes) {
        const auto found = std::ranges::find(scopes, scope.name, &order::Scope::name);
        scopes_.push_back(found == scopes.end() ? 0 : 1u << (found - scopes.begin()));
    }
}

std::uint32_t Translation::scope(std::uint32_t before) const
{
    std::uint32_t bits = 0;
    for (std::uint32_t left = before; left != 0; left &= left - 1) {
        const auto bit = static_cast<unsigned>(std::countr_zero(left));
        if (bit >= scopes_.size() || scopes_[bit] == 0)
            return UINT32_MAX;
        bits |= scopes_[bit];
    }
    return bits;
}

bool Translation::overlap(const std::vector<std::uint32_t>& before,
                          const std::vector<std::uint32_t>& after) const
{
    return std::ranges::any_of(
        before, [&](std::uint32_t order) { return std::ranges::binary_search(after, orders_[order]); });
}

bool Translation::equal(const std::vector<std::uint32_t>& before,
                        const std::vector<std::uint32_t>& after) const
{
    return before.size() == after.size() && std::ranges::all_of(before, [&](std::uint32_t order) {
               return std::ranges::binary_search(after, orders_[order]);
           });
}

bool Translation::same_conditions(const interdict_rule& before, const interdict_rule& after) const
{
    interdict_rule translated = before;
    translated.id = after.id;
    translated.next = after.next;
    translated.order = after.order;
    translated.scope = scope(before.scope);
    return same_record(translated, after);
}

bool same_identity(const Rule& one, const Rule& other)
{
    return one.exempt() == other.exempt() && one.derived() == other.derived() && one.target == other.target;
}

namespace {

struct Placed {
    std::uint64_t hash;
    std::uint32_t index;
};

std::vector<Placed> by_place(const std::vector<Rule>& rules)
{
    std::vector<Placed> places;
    places.reserve(rules.size());
    for (std::uint32_t index = 0; index < rules.size(); ++index)
        places.push_back({order::place_hash(rules[index].target), index});
    std::ranges::sort(places, [](const Placed& one, const Placed& other) {
        return one.hash != other.hash ? one.hash < other.hash : one.index < other.index;
    });
    return places;
}

// Gives each earlier rule's id to at most one later rule of the same place.
class Inheritance {
public:
    Inheritance(std::vector<Rule>& rules, const Ruleset& previous, const Translation& translation)
        : rules_(rules), previous_(previous), translation_(translation)
    {
    }

    void run()
    {
        const std::vector<Placed> after = by_place(rules_);
        const std::vector<Placed> before = by_place(previous_.rules);
        std::size_t low = 0;
        for (std::size_t first = 0; first < after.size();) {
            std::size_t last = first;
            while (last < after.size() && after[last].hash == after[first].hash)
                ++last;
            while (low < before.size() && before[low].hash < after[first].hash)
                ++low;
            std::size_t high = low;
            while (high < before.size() && before[high].hash == after[first].hash)
                ++high;
            const std::span earlier(before.data() + low, high - low);
            const std::span later(after.data() + first, last - first);
            // A rule that stays as it is goes first, so that a changed one beside it cannot take its id.
            match(earlier, later, true);
            match(earlier, later, false);
            first = last;
            low = high;
        }
    }

private:
    void match(std::span<const Placed> before, std::span<const Placed> after, bool unchanged)
    {
        for (const Placed& later : after) {
            Rule& rule = rules_[later.index];
            for (const Placed& earlier : before) {
                const Rule& old = previous_.rules[earlier.index];
                if (rule.record.id != 0)
                    break;
                if (taken(after, old.id()) || !same_identity(old, rule) ||
                    !translation_.overlap(old.orders, rule.orders) ||
                    (unchanged && !translation_.same_conditions(old.record, rule.record)))
                    continue;
                rule.record.id = old.id();
            }
        }
    }

    [[nodiscard]] bool taken(std::span<const Placed> after, std::uint32_t id) const
    {
        return std::ranges::any_of(after,
                                   [&](const Placed& later) { return rules_[later.index].id() == id; });
    }

    std::vector<Rule>& rules_;
    const Ruleset& previous_;
    const Translation& translation_;
};

} // namespace

IdSource free_ids(const Ruleset* previous)
{
    return [previous, at = std::size_t{0}, candidate = std::uint32_t{1}]() mutable {
        while (previous && at < previous->rules.size() && previous->rules[at].id() == candidate) {
            ++at;
            ++candidate;
        }
        return candidate++;
    };
}

void assign_ids(std::vector<Rule>& rules, std::span<const std::uint32_t> sequence, const Ruleset* previous,
                const Translation* translation, const IdSource& new_ids)
{
    if (previous)
        Inheritance(rules, *previous, *translation).run();

    std::vector<std::uint32_t> fresh;
    for (std::uint32_t index = 0; index < rules.size(); ++index)
        if (rules[index].record.id == 0)
            fresh.push_back(index);
    std::ranges::sort(fresh, [&](std::uint32_t one, std::uint32_t other) {
        return sequence[one] != sequence[other] ? sequence[one] < sequence[other] : one < other;
    });
    std::vector<std::uint32_t> ids;
    ids.reserve(fresh.size());
    std::ranges::generate_n(std::back_inserter(ids), static_cast<std::ptrdiff_t>(fresh.size()),
                            [&] { return new_ids(); });
    std::ranges::sort(ids);
    place_near(rules, fresh, ids);
}

} // namespace interdict::ruleset
