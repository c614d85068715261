// SPDX-License-Identifier: Apache-2.0
//
// proof.h: what has to hold of a generation before it is published, and once more when it is live: asked of
// the real programs (plane/prove.h).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "control/candidate.h"
#include "control/edge.h"
#include "control/listener.h"
#include "guard/guard.h"
#include "plane/prove.h"

namespace interdict::control {

struct Proven {
    std::string refused;               // which canary is blocked, by what; empty: all pass
    std::size_t rules = 0;             // that fired as they say
    std::size_t waiting = 0;           // likewise, at a time within their window
    std::size_t covered = 0;           // whose target other rules block before them
    std::size_t untried = 0;           // for the number's sake
    std::vector<std::string> failures; // what did not come out as it should
};

// What is proven: of these rules, those that the diff calls new or changed.
struct ProofSubject {
    const ruleset::Ruleset& rules;
    const ruleset::Diff& diff;
    std::vector<order::Target> lifted; // must pass
};

// Some of the targets that lost a rule and have none left, in force or waiting.
[[nodiscard]] std::vector<order::Target> lifted_targets(const Candidate& candidate,
                                                        const ruleset::Ruleset& before);

class Proof {
public:
    // canaries: the guard's. All must outlive it.
    Proof(Edge& edge, ProofSubject subject, std::span<const guard::Canary> canaries, const Listener& listener)
        : edge_(edge), subject_(std::move(subject)), canaries_(canaries), listener_(listener)
    {
    }

    // Every new and changed rule, every canary, and targets that are lifted.
    [[nodiscard]] Result<Proven> staged() const;
    // A sample of them.
    [[nodiscard]] Result<Proven> live() const;
    // All of them, after a change in place.
    [[nodiscard]] Result<Proven> live_whole() const;

private:
    [[nodiscard]] Result<Proven> prove(plane::Generation which, std::size_t rules,
                                       std::size_t canaries) const;

    Edge& edge_;
    ProofSubject subject_;
    std::span<const guard::Canary> canaries_;
    const Listener& listener_;
};

} // namespace interdict::control
