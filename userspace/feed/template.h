// SPDX-License-Identifier: Apache-2.0
//
// template.h: the legal basis of a list. A list says what; only with the order behind it can it make rules.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "feed/list.h"
#include "order/order.h"
#include "order/problem.h"

namespace interdict::feed {

// An order without targets.
struct Template {
    order::Order order;
    std::optional<std::int64_t>
        item_expires;                  // seconds that an address without an end of its own is blocked for
    std::optional<order::Match> match; // of the list's names, instead of the format's own
};

// json: one object with the fields of an order (docs/order-format.md) but targets and exempt, and
// item_expires (a duration) and match. file: its name for messages.
[[nodiscard]] std::expected<Template, std::vector<order::Problem>> parse_template(std::string_view json,
                                                                                  std::string file);

// When a list came, and what is in force of it.
struct Receipt {
    std::int64_t received = 0;
    // The end that the target has by an earlier receipt, 0 = none. An address keeps it while more than half
    // of item_expires is left, so that a list which is fetched every few minutes does not change all of them.
    std::function<std::int64_t(const order::Target&)> end_in_force{};
};

struct Converted {
    order::Order order;
    std::vector<std::string> tickets; // by target, empty = none
    std::size_t repeated = 0;         // targets that several of the lists have
};

// One order of all the lists. Names that a list itself leaves open are its exempt names where it matters.
// Errors: addresses, and no end for them anywhere; names under an order whose means are address alone; whole
// orders (Format::Native), which need no template; nothing accepted.
[[nodiscard]] Result<Converted> to_order(std::vector<List> lists, const Template& basis,
                                         const Receipt& receipt);

} // namespace interdict::feed
