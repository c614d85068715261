// SPDX-License-Identifier: Apache-2.0
//
// item_steps.h: single targets in and out, within a change that somebody else began: commands and approved
// proposals do the same.
#pragma once

#include <string_view>

#include "base/result.h"
#include "book/change.h"
#include "book/item_rows.h"
#include "book/order_rows.h"

namespace interdict::book {

// Where a new target comes from; texts may be empty.
struct ItemOrigin {
    std::string_view successor_of{};
    std::string_view ticket{};
    bool listed = true; // false: not in the source's list, which therefore does not lift it
};

// Errors: the order is lifted or expired; it has the target already.
[[nodiscard]] Result<void> insert_item(Change& change, const OrderRow& row, const order::Item& item,
                                       const ItemOrigin& origin);
// Error: the order has no such target.
[[nodiscard]] Result<Present> require_item(Database& database, const OrderRow& row,
                                           const order::Target& target);
[[nodiscard]] Result<void> lift_present(Change& change, const Present& item);
// The line of the journal about one target, with its delivery. detail: beside the target.
[[nodiscard]] Result<void> tell(Change& change, std::string_view step, const OrderRow& row,
                                const order::Target& target, Json detail = Json::object());

} // namespace interdict::book
