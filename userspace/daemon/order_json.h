// SPDX-License-Identifier: Apache-2.0
//
// order_json.h: what the book has, as JSON: the same from the API and from `interdict order --json`.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "book/book.h"
#include "book/records.h"
#include "control/deadlines.h"

namespace interdict::daemon {

using Json = nlohmann::ordered_json;

[[nodiscard]] Json time_json(std::int64_t time); // null for 0

[[nodiscard]] Json item_json(const book::ItemRecord& item);
// Without targets.
[[nodiscard]] Json summary_json(const book::OrderRecord& record);
// With all of it: the order's own fields, targets and deliveries.
[[nodiscard]] Json order_json(const book::OrderRecord& record, const std::vector<book::ItemRecord>& items,
                              const std::vector<book::Delivery>& deliveries);
[[nodiscard]] Json deliveries_json(const std::vector<book::Delivery>& deliveries);
[[nodiscard]] Json deadline_json(const control::Deadline& deadline);
// {"overdue", "deadlines"}: open and missed ones, nearest first.
[[nodiscard]] Result<Json> deadlines_json(const book::Book& book, std::int64_t time);
[[nodiscard]] Json proposal_json(const book::Proposal& proposal);
// {"proposals"}. all: those that are decided, too.
[[nodiscard]] Result<Json> proposals_json(const book::Book& book, bool all);

// The line's record and its hash. Error: the record is not JSON.
[[nodiscard]] Result<Json> entry_json(const book::JournalEntry& entry);

} // namespace interdict::daemon
