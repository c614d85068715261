// SPDX-License-Identifier: Apache-2.0
//
// conditions.h: under what conditions an order blocks a target, and where in the orders that is said.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "order/order.h"
#include "ruleset/ruleset.h"

namespace interdict::ruleset {

// Orders whose conditions on a target are equal share its rule.
struct Conditions {
    order::Means means = 0;
    order::Actions actions{};   // only of the channels in means
    order::Sinkhole sinkhole{}; // only with dns in means
    std::uint32_t scope = 0;
    bool observe = false;
    std::int64_t not_before = 0;
    std::int64_t not_after = 0; // 0 = never

    friend bool operator==(const Conditions&, const Conditions&) = default;
};

// The earlier of two ends, 0 = never.
[[nodiscard]] std::int64_t earlier_end(std::int64_t one, std::int64_t other);
// The later of two ends, 0 = never.
[[nodiscard]] std::int64_t later_end(std::int64_t one, std::int64_t other);

[[nodiscard]] Conditions name_conditions(const order::Order& order, std::uint32_t scope);
[[nodiscard]] Conditions address_conditions(const order::Order& order, std::uint32_t scope);

// One target or exemption of one order.
struct Entry {
    std::uint64_t hash = 0;     // order::place_hash() of its target
    std::uint32_t order = 0;    // index
    std::uint32_t item = 0;     // index into the order's targets, or into exempt
    std::uint32_t sequence = 0; // in the order of the files
    bool exempt = false;
};

// All entries of the orders that give rules, sorted by place, so that those of one place stand together.
class Entries {
public:
    // scopes: the scope bits of each order.
    Entries(std::span<const order::Order> orders, std::span<const std::uint32_t> scopes);

    [[nodiscard]] std::span<const Entry> all() const { return entries_; }
    [[nodiscard]] std::span<const Entry> at_name(std::string_view name) const;
    // The entries of the same place as all()[first], which is the first of them.
    [[nodiscard]] std::span<const Entry> group(std::size_t first) const;

    // To be said for each group: what stands a little behind it will be asked for. The orders' targets are
    // far apart in this order, and each would be waited for.
    void fetch_ahead(std::size_t first) const;

    [[nodiscard]] order::Match match(const Entry& entry) const { return name_of(entry).match; }
    [[nodiscard]] const order::NameTarget& name_of(const Entry& entry) const;
    // Empty for an exemption, which has only a name.
    [[nodiscard]] const order::AddressTarget& address_of(const Entry& entry) const;
    [[nodiscard]] Conditions conditions(const Entry& entry) const;

private:
    [[nodiscard]] bool same_place(const Entry& one, const Entry& other) const;

    std::span<const order::Order> orders_;
    std::vector<Conditions> names_;     // per order
    std::vector<Conditions> addresses_; // per order
    std::vector<Entry> entries_;
};

} // namespace interdict::ruleset
