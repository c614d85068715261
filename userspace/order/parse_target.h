// SPDX-License-Identifier: Apache-2.0
//
// parse_target.h: one entry of `targets` or `exempt`.
#pragma once

#include <optional>

#include "order/fields.h"
#include "order/order.h"

namespace interdict::order {

// What an entry needs to know of its order.
struct ItemContext {
    bool names_possible = true; // false: the order's means are address alone
    bool expires = false;       // the order has an expiry, or a faulty one
    std::int64_t effective = 0; // 0 = unknown
};

// Nothing if there was any problem with the entry.
[[nodiscard]] std::optional<Item> parse_item(JsonValue value, const Path& path, Report& report,
                                             const ItemContext& context);
[[nodiscard]] std::optional<NameTarget> parse_exempt(JsonValue value, const Path& path, Report& report);

} // namespace interdict::order
