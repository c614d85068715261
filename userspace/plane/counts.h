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

// Since the plane was brought up, over all CPUs.
[[nodiscard]] Result<interdict_totals> read_totals(const Maps& maps);

} // namespace interdict::plane
