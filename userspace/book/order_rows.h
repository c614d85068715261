// SPDX-License-Identifier: Apache-2.0
//
// order_rows.h: orders as rows of the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "book/database.h"
#include "book/records.h"

namespace interdict::book {

struct OrderRow {
    std::int64_t number = 0;
    OrderRecord record; // without targets, exempt and counts
    std::string given;  // status in the source's last list, empty = the list has not got the order
    std::string list;   // digest of what the source gave; empty = to be compared
};

// All orders, or with a WHERE clause behind it those that it lets through; read_order() reads a row.
#define INTERDICT_BOOK_SELECT_ORDERS                                                                       \
    "SELECT number, id, origin, status, kind, authority, reference, jurisdiction, issued, effective, "     \
    "expires, comply_within, means, actions, sinkhole4, sinkhole6, blocked_by, complaint, notice, scope, " \
    "observe, dynamic, has_document, sha256, uri, file, json_path, line, received, changed, given, list "  \
    "FROM orders "
// In SQL: the order gives rules (order::gives_rules).
#define INTERDICT_BOOK_IN_FORCE "status IN ('interim', 'active', 'varied', 'final')"

[[nodiscard]] Result<OrderRow> read_order(Database& database, const Statement& row);
[[nodiscard]] Result<std::optional<OrderRow>> find_order(Database& database, std::string_view id);
// The same, or an error that no order has this id.
[[nodiscard]] Result<OrderRow> require_order(Database& database, std::string_view id);

// Returns its number.
[[nodiscard]] Result<std::int64_t> insert_order(Database& database, const order::Order& order,
                                                std::string_view origin, std::int64_t received,
                                                std::string_view list);
// Everything but id, origin and received. status: the one to hold from now on.
[[nodiscard]] Result<void> update_order(Database& database, std::int64_t number, const order::Order& order,
                                        order::Status status, std::int64_t changed);

[[nodiscard]] Result<std::vector<order::NameTarget>> read_exempt(Database& database, std::int64_t number);
[[nodiscard]] Result<void> write_exempt(Database& database, std::int64_t number,
                                        const std::vector<order::NameTarget>& exempt);

[[nodiscard]] bool ended(order::Status status); // lifted or expired

} // namespace interdict::book
