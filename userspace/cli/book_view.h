// SPDX-License-Identifier: Apache-2.0
//
// book_view.h: what the book says beside the kernel: targets that are held, orders that are not in force,
// deadlines, and lists from outside.
#pragma once

#include "cli/console.h"
#include "daemon/order_json.h"

namespace interdict::cli {

// Numbers of orders, held targets and open proposals, and the nearest deadline, on one or two lines. book: of
// daemon::status_json(); null: nothing.
void say_book(Console& console, const Json& book, std::int64_t time);

// A list from outside, on a line. feed: of daemon::feeds_json().
void say_feed(Console& console, const Json& feed);

// One item of an order, as one or more lines. item: daemon::item_json().
void say_item(Console& console, const Json& item, const std::string& before = {});

using daemon::item_json;
using daemon::time_json;

} // namespace interdict::cli
