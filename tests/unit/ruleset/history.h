// SPDX-License-Identifier: Apache-2.0
//
// history.h: random orders that change step by step, and what has changed.
#pragma once

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "ruleset/patch.h"
#include "unit/ruleset/builder.h"

namespace interdict::ruleset::test {

// Few targets and many orders, so that most targets have several rules; no exemptions.
class History {
public:
    explicit History(unsigned seed, unsigned targets = 12) : random_(seed), targets_(targets) {}

    [[nodiscard]] std::vector<order::Order> orders()
    {
        std::vector<order::Order> orders;
        for (int i = 0; i < 4; ++i)
            orders.push_back(any_order());
        return orders;
    }

    // A few steps further: items come and go, orders come, go and change their conditions.
    [[nodiscard]] std::vector<order::Order> changed(std::vector<order::Order> orders)
    {
        for (unsigned steps = 1 + below(4); steps > 0; --steps) {
            if (orders.size() < 2 || below(8) == 0)
                orders.push_back(any_order());
            order::Order& order = orders[below(static_cast<unsigned>(orders.size()))];
            switch (below(7)) {
            case 0:
                order.status = order::Status::Lifted;
                break;
            case 1:
                order.expires = kEnd + below(3);
                break;
            case 2:
                order.mode = below(2) ? order::Mode::Observe : order::Mode::Enforce;
                break;
            case 3:
            case 4:
                if (!order.targets.empty())
                    order.targets.erase(order.targets.begin() +
                                        below(static_cast<unsigned>(order.targets.size())));
                break;
            default:
                add_item(order);
            }
        }
        return orders;
    }

    [[nodiscard]] unsigned below(unsigned end) { return static_cast<unsigned>(random_() % end); }

private:
    order::Order any_order()
    {
        order::Order order = make_order(fmt::format("order-{}", ++count_), {});
        order.expires = below(2) ? kEnd + below(2) : 0;
        if (below(3) == 0)
            order.mode = order::Mode::Observe;
        if (below(3) == 0)
            order.means = INTERDICT_MEANS(INTERDICT_CHANNEL_TLS);
        for (unsigned items = 1 + below(6); items > 0; --items)
            add_item(order);
        return order;
    }

    void add_item(order::Order& order)
    {
        const unsigned number = below(targets_);
        std::string text = fmt::format("n{}.example", number);
        if (number % 4 == 0)
            text = fmt::format("198.51.{}.{}/32", number / 256, number % 256);
        else if (number % 4 == 1)
            text = fmt::format("10.{}.0.0/16", number % 256);
        else if (below(4) == 0)
            text = "=" + text;
        const order::Item item = item_of(text, below(6) == 0 ? kEnd - 5 : 0);
        const auto same = [&](const order::Item& other) { return other.target == item.target; };
        if (std::ranges::none_of(order.targets, same))
            order.targets.push_back(item);
    }

    std::mt19937_64 random_;
    unsigned targets_;
    unsigned count_ = 0;
};

inline order::Target place_of(const order::Target& target)
{
    order::Target place;
    place.name.name = target.name.name;
    place.address.prefix = target.address.prefix;
    return place;
}

// The places where one list gives other items than the other, or gives them under other conditions, with the
// chains of the live rules.
inline std::vector<Place> changed_places(const Ruleset& live, const std::vector<order::Order>& before,
                                         const std::vector<order::Order>& after)
{
    const auto items = [](const std::vector<order::Order>& orders) {
        std::map<std::string, order::Target> places;
        for (const auto& order : orders)
            for (const auto& item : order.targets)
                if (order::gives_rules(order.status)) {
                    auto text =
                        fmt::format("{} {} {} {} {} {}", to_string(item.target), item.expires, order.id,
                                    order.expires, order.means, static_cast<int>(order.mode));
                    places.emplace(text, place_of(item.target));
                }
        return places;
    };
    const auto old = items(before);
    const auto now = items(after);
    std::set<order::Target> changed;
    for (const auto& [text, place] : old)
        if (!now.contains(text))
            changed.insert(place);
    for (const auto& [text, place] : now)
        if (!old.contains(text))
            changed.insert(place);
    std::vector<Place> places;
    for (const auto& place : changed)
        places.push_back({.target = place, .chain = {}});
    for (const Rule& head : live.rules)
        for (Place& place : places)
            if (head.head && order::same_place(head.target, place.target))
                for (const Rule* rule = &head; rule; rule = live.find(rule->record.next))
                    place.chain.push_back(rule->record);
    return places;
}

// The orders with only what they say about these places.
inline std::vector<order::Order> only_at(std::vector<order::Order> orders, const std::vector<Place>& places)
{
    for (auto& order : orders)
        std::erase_if(order.targets, [&](const order::Item& item) {
            return std::ranges::none_of(
                places, [&](const Place& place) { return order::same_place(place.target, item.target); });
        });
    return orders;
}

} // namespace interdict::ruleset::test
