// SPDX-License-Identifier: Apache-2.0
#include "control/intake.h"

#include <map>
#include <unordered_map>

namespace interdict::control {

namespace {

constexpr std::size_t kFew = 4; // orders, that are looked for one by one

using Records = std::map<order::Target, book::ItemRecord>;

Records by_target(std::vector<book::ItemRecord> items)
{
    Records records;
    for (auto& item : items)
        records.emplace(item.item.target, std::move(item));
    return records;
}

// What is held stays held until a person has decided, though the lists say nothing any more; but an item that
// came otherwise this time is judged anew.
void add_known(const order::Order& order, const Records& known, std::vector<guard::Finding>& findings)
{
    if (known.empty())
        return;
    std::vector<bool> found(order.targets.size());
    for (const auto& finding : findings)
        found[finding.item] = true;
    for (std::size_t i = 0; i < order.targets.size(); ++i) {
        const auto held = known.find(order.targets[i].target);
        if (held != known.end() && !found[i] && held->second.item.expires == order.targets[i].expires)
            findings.push_back({.item = i,
                                .why = guard::Hold::Protected,
                                .list = {},
                                .entry = {},
                                .reason = held->second.held_by + " (not any more; its release is proposed)",
                                .alternative = held->second.alternative});
    }
}

// Of one order.
Result<Records> records_of(const book::Book& book, const std::string& id, book::ItemState state)
{
    INTERDICT_TRY(auto items, book.orders().items(id, state));
    return by_target(std::move(items));
}

} // namespace

Result<Vetted> Intake::vet(std::vector<order::Order> orders) const
{
    INTERDICT_TRY(const auto before, records(orders));
    std::unordered_map<std::string_view, const book::OrderRecord*> known;
    for (const auto& record : before)
        known.emplace(record.order.id, &record);
    Vetted vetted;
    vetted.orders.reserve(orders.size());
    for (auto& order : orders) {
        const auto found = known.find(order.id);
        INTERDICT_CHECK(vet_order(std::move(order), found == known.end() ? nullptr : found->second, vetted));
    }
    return vetted;
}

Result<std::vector<book::OrderRecord>> Intake::records(const std::vector<order::Order>& orders) const
{
    if (orders.size() > kFew)
        return book_.orders().all(false);
    std::vector<book::OrderRecord> found;
    for (const auto& order : orders) {
        INTERDICT_TRY(auto record, book_.orders().find(order.id));
        if (record)
            found.push_back(*std::move(record));
    }
    return found;
}

Result<void> Intake::vet_order(order::Order order, const book::OrderRecord* before, Vetted& vetted) const
{
    Records held;
    if (before && before->held != 0) {
        INTERDICT_TRY(held, records_of(book_, order.id, book::ItemState::Held));
    }
    auto findings = guard_.check(order);
    add_known(order, held, findings);
    Records overridden;
    if (before && !findings.empty()) {
        INTERDICT_TRY(overridden, records_of(book_, order.id, book::ItemState::Overridden));
    }
    vetted.passed += order.targets.size();
    book::Incoming incoming{.order = std::move(order)};
    for (auto& finding : findings) {
        const auto& target = incoming.order.targets[finding.item].target;
        if (overridden.contains(target))
            continue;
        incoming.held.push_back({finding.item, finding.reason, finding.alternative});
        vetted.held.push_back({incoming.order.id, target, std::move(finding), held.contains(target)});
        --vetted.passed;
    }
    vetted.orders.push_back(std::move(incoming));
    return {};
}

} // namespace interdict::control
