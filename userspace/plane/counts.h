// SPDX-License-Identifier: Apache-2.0
//
// counts.h: what the rules and the whole plane have done.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "maps/counters.h"
#include "maps/totals.h"
#include "plane/maps.h"

namespace interdict::plane {

struct TotalInfo {
    std::string_view json; // name in JSON and metrics
    std::string_view help;
};

// Indexed by enum interdict_total.
extern const std::array<TotalInfo, INTERDICT_TOTAL_MAX> kTotals;

// A snapshot without a system call: every number is one that the counter had, each at its own moment. Nothing
// if the id has no counter.
[[nodiscard]] std::optional<interdict_counter> read_counter(const Maps& maps, std::uint32_t id);

// Since the plane was brought up, over all CPUs.
[[nodiscard]] Result<interdict_totals> read_totals(const Maps& maps);

} // namespace interdict::plane
