// SPDX-License-Identifier: Apache-2.0
//
// steps.h: what may be asked of the desk. Each is a step in the book with its line of the journal, and what
// follows from it on the plane. Answers: docs/api.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "book/records.h"
#include "daemon/desk.h"
#include "daemon/reply.h"
#include "order/order.h"

namespace interdict::daemon {

// What an order file says.
struct OrderList {
    std::vector<order::Order> orders;
    std::size_t problems = 0; // of what is left out
};

// On any thread. partial: what is good of one that has problems. Error: 422 with every problem.
[[nodiscard]] std::expected<OrderList, Failure> read_orders(std::string_view text, bool partial);

// The instrument that a step rests on, into the book; its SHA-256.
[[nodiscard]] Reply keep_document(Desk& desk, const book::Act& act, std::string_view bytes,
                                  const std::string& name);

[[nodiscard]] Reply add_orders(Desk& desk, const book::Act& act, OrderList orders, const std::string& origin);
[[nodiscard]] Reply vary_orders(Desk& desk, const book::Act& act, OrderList orders);
[[nodiscard]] Reply step_order(Desk& desk, const book::Act& act, const std::string& id, order::Status to);
// target: as a person names it (targets.h).
[[nodiscard]] Reply lift_target(Desk& desk, const book::Act& act, const std::string& id,
                                const std::string& target);
[[nodiscard]] Reply propose_override(Desk& desk, const book::Act& act, const std::string& id,
                                     const std::string& target);
[[nodiscard]] Reply decide(Desk& desk, const book::Act& act, std::int64_t proposal, bool approve);

// The whole list of what came from files.
[[nodiscard]] Reply apply_list(Desk& desk, const book::Act& act, OrderList orders, bool dry_run);
// The book as it is.
[[nodiscard]] Reply apply_book(Desk& desk, const book::Act& act, bool dry_run);
[[nodiscard]] Reply roll_back(Desk& desk, const book::Act& act, std::uint64_t generation);

} // namespace interdict::daemon
