// SPDX-License-Identifier: Apache-2.0
//
// status_json.h: what is live, where, and what it has done: `interdict status --json` and GET /v1/status.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "book/book.h"
#include "control/state.h"
#include "daemon/order_json.h"
#include "plane/plane.h"

namespace interdict::daemon {

// What there is to look at.
struct Subject {
    const control::State& state;
    const plane::Plane* plane = nullptr;    // null: none is up
    const book::Book* book = nullptr;       // null: there is none
    std::vector<std::string> degraded = {}; // what is known already
};

// What cannot be read is in "degraded".
[[nodiscard]] Json status_json(Subject subject, std::int64_t time);

// "orders" of the generation that the status is of, each with its number of rules and their next expiry, and
// "generation.rules". Reads all of its rules, which takes seconds where there are millions. If they are lost
// that is in "degraded", and the number is null.
void add_orders(Json& status, const control::State& state, std::int64_t time);

// Its parts.
[[nodiscard]] Json interfaces_json(const std::vector<plane::InterfaceState>& interfaces);
// Since the plane was brought up; those that are zero are left out.
[[nodiscard]] Json totals_json(const interdict_totals& totals);
// schedule: Feeds::schedule().
[[nodiscard]] Result<Json> feeds_json(const book::Book& book, const Json& schedule, std::int64_t time);

} // namespace interdict::daemon
