// SPDX-License-Identifier: Apache-2.0
//
// orders.h: orders for tests, as short as they can be.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "book/records.h"
#include "order/order.h"

namespace interdict::control::test {

inline const book::Act kAna{.actor = "ana", .reason = {}, .document = {}, .time = 1000};

inline order::Item name(std::string text)
{
    order::Item item;
    item.target.name.name = std::move(text);
    return item;
}

inline order::Item address(const std::string& text)
{
    order::Item item;
    item.target.address.prefix = *order::parse_address(text);
    item.expires = 4000000000;
    return item;
}

inline order::Order order_of(std::string id, std::vector<order::Item> items)
{
    order::Order order;
    order.id = std::move(id);
    order.authority = "Example Court";
    order.reference = "unit";
    order.jurisdiction = "ZZ";
    order.targets = std::move(items);
    return order;
}

inline std::vector<std::string> texts(const order::Order& order)
{
    std::vector<std::string> out;
    for (const auto& item : order.targets)
        out.push_back(to_string(item.target));
    return out;
}

} // namespace interdict::control::test
