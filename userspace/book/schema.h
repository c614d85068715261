// SPDX-License-Identifier: Apache-2.0
//
// schema.h: the tables, and the steps from each earlier form of them. docs/book.md describes them.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"
#include "book/database.h"

namespace interdict::book {

inline constexpr std::int64_t kApplication = 0x69746472; // "itdr" in the file's header

// The index that importing a long list takes away first and makes again after it.
inline constexpr const char* kMakePlaceIndex = "CREATE INDEX items_by_place ON items(place)";
inline constexpr const char* kDropPlaceIndex = "DROP INDEX items_by_place";

// Step i leads from version i to version i + 1; their number is the version that this program knows.
[[nodiscard]] std::span<const char* const> migrations();

// Errors: a newer schema (both versions), a database of another program.
[[nodiscard]] Result<std::int64_t> version_of(Database& database);

// Brings it up to date, each step in one transaction.
[[nodiscard]] Result<void> migrate(Database& database);

} // namespace interdict::book
