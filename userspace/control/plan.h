// SPDX-License-Identifier: Apache-2.0
//
// plan.h: what is to be made live, complete; nothing has been changed for it yet.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/candidate.h"
#include "control/in_place.h"
#include "control/review.h"
#include "guard/guard.h"

namespace interdict::control {

struct Plan {
    std::optional<Change> change; // in place; nothing: the candidate, as a whole generation
    std::string whole;            // then: why
    Candidate candidate;
    std::optional<Review> review;        // nothing: this guard has seen all of it
    bool part = false;                   // of what is in force only some
    bool unchanged = false;              // the live generation is exactly this
    std::vector<guard::Canary> canaries; // that must pass: the guard's, but for what two persons overrode
    std::string refused;                 // which of them it would block; empty: none

    // What becomes of the rules; those of a change are only the ones at its places.
    [[nodiscard]] const ruleset::Diff& diff() const { return change ? change->rules.diff : candidate.diff; }
    [[nodiscard]] const ruleset::Ruleset& after() const
    {
        return change ? change->rules.after : candidate.rules;
    }
    [[nodiscard]] const Expired& expired() const { return change ? change->expired : candidate.expired; }
};

} // namespace interdict::control
