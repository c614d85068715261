// SPDX-License-Identifier: Apache-2.0
//
// parse.h: order files and the scopes file in; docs/order-format.md is the schema.
//
// Every item is checked and every problem reported in one pass. Nothing here throws, reads a clock or opens a
// file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "order/order.h"
#include "order/problem.h"

namespace interdict::order {

struct Options {
    std::size_t max_problems = 1000; // beyond it problems are only counted, in Parsed::unlisted
};

struct Parsed {
    // Good orders with their good targets. An order with a fault of its own (anything but a single target) is
    // left out whole: half an order may block more than the court said.
    std::vector<Order> orders;
    std::vector<Problem> problems;
    std::vector<Problem> warnings; // accepted, but a person should look
    std::size_t unlisted = 0;

    [[nodiscard]] bool ok() const { return problems.empty() && unlisted == 0; }
};

// json: the whole text of one file, below 2 GiB. file: its name for messages. Text that is not JSON gives one
// problem with line and column and no order.
[[nodiscard]] Parsed parse_orders(std::string_view json, std::string file, const Options& options = {});

// Several files as one list, in their order. An id that two files use is a problem; the first order stands.
[[nodiscard]] Parsed merge(std::vector<Parsed> files);

struct ParsedScopes {
    std::vector<Scope> scopes; // at most INTERDICT_SCOPES_MAX
    std::vector<Problem> problems;

    [[nodiscard]] bool ok() const { return problems.empty(); }
};

[[nodiscard]] ParsedScopes parse_scopes(std::string_view json, std::string file);

} // namespace interdict::order
