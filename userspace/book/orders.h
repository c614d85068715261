// SPDX-License-Identifier: Apache-2.0
//
// orders.h: the orders and their targets, and the steps of their life.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "book/records.h"

namespace interdict::book {

class Store;

// In all but targets, status and where they were read.
[[nodiscard]] bool same_head(const order::Order& one, const order::Order& other);

// How much there is in the book.
struct Tally {
    std::size_t orders = 0;
    std::size_t in_force = 0; // of them
    std::size_t held = 0;     // targets

    bool operator==(const Tally&) const = default;
};

// What a whole list changed.
struct ListChange {
    std::vector<std::string> added; // order ids
    std::vector<std::string> varied;
    std::vector<std::string> lifted;
    std::size_t unchanged = 0;
    std::size_t items_added = 0;
    std::size_t items_held = 0; // of items_added
    std::size_t items_lifted = 0;
};

// An order as it comes in: with the targets that the guard holds beside those that it lets through.
struct Incoming {
    struct Held {
        std::size_t item = 0; // index into order.targets
        std::string reason;
        std::string alternative;
    };
    order::Order order;
    std::vector<Held> held{};
    std::vector<std::string> tickets{}; // by item; empty = none
};

class Orders {
public:
    explicit Orders(Store& store) : store_(store) {}

    // Errors: an order of this id exists (what to do instead).
    [[nodiscard]] Result<void> add(const Incoming& incoming, const Origin& origin, const Act& act);

    // The order's list and fields are now these. What is not in them any more is lifted, what is new is
    // added, what stays keeps its key. Errors: no such order; it is lifted or expired.
    [[nodiscard]] Result<void> vary(const Incoming& incoming, const Act& act);

    // All orders of this origin are now these: adds, varies and lifts. One transaction, one journal line per
    // order that changes. progress: items written so far.
    [[nodiscard]] Result<ListChange> replace(const Origin& origin, std::span<const Incoming> list,
                                             const Act& act,
                                             const std::function<void(std::size_t)>& progress = {});

    // A step of the life cycle. Errors: no such order; a step that cannot follow on the present one (what
    // can).
    [[nodiscard]] Result<void> step(std::string_view id, order::Status to, const Act& act);

    // One target of an order. Errors: no such order or target; already so.
    [[nodiscard]] Result<void> add_item(std::string_view id, const order::Item& item,
                                        std::string_view successor_of, std::string_view ticket,
                                        const Act& act);
    [[nodiscard]] Result<void> lift_item(std::string_view id, const order::Target& target, const Act& act);
    // Publishing found that what is active must be held, or need be held no more.
    [[nodiscard]] Result<void> hold_item(std::int64_t key, std::string_view reason,
                                         std::string_view alternative, const Act& act);
    [[nodiscard]] Result<void> release_item(std::int64_t key, const Act& act);

    [[nodiscard]] Result<std::optional<OrderRecord>> find(std::string_view id) const;
    // In the order of their arrival. with_targets: false leaves order.targets and order.exempt empty.
    [[nodiscard]] Result<std::vector<OrderRecord>> all(bool with_targets) const;
    // What a rule set is compiled from: orders that give rules, with the targets that do.
    [[nodiscard]] Result<std::vector<order::Order>> in_force() const;
    // The same, but only targets at these places of the target table (order::place_hash) and orders that have
    // any; fast however large the book is.
    [[nodiscard]] Result<std::vector<order::Order>> in_force_at(std::span<const std::uint64_t> places) const;
    [[nodiscard]] Result<Tally> tally() const; // fast, too
    // Orders; statuses that none has are left out.
    [[nodiscard]] Result<std::map<order::Status, std::size_t>> by_status() const;
    // Of those in force, in the order of the book; fast however many there were once.
    [[nodiscard]] Result<std::vector<std::string>> took_effect(std::int64_t after, std::int64_t upto) const;
    [[nodiscard]] Result<std::vector<std::string>> ran_out(std::int64_t upto) const;
    // When the next of them takes effect or runs out; nothing: none does.
    [[nodiscard]] Result<std::optional<std::int64_t>> next_moment(std::int64_t after) const;
    // Some order in force has exemptions: a change at one place can then matter at another.
    [[nodiscard]] Result<bool> has_exemptions() const;
    [[nodiscard]] Result<std::vector<ItemRecord>> items(std::string_view order,
                                                        std::optional<ItemState> state = {}) const;
    [[nodiscard]] Result<std::vector<ItemRecord>> held() const;
    // Every order's items on this target or, for a name, above it.
    [[nodiscard]] Result<std::vector<ItemRecord>> citing(const order::Target& target) const;

private:
    Store& store_;
};

} // namespace interdict::book
