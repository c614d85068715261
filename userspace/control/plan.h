// SPDX-License-Identifier: Apache-2.0
//
// plan.h: what is to be made live, complete; nothing has been changed for it yet.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/candidate.h"
#include "control/review.h"
#include "guard/guard.h"

namespace interdict::control {

struct Plan {
    Candidate candidate;
    std::optional<Review> review;        // nothing: this guard has seen all of it
    bool unchanged = false;              // the live generation is exactly this
    std::vector<guard::Canary> canaries; // that must pass: the guard's, but for what two persons overrode
    std::string refused;                 // which of them it would block; empty: none
};

} // namespace interdict::control
