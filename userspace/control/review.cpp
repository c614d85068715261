// SPDX-License-Identifier: Apache-2.0
#include "control/review.h"

#include <map>
#include <string_view>
#include <unordered_map>

#include <nlohmann/json.hpp>

namespace interdict::control {

namespace {

constexpr char kReviewed[] = "guard.reviewed";
constexpr char kActor[] = "guard";

Result<std::vector<book::ItemRecord>> releasable_items(const book::Book& book, const guard::Guard& guard)
{
    std::vector<book::ItemRecord> out;
    INTERDICT_TRY(auto held, book.orders().held());
    if (held.empty())
        return out;
    // Without their targets: of an order of millions many may be held.
    INTERDICT_TRY(auto records, book.orders().all(false));
    std::unordered_map<std::string_view, order::Order*> orders;
    for (auto& record : records)
        if (order::gives_rules(record.order.status))
            orders.emplace(record.order.id, &record.order);
    for (auto& item : held) {
        const auto found = orders.find(item.order);
        if (found == orders.end())
            continue;
        found->second->targets = {item.item};
        if (guard.check(*found->second).empty())
            out.push_back(std::move(item));
    }
    return out;
}

} // namespace

Result<bool> Review::done(const book::Book& book, const guard::Guard& guard)
{
    INTERDICT_TRY(const auto digest, book.counts().value(kReviewed));
    return digest == guard.digest();
}

Result<Review> Review::make(const book::Book& book, const guard::Guard& guard,
                            std::vector<order::Order>& in_force)
{
    Review review;
    for (auto& order : in_force) {
        auto findings = guard.check(order);
        if (findings.empty())
            continue;
        INTERDICT_TRY(const auto items, book.orders().items(order.id, book::ItemState::Active));
        std::map<order::Target, std::int64_t> keys;
        for (const auto& item : items)
            keys.emplace(item.item.target, item.key);
        std::vector<bool> held(order.targets.size());
        for (auto& finding : findings) {
            const auto& target = order.targets[finding.item].target;
            const auto key = keys.find(target);
            if (key == keys.end())
                continue; // two persons let it through
            held[finding.item] = true;
            review.keys_.push_back(key->second);
            review.held_.push_back({order.id, target, std::move(finding), false});
        }
        std::size_t index = 0;
        std::erase_if(order.targets, [&](const order::Item&) { return held[index++]; });
    }
    INTERDICT_TRY(review.releasable_, releasable_items(book, guard));
    return review;
}

Result<void> Review::set_done(book::Book& book, const guard::Guard& guard)
{
    return book.counts().set_value(kReviewed, guard.digest());
}

Result<void> Review::write(book::Book& book, const book::Act& act) const
{
    const book::Act by_guard{.actor = kActor, .reason = act.reason, .document = {}, .time = act.time};
    auto orders = book.orders();
    for (std::size_t i = 0; i < held_.size(); ++i)
        INTERDICT_CHECK(
            orders.hold_item(keys_[i], held_[i].finding.reason, held_[i].finding.alternative, by_guard));
    auto proposals = book.proposals();
    for (const auto& item : releasable_) {
        const nlohmann::ordered_json evidence = {{"was_held_by", item.held_by},
                                                 {"now", "not held by any list"}};
        INTERDICT_TRY(const auto id, proposals.propose({.kind = book::ProposalKind::Override,
                                                        .order = item.order,
                                                        .item = item.item,
                                                        .of = {},
                                                        .evidence = evidence.dump(),
                                                        .proposer = kActor,
                                                        .decider = {},
                                                        .reason = {}},
                                                       by_guard));
        static_cast<void>(id);
    }
    return {};
}

} // namespace interdict::control
