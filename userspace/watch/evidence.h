// SPDX-License-Identifier: Apache-2.0
//
// evidence.h: what a proposal rests on, as JSON: what was seen before and after, by whom, when, and how much
// had to be seen.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "guard/guard.h"
#include "watch/observe.h"
#include "watch/settings.h"

namespace interdict::watch {

using Json = nlohmann::ordered_json;

// finding: "gone", "banner", "address moved", "alias moved", "same address". With the last check's views and
// the thresholds.
[[nodiscard]] Json evidence_of(std::string_view finding, const Snapshot& snapshot, const Settings& settings,
                               const Patience& patience);

[[nodiscard]] Json to_json(const Run& run);
[[nodiscard]] Json to_json(const Seen& seen);
[[nodiscard]] Json to_json(const guard::Finding& finding);
// Of the whole snapshot, for people and scripts.
[[nodiscard]] Json to_json(const Snapshot& snapshot);

} // namespace interdict::watch
