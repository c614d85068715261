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

using control::OrderList;

// On any thread. partial: what is good of one that has problems. Error: 422 with every problem.
[[nodiscard]] std::expected<OrderList, Failure> read_orders(std::string_view text, bool partial);

// The instrument that a step rests on, into the book; its SHA-256.
[[nodiscard]] Reply keep_document(Desk& desk, const book::Act& act, std::string_view bytes,
                                  const std::string& name);

// Of the book alone.
[[nodiscard]] Reply propose_override(Desk& desk, const book::Act& act, const std::string& id,
                                     const std::string& target);
[[nodiscard]] Reply reject(Desk& desk, const book::Act& act, std::int64_t proposal);

// What was asked for, or why it cannot be.
[[nodiscard]] Reply take(Desk& desk, const book::Act& act, control::Steps::Found step);

} // namespace interdict::daemon
