// SPDX-License-Identifier: Apache-2.0
//
// item_rows.h: targets of orders as rows of the database.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "book/database.h"
#include "book/records.h"

namespace interdict::book {

// Columns of an item wherever one is kept.
#define INTERDICT_BOOK_ITEM "form, value, protocol, ports, place, ends, exclusive, sharing"
inline constexpr int kItemColumns = 8;

// A target as those columns.
struct TargetCells {
    explicit TargetCells(const order::Target& target);

    int form;
    std::string_view value; // into the target or into text
    int protocol;
    std::string ports; // "443,8000-8100", empty = any
    std::int64_t place;
    std::string text{};

    TargetCells(const TargetCells&) = delete;
    TargetCells& operator=(const TargetCells&) = delete;
};

// Columns from the given one. Error: what the row says contradicts itself; a name that was changed does not
// belong to its place.
[[nodiscard]] Result<order::Item> read_line(Database& database, const Statement& row, int column = 0);

// Items with a clause behind it; read_item() reads a row.
#define INTERDICT_BOOK_SELECT_ITEMS                                             \
    "SELECT " INTERDICT_BOOK_ITEM ", state, key, id, held_by, alternative, "    \
    "overridden_by, approved_by, successor_of, ticket, items.received, lifted " \
    "FROM items JOIN orders USING (number) "
[[nodiscard]] Result<ItemRecord> read_item(Database& database, const Statement& row);

// What gives no rule, what does, as SQL over the column state.
#define INTERDICT_BOOK_GIVES_RULE "state IN (0, 2)"

// An item that is not lifted and is this target (for a name: however it is matched); key 0 if there is none.
struct Present {
    std::int64_t key = 0;
    ItemState state = ItemState::Active;
    order::Target target{};
};
[[nodiscard]] Result<Present> present_item(Database& database, std::int64_t number,
                                           const order::Target& target);

// Both name the same thing: an address target with the same protocol and ports, a name however it is matched.
[[nodiscard]] bool same_target(const order::Target& one, const order::Target& other);

} // namespace interdict::book
