// SPDX-License-Identifier: Apache-2.0
//
// book_view.h: what the book says beside the kernel: targets that are held, orders that are not in force, and
// deadlines.
#pragma once

#include "book/records.h"
#include "cli/console.h"
#include "control/state.h"
#include "daemon/order_json.h"
#include "order/order.h"

namespace interdict::cli {

// Numbers of orders, held targets and open proposals, and the nearest deadline, on one or two lines. JSON:
// null if there is no book. What cannot be read is warned of.
[[nodiscard]] Json show_book(Console& console, const control::State& state, std::int64_t time);

// One item of an order, as one or more lines. item: daemon::item_json().
void say_item(Console& console, const Json& item, const std::string& before = {});

using daemon::item_json;
using daemon::time_json;

} // namespace interdict::cli
