// SPDX-License-Identifier: Apache-2.0
//
// changes_json.h: what a step changed, as JSON.
#pragma once

#include <vector>

#include <nlohmann/json.hpp>

#include "control/edge.h"
#include "control/intake.h"
#include "control/plan.h"
#include "control/publisher.h"
#include "control/stopwatch.h"

namespace interdict::daemon {

using Json = nlohmann::ordered_json;

// {"added": [...], "removed": [...], "changed": [...]}, each at most 1000 of {"rule", "target", "order"}.
[[nodiscard]] Json diff_json(const ruleset::Diff& diff, const ruleset::Ruleset& before,
                             const ruleset::Ruleset& after);

// At most 1000.
[[nodiscard]] Json held_json(const std::vector<control::Held>& held);

[[nodiscard]] Json times_json(const control::Times& times);

// The rules that a plan changes, as they were. edge: has not read the live ones again since.
[[nodiscard]] const ruleset::Ruleset& rules_before(const control::Plan& plan, const control::Edge& edge);

// What became of a step: published, generation, how, why, diff, retired, proven, ms.
void put_publication(Json& json, const control::Plan& plan, const control::Publication& publication,
                     const control::Edge& edge, const control::Times& times);

} // namespace interdict::daemon
