// SPDX-License-Identifier: Apache-2.0
//
// write.h: orders out, in the format that parse.h reads (docs/order-format.md).
#pragma once

#include <span>
#include <string>

#include "order/order.h"

namespace interdict::order {

// One JSON object on one line, keys in the order of docs/order-format.md, only what differs from the default.
// The order's notice is written only if it has a page to show it on: elsewhere the format refuses one.
[[nodiscard]] std::string write_order(const Order& order);

// The same without targets and exempt, e.g. to compare two orders in all the rest.
[[nodiscard]] std::string write_order_head(const Order& order);

// A whole file, an order a line. notice: of the file; orders that have the same one do not repeat it, orders
// that have none take it when they are read.
[[nodiscard]] std::string write_orders(std::span<const Order> orders, const Notice& notice = {});

// Whether a page stands in for what the order blocks over HTTP.
[[nodiscard]] bool gives_notice(const Order& order);

} // namespace interdict::order
