// SPDX-License-Identifier: Apache-2.0
#include "ruleset/patch.h"

#include <algorithm>
#include <map>
#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "order/problem.h"

namespace interdict::ruleset {

namespace {

// Microseconds on the machine of docs/benchmarks.md; only their ratio matters here. In place a change waits
// for packets up to three times, a new generation twice and is compiled, laid out and written whole.
constexpr std::size_t kPlaceCost = 30;
constexpr std::size_t kRuleCost = 4;

// What a chain's rule asks, whatever its id and its neighbours.
bool same_conditions(const interdict_rule& live, const interdict_rule& compiled)
{
    interdict_rule same = live;
    same.id = compiled.id;
    same.next = compiled.next;
    same.order = compiled.order;
    same.answer = compiled.answer;
    return same_record(same, compiled);
}

bool ended(const interdict_rule& record, std::int64_t time)
{
    return record.not_after != 0 && record.not_after <= static_cast<std::uint64_t>(time);
}

// The rules of a small set by place.
class ByPlace {
public:
    explicit ByPlace(const Ruleset& ruleset)
    {
        for (const Rule& rule : ruleset.rules)
            rules_.emplace(order::place_hash(rule.target), &rule);
    }

    [[nodiscard]] std::vector<const Rule*> at(const order::Target& target) const
    {
        std::vector<const Rule*> found;
        const auto [begin, end] = rules_.equal_range(order::place_hash(target));
        for (auto rule = begin; rule != end; ++rule)
            if (order::same_place(rule->second->target, target))
                found.push_back(rule->second);
        return found;
    }

private:
    std::unordered_multimap<std::uint64_t, const Rule*> rules_;
};

class Planner {
public:
    Planner(const Places& places, const IdSource& new_ids, const Limits& limits)
        : places_(places), new_ids_(new_ids), limits_(limits)
    {
    }

    Result<Plan> plan()
    {
        INTERDICT_CHECK(check_places());
        if (places_.exemptions)
            return whole("an order has exemptions: a change at one place may matter at another");
        if (const auto reason = read_before(); !reason.empty())
            return whole(reason);
        auto after = compile_after();
        if (exhausted_)
            return whole("no rule is free in the live generation");
        if (!after)
            return std::unexpected(after.error());
        Patch patch{.before = std::move(before_), .after = *std::move(after), .diff = {}};
        patch.diff = diff(patch.before, patch.after);
        if (patch.diff.answers_changed)
            return whole("what refused users are told about an order changes");
        return Plan{.patch = std::move(patch), .whole = {}};
    }

private:
    static Plan whole(std::string reason) { return {.patch = std::nullopt, .whole = std::move(reason)}; }

    [[nodiscard]] Result<void> check_places() const
    {
        std::unordered_set<std::uint64_t> known;
        for (const Place& place : places_.all)
            if (!known.insert(order::place_hash(place.target)).second)
                return fail("{}: the place is given twice", to_string(place.target));
        for (const auto orders : {places_.before, places_.after})
            for (const order::Order& order : orders)
                for (const order::Item& item : order.targets)
                    if (!known.contains(order::place_hash(item.target)))
                        return fail("order {} names {}, which is none of the places that change",
                                    order::printable(order.id), to_string(item.target));
        return {};
    }

    // before_ from the live chains: whose rules they are is known by what they ask. Says why not.
    std::string read_before()
    {
        for (const auto orders : {places_.before, places_.after})
            if (std::ranges::any_of(orders, [](const auto& order) { return !order.exempt.empty(); }))
                return "an order has exemptions: a change at one place may matter at another";
        auto compiled = compile(places_.before, scopes(), nullptr, limits_);
        if (!compiled)
            return compiled.error().message;
        const ByPlace rules(*compiled);
        for (const Place& place : places_.all)
            if (auto reason = take_chain(place, rules.at(place.target)); !reason.empty())
                return reason;
        std::ranges::sort(before_.rules, std::less<>{}, &Rule::id);
        before_.max_id = before_.rules.empty() ? 0 : before_.rules.back().id();
        before_.orders = std::move(compiled->orders);
        before_.scopes = std::move(compiled->scopes);
        return {};
    }

