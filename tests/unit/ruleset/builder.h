// SPDX-License-Identifier: Apache-2.0
//
// builder.h: orders for tests, in one expression.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "order/order.h"

namespace interdict::ruleset::test {

inline constexpr std::int64_t kStart = 1'600'000'000;
inline constexpr std::int64_t kEnd = 1'700'000'000;

// "a.example" with everything below, "=a.example" alone, "192.0.2.7/32" as an address.
inline order::NameTarget name_of(std::string_view text)
{
    if (text.starts_with('='))
        return {std::string(text.substr(1)), order::Match::Exact};
    return {std::string(text), order::Match::Subtree};
}

inline order::Item item_of(std::string_view text, std::int64_t expires = 0)
{
    order::Item item;
    item.expires = expires;
    if (text.find('/') != text.npos)
        item.target.address.prefix = order::parse_prefix(text).value();
    else
        item.target.name = name_of(text);
    return item;
}

inline order::Order make_order(std::string id, std::initializer_list<std::string_view> targets,
                               std::initializer_list<std::string_view> exempt = {})
{
    order::Order order;
    order.id = std::move(id);
    order.authority = "Court";
    order.reference = "1";
    order.jurisdiction = "ZZ";
    order.issued = kStart;
    order.effective = kStart;
    for (const std::string_view text : targets)
        order.targets.push_back(item_of(text));
    for (const std::string_view text : exempt)
        order.exempt.push_back(name_of(text));
    return order;
}

} // namespace interdict::ruleset::test
