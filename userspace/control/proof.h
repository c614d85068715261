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

class Proof {
public:
    // canaries: the guard's. All must outlive it.
    Proof(Edge& edge, const Candidate& candidate, std::span<const guard::Canary> canaries,
          const Listener& listener)
        : edge_(edge), candidate_(candidate), canaries_(canaries), listener_(listener)
    {
    }

    // Every new and changed rule, every canary, and targets that are lifted.
    [[nodiscard]] Result<Proven> staged() const;
    // A sample of them.
    [[nodiscard]] Result<Proven> live() const;

private:
    [[nodiscard]] Result<Proven> prove(plane::Generation which, std::size_t rules,
                                       std::size_t canaries) const;
    [[nodiscard]] std::vector<order::Target> lifted(std::size_t most) const;

    Edge& edge_;
    const Candidate& candidate_;
    std::span<const guard::Canary> canaries_;
    const Listener& listener_;
};

} // namespace interdict::control
