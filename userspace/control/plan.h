// SPDX-License-Identifier: Apache-2.0
//
// plan.h: what is to be made live, complete; nothing has been changed for it yet.
#pragma once

#include <optional>
#include <string>

#include "control/candidate.h"
#include "control/review.h"

namespace interdict::control {

struct Plan {
    Candidate candidate;
    std::optional<Review> review; // nothing: this guard has seen all of it
    bool unchanged = false;       // the live generation is exactly this
    std::string refused;          // which canary it would block; empty: none
};

} // namespace interdict::control
