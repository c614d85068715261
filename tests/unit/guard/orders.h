// SPDX-License-Identifier: Apache-2.0
//
// orders.h: orders and guards of tests, in few words.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "guard/guard.h"
#include "order/prefix.h"

namespace interdict::guard {

inline order::Prefix prefix(const std::string& text)
{
    const auto read = order::parse_prefix(text);
    REQUIRE(read);
    return *read;
}

// Of one target: a prefix if there is a slash in it, else a name; "=name" matches exactly. It ends in 2099.
inline order::Order order_on(std::initializer_list<std::string> targets)
{
    order::Order order;
    order.id = "one";
    order.expires = 4'070'908'800;
    for (const std::string& text : targets) {
        order::Item item;
        if (text.find('/') != text.npos)
            item.target.address.prefix = prefix(text);
        else if (text.starts_with('='))
            item.target.name = {text.substr(1), order::Match::Exact};
        else
            item.target.name = {text, order::Match::Subtree};
        order.targets.push_back(item);
    }
    return order;
}

inline List list_of(std::string label, ListKind kind, std::initializer_list<std::string> entries)
{
    List list{.label = std::move(label), .kind = kind, .source = "test", .because = "it is tested"};
    for (const auto& item : order_on(entries).targets)
        if (item.target.is_name())
            list.names.push_back({item.target.name, {}});
        else
            list.prefixes.push_back({item.target.address.prefix, {}});
    return list;
}

inline Guard guard_of(std::vector<List> lists = {}, const Settings& settings = {})
{
    auto guard = Guard::make(settings, std::move(lists));
    REQUIRE(guard);
    return *std::move(guard);
}

// "protected Cloudflare 188.114.96.0/20", "" if nothing is held.
inline std::string held(const Guard& guard, const order::Order& order)
{
    const auto findings = guard.check(order);
    if (findings.empty())
        return "";
    std::string out(to_string(findings[0].why));
    for (const std::string& part : {findings[0].list, findings[0].entry})
        if (!part.empty())
            out += " " + part;
    return out;
}

inline std::string held(const Guard& guard, const std::string& target)
{
    return held(guard, order_on({target}));
}

} // namespace interdict::guard
