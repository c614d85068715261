// SPDX-License-Identifier: Apache-2.0
#include "control/in_place.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>
#include <unordered_map>

#include "ruleset/text.h"

namespace interdict::control {

namespace {

// What all rules of an order are made of, and its answers.
auto conditions(const order::Order& order)
{
    return std::tie(order.kind, order.authority, order.reference, order.jurisdiction, order.issued,
                    order.effective, order.expires, order.comply_within, order.means, order.actions,
                    order.sinkhole, order.notice, order.scope, order.mode, order.exempt);
}

auto key(const order::Item* item) { return std::tie(item->target, item->expires); }

bool less(const order::Item* one, const order::Item* other) { return key(one) < key(other); }

// Each once.
Items sorted(Items items)
{
    if (!std::ranges::is_sorted(items, less))
        std::ranges::sort(items, less);
    const auto same = [](const order::Item* one, const order::Item* other) { return key(one) == key(other); };
    const auto again = std::ranges::unique(items, same);
    items.erase(again.begin(), again.end());
    return items;
}

void add_targets(const order::Order& order, std::vector<order::Target>& out)
{
    for (const auto& item : order.targets)
        out.push_back(item.target);
}

std::vector<order::Target> distinct_places(const std::vector<order::Target>& targets,
                                           std::vector<std::uint64_t>& hashes)
{
    std::set<std::uint64_t> known;
    std::vector<order::Target> places;
    for (const auto& target : targets)
        if (const auto hash = order::place_hash(target); known.insert(hash).second) {
            places.push_back(target);
            hashes.push_back(hash);
        }
    return places;
}

// What an order is called and says goes with a rule set too, though it changes no rule.
bool same_orders(const ruleset::Patch& patch)
{
    std::unordered_map<std::string_view, const ruleset::OrderInfo*> before;
    for (const auto& order : patch.before.orders)
        before.emplace(order.id, &order);
    return std::ranges::all_of(patch.after.orders, [&](const ruleset::OrderInfo& order) {
        const auto found = before.find(order.id);
        return found != before.end() && *found->second == order;
    });
}

// An order that has ended is not in force any more; what is kept of it is to say so.
void add_ended(const Before& before, std::vector<order::Order>& after)
{
    if (!before.reach.status || order::gives_rules(before.reach.status->second))
        return;
    const auto found = std::ranges::find(before.orders, before.reach.status->first, &order::Order::id);
    if (found == before.orders.end())
        return;
    after.push_back(*found);
    after.back().status = before.reach.status->second;
}

} // namespace

Items items_of(const order::Order& order)
{
    Items items;
    items.reserve(order.targets.size());
    for (const auto& item : order.targets)
        items.push_back(&item);
    return items;
}

std::vector<order::Target> differing(Items before, Items after)
{
    before = sorted(std::move(before));
    after = sorted(std::move(after));
    Items items;
    std::ranges::set_difference(before, after, std::back_inserter(items), less);
    std::ranges::set_difference(after, before, std::back_inserter(items), less);
    std::vector<order::Target> targets;
    for (const auto* item : items)
        targets.push_back(item->target);
    return targets;
}

Reach reach_of(const order::Order& before, const order::Order& after)
{
    Reach reach;
    if (conditions(before) != conditions(after) || !order::gives_rules(before.status) ||
        !order::gives_rules(after.status)) {
        add_targets(before, reach.targets);
        add_targets(after, reach.targets);
        return reach;
    }
    reach.targets = differing(items_of(before), items_of(after));
    return reach;
}

Result<Reach> reach_of(const book::Book& book, std::span<const order::Order> orders)
{
    Reach reach;
    for (const auto& order : orders) {
        INTERDICT_TRY(const auto before, book.orders().find(order.id));
        const auto one = reach_of(before ? before->order : order::Order(), order);
        reach.targets.insert(reach.targets.end(), one.targets.begin(), one.targets.end());
    }
    return reach;
}

namespace {

// That a place is missing shows when the change is planned.
void begin_room(const Edge& edge, Before& before)
{
    auto tables = edge.plane().live_tables();
    if (!tables)
        return;
    before.tables = std::make_shared<plane::LiveTables>(*std::move(tables));
    before.room =
        std::async(std::launch::async | std::launch::deferred, [&plane = edge.plane(), tables = before.tables,
                                                                targets = before.reach.targets] {
            static_cast<void>(plane.make_room(*tables, targets));
        }).share();
}

Result<std::shared_ptr<plane::LiveTables>> tables_with_room(const Edge& edge, const Before& before)
{
    if (before.room.valid())
        before.room.wait();
    if (before.tables)
        return before.tables;
    INTERDICT_TRY(auto tables, edge.plane().live_tables());
    return std::make_shared<plane::LiveTables>(std::move(tables));
}

} // namespace

Result<Before> look_before(const book::Book& book, const Edge& edge, Reach reach)
{
    Before before{.reach = std::move(reach), .whole = {}};
    const auto live = edge.live();
    if (!before.reach.unbounded.empty())
        before.whole = before.reach.unbounded;
    else if (!live)
        before.whole = "nothing is live that could be changed";
    if (!before.whole.empty())
        return before;
    before.reach.targets = distinct_places(before.reach.targets, before.places);
    if (!ruleset::worth_patching(before.places.size(), live->rules)) {
        before.whole = fmt::format("{} of {} targets may change: a whole generation is quicker",
                                   before.places.size(), live->targets);
        return before;
    }
    INTERDICT_TRY(const bool exempt, book.orders().has_exemptions());
    if (exempt) {
        before.whole = "an order has exemptions: a change at one place may matter at another";
        return before;
    }
    begin_room(edge, before);
    INTERDICT_TRY(before.orders, book.orders().in_force_at(before.places));
    return before;
}

Result<ChangePlan> plan_change(const book::Book& book, Edge& edge, const Before& before,
                               const std::vector<order::Scope>& scopes, std::int64_t time)
{
    if (!before.whole.empty())
        return ChangePlan{.whole = before.whole};
    INTERDICT_TRY(auto after, book.orders().in_force_at(before.places));
    const Expired expired = drop_expired(after, time);
    add_ended(before, after);
    INTERDICT_TRY(const bool exemptions, book.orders().has_exemptions());
    INTERDICT_TRY(const auto tables, tables_with_room(edge, before));
    const auto live = tables->memory(edge.plane().maps());
    std::vector<ruleset::Place> places;
    places.reserve(before.reach.targets.size());
    for (const auto& target : before.reach.targets)
        places.push_back({target, live.chain(target)});
    INTERDICT_TRY(auto plan, ruleset::plan_patch({.all = places,
                                                  .before = before.orders,
                                                  .after = after,
                                                  .scopes = scopes,
                                                  .exemptions = exemptions,
                                                  .time = time},
                                                 live.free_ids()));
    if (!plan.patch)
        return ChangePlan{.whole = std::move(plan.whole)};
    auto image = image::make_patch(*plan.patch, live);
    if (!image.patch)
        return ChangePlan{.whole = std::move(image.whole)};
    const std::string digest = digest_text(tables->header());
    auto text = ruleset::write_patch(*plan.patch, digest);
    auto next = ruleset::hash_text(text);
    const bool nothing = plan.patch->diff.empty() && same_orders(*plan.patch);
    return ChangePlan{.change = Change{.tables = tables,
                                       .rules = *std::move(plan.patch),
                                       .image = *std::move(image.patch),
                                       .before = digest,
                                       .digest = std::move(next),
                                       .text = std::move(text),
                                       .expired = expired,
                                       .nothing = nothing}};
}

} // namespace interdict::control
