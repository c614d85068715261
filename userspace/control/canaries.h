// SPDX-License-Identifier: Apache-2.0
//
// canaries.h: what must pass, judged on a rule set in memory: before an order is taken. The programs
// themselves are asked once more before publishing (publisher.h).
#pragma once

#include <optional>
#include <span>
#include <string>

#include "guard/guard.h"
#include "ruleset/ruleset.h"

namespace interdict::control {

// One that these rules would block in any scope, at `time` or when a rule begins later: a sentence that names
// canary, list, order and target. Nothing if all pass.
[[nodiscard]] std::optional<std::string>
blocked_canary(const ruleset::Ruleset& rules, std::span<const guard::Canary> canaries, std::int64_t time);

} // namespace interdict::control
