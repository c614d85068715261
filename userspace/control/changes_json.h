// SPDX-License-Identifier: Apache-2.0
//
// changes_json.h: what a step changed, as JSON: the same from the API and from the command line.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "control/edge.h"
#include "control/intake.h"
#include "control/plan.h"
#include "control/stepper.h"
#include "control/stopwatch.h"

namespace interdict::control {

using Json = nlohmann::ordered_json;

// {"added": [...], "removed": [...], "changed": [...]}, each at most 1000 of {"rule", "target", "order"}.
[[nodiscard]] Json diff_json(const ruleset::Diff& diff, const ruleset::Ruleset& before,
                             const ruleset::Ruleset& after);

// At most 1000.
[[nodiscard]] Json held_json(const std::vector<Held>& held);

[[nodiscard]] Json times_json(const Times& times);

// The rules that a plan changes, as they were. edge: has not read the live ones again since.
[[nodiscard]] const ruleset::Ruleset& rules_before(const Plan& plan, const Edge& edge);

// Beside what is the step's own (Taken::json): what became of it. edge: as for rules_before(). Answer:
// docs/api.md, Outcome.
void put_outcome(Json& json, const Outcome& outcome, const Edge& edge, End end,
                 std::span<const std::string> warnings);
// The end of it: summary, outcome, warnings.
void put_end(Json& json, const std::string& sentence, End end, std::span<const std::string> warnings);

} // namespace interdict::control