    std::string take_chain(const Place& place, std::vector<const Rule*> compiled)
    {
        for (std::size_t i = 0; i < place.chain.size(); ++i) {
            const interdict_rule& live = place.chain[i];
            const auto found = std::ranges::find_if(
                compiled, [&](const Rule* rule) { return same_conditions(live, rule->record); });
            if (found == compiled.end())
                return fmt::format("rule {} on {} is not what the orders said before", live.id,
                                   to_string(place.target));
            Rule rule = **found;
            rule.record.id = live.id;
            rule.record.next = live.next;
            rule.head = i == 0;
            before_.rules.push_back(std::move(rule));
            compiled.erase(found);
        }
        // The live set may have been compiled after these had ended.
        std::erase_if(compiled, [&](const Rule* rule) { return ended(rule->record, places_.time); });
        if (compiled.empty())
            return {};
        return fmt::format("the live generation has not got every rule on {} that the orders gave before",
                           to_string(place.target));
    }

    Result<Ruleset> compile_after()
    {
        const auto next = [this] {
            const std::uint32_t id = exhausted_ ? 0 : new_ids_();
            exhausted_ |= id == 0;
            return id;
        };
        return compile(places_.after, scopes(), &before_, limits_, next);
    }

    [[nodiscard]] std::vector<order::Scope> scopes() const
    {
        return {places_.scopes.begin(), places_.scopes.end()};
    }

    const Places& places_;
    const IdSource& new_ids_;
    const Limits& limits_;
    Ruleset before_;
    bool exhausted_ = false;
};

// Gathers what several patches leave, then goes through the large set once.
class Applier {
public:
    explicit Applier(Ruleset ruleset) : ruleset_(std::move(ruleset))
    {
        for (std::uint32_t index = 0; index < ruleset_.orders.size(); ++index)
            orders_.emplace(ruleset_.orders[index].id, index);
    }

    Result<void> add(const StoredPatch& patch)
    {
        for (const std::uint32_t id : patch.removed) {
            const auto changed = changed_.find(id);
            if (changed == changed_.end() ? !ruleset_.find(id) : !changed->second)
                return fail("rule {} is to be removed and is not there", id);
            changed_[id] = nullptr;
        }
        std::vector<std::uint32_t> orders;
        for (const OrderInfo& order : patch.after.orders)
            orders.push_back(place_order(order));
        for (const Rule& rule : patch.after.rules) {
            added_.push_back(std::make_unique<Rule>(rule));
            Rule& own = *added_.back();
            for (std::uint32_t& order : own.orders)
                order = orders[order];
            std::ranges::sort(own.orders);
            own.record.order = own.orders.front();
            changed_[own.id()] = &own;
        }
        return {};
    }

    Result<Ruleset> finish()
    {
        std::vector<Rule> rules;
        rules.reserve(ruleset_.rules.size() + changed_.size());
        auto changed = changed_.begin();
        const auto take = [&] {
            if (changed->second)
                rules.push_back(std::move(*changed->second));
            ++changed;
        };
        for (Rule& rule : ruleset_.rules) {
            while (changed != changed_.end() && changed->first < rule.id())
                take();
            if (changed != changed_.end() && changed->first == rule.id())
                take();
            else
                rules.push_back(std::move(rule));
        }
        while (changed != changed_.end())
            take();
        ruleset_.rules = std::move(rules);
        ruleset_.max_id = ruleset_.rules.empty() ? 0 : ruleset_.rules.back().id();
        if (const std::string fault = link_chains(ruleset_); !fault.empty())
            return fail("{}", fault);
        return std::move(ruleset_);
    }

private:
    std::uint32_t place_order(const OrderInfo& order)
    {
        const auto [found, added] =
            orders_.emplace(order.id, static_cast<std::uint32_t>(ruleset_.orders.size()));
        if (added)
            ruleset_.orders.push_back(order);
        else
            ruleset_.orders[found->second] = order;
        return found->second;
    }

    Ruleset ruleset_;
    std::unordered_map<std::string, std::uint32_t> orders_;
    std::vector<std::unique_ptr<Rule>> added_;
    std::map<std::uint32_t, Rule*> changed_; // by id; null: removed
};

} // namespace

Result<Plan> plan_patch(const Places& places, const IdSource& new_ids, const Limits& limits)
{
    return Planner(places, new_ids, limits).plan();
}

bool worth_patching(std::size_t places, std::size_t rules)
{
    return places * kPlaceCost <= rules * kRuleCost;
}

Result<Ruleset> apply_patches(Ruleset ruleset, std::span<const StoredPatch> patches)
{
    Applier applier(std::move(ruleset));
    for (const StoredPatch& patch : patches)
        INTERDICT_CHECK(applier.add(patch));
    return applier.finish();
}

} // namespace interdict::ruleset
