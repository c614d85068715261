// SPDX-License-Identifier: Apache-2.0
//
// status_json.h: what is live, where, and what it has done: `interdict status --json` and GET /v1/status.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "control/deadlines.h"
#include "daemon/desk.h"
#include "daemon/health.h"

namespace interdict::daemon {

// Of the edge that the desk has.
[[nodiscard]] Json status_json(Desk& desk, std::int64_t time);

// Its parts.
[[nodiscard]] Json generation_json(const interdict_generation& live);
[[nodiscard]] Json interfaces_json(const std::vector<plane::InterfaceState>& interfaces);
[[nodiscard]] Json stages_json(const plane::Plane& plane);
[[nodiscard]] Json channels_json(std::span<const ChannelState, INTERDICT_CHANNEL_MAX> states);
[[nodiscard]] Json book_json(const control::Overview& book);
// Since the plane was brought up; those that are zero are left out.
[[nodiscard]] Json totals_json(const interdict_totals& totals);

} // namespace interdict::daemon
