// SPDX-License-Identifier: Apache-2.0
//
// canaries.h: what must pass, judged on a rule set in memory: before an order is taken. The programs
// themselves are asked once more before publishing (publisher.h).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "guard/guard.h"
#include "ruleset/ruleset.h"

namespace interdict::control {

struct BlockedCanary {
    std::size_t index = 0; // of the canary
    order::Target by;      // the rule's target
    std::string text;      // a sentence that names canary, list, order and target
};

// Those that these rules would block in any scope, at `time` or when a rule begins later.
[[nodiscard]] std::vector<BlockedCanary>
blocked_canaries(const ruleset::Ruleset& rules, std::span<const guard::Canary> canaries, std::int64_t time);

} // namespace interdict::control
