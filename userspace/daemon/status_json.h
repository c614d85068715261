// SPDX-License-Identifier: Apache-2.0
//
// status_json.h: what is live, where, and what it has done: `interdict status --json` and GET /v1/status.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "book/book.h"
#include "daemon/desk.h"

namespace interdict::daemon {

// Of the edge that the desk has.
[[nodiscard]] Json status_json(Desk& desk, std::int64_t time);

// Since the plane was brought up; those that are zero are left out.
[[nodiscard]] Result<Json> totals_json(const plane::Plane& plane);

[[nodiscard]] Json interfaces_json(const std::vector<plane::InterfaceState>& interfaces);

} // namespace interdict::daemon
