// SPDX-License-Identifier: Apache-2.0
//
// changes.h: what a new generation changes, in words (as JSON: control/changes_json.h).
#pragma once

#include <vector>

#include "cli/console.h"
#include "control/candidate.h"
#include "control/intake.h"
#include "control/stopwatch.h"

namespace interdict::cli {

// Between two rule sets, or what both have at some places.
struct Changes {
    const ruleset::Diff& diff;
    const control::Expired& expired;
    const ruleset::Ruleset& before;
    const ruleset::Ruleset& after;
};

// The first rules of each kind, one a line, then the numbers.
void show_changes(Console& console, const Changes& changes);

// Which targets the guard holds, why, and what it offers instead: on standard error.
void show_held(Console& console, const std::vector<control::Held>& held);

// "imported after 3.1 ms, staged 8.0 ms, published 8.2 ms, proven 9.5 ms"; only what is so.
[[nodiscard]] std::string times_text(const control::Times& times);

} // namespace interdict::cli
