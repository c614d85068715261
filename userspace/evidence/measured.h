// SPDX-License-Identifier: Apache-2.0
//
// measured.h: what stands in a report and not in the book: the kernel's counters and sketches, and what a
// list had that could not be taken.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "evidence/report.h"
#include "plane/maps.h"
#include "ruleset/ruleset.h"

namespace interdict::evidence {

// rules: of the generation that is live in maps.
void add_measured(Report& report, const plane::Maps& maps, const ruleset::Ruleset& rules);

// feeds: the folder of all lists. Nothing is added to an order that did not come by one. Error: the file of
// set aside entries cannot be read.
[[nodiscard]] Result<void> add_quarantined(Report& report, const std::filesystem::path& feeds);

} // namespace interdict::evidence
