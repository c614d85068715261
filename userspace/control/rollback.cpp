// SPDX-License-Identifier: Apache-2.0
#include "control/rollback.h"

#include <set>
#include <unordered_map>

#include <fmt/format.h>

namespace interdict::control {

namespace {

// Pointers into the rule set: a list of millions is not to be copied.
struct ByValue {
    bool operator()(const order::Target* one, const order::Target* other) const { return *one < *other; }
};

using Targets = std::set<const order::Target*, ByValue>;

std::unordered_map<std::string_view, Targets> cited(const ruleset::Ruleset& rules)
{
    std::unordered_map<std::string_view, Targets> out;
    for (const auto& rule : rules.rules)
        if (!rule.derived() && !rule.exempt())
            for (const auto index : rule.orders)
                out[rules.orders[index].id].insert(&rule.target);
    return out;
}

} // namespace

Rollback roll_back(const ruleset::Ruleset& earlier, std::vector<order::Order> in_force)
{
    Rollback made;
    auto then = cited(earlier);
    for (auto& order : in_force) {
        const auto found = then.find(order.id);
        if (found == then.end()) {
            made.left_out += order.targets.size();
            continue;
        }
        made.left_out += std::erase_if(
            order.targets, [&](const order::Item& item) { return found->second.erase(&item.target) == 0; });
        made.in_force.push_back(std::move(order));
    }
    for (const auto& order : earlier.orders)
        if (const auto found = then.find(order.id); found != then.end())
            for (const auto* target : found->second)
                made.gone.push_back(fmt::format("{}: {}", order.id, to_string(*target)));
    return made;
}

} // namespace interdict::control
