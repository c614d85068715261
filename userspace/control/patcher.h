// SPDX-License-Identifier: Apache-2.0
//
// patcher.h: a change in place becomes live: written down, made, proven.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "control/edge.h"
#include "control/in_place.h"
#include "control/listener.h"
#include "control/proof.h"
#include "control/publisher.h"
#include "control/state.h"
#include "guard/guard.h"

namespace interdict::control {

struct Patching {
    Publication done;
    // What was made is not as it should be, or could not be made: a whole generation has to put it right.
    std::string failed;
};

class Patcher {
public:
    Patcher(Edge& edge, const State& state, const Listener& listener)
        : edge_(edge), state_(state), listener_(listener)
    {
    }

    // Staged is what is on disk. There is nothing beside the live generation that could be proven, so the
    // canaries have to be judged in memory before; rules that came and targets that went are proven live.
    // Error: nothing was changed.
    [[nodiscard]] Result<Patching> carry_out(const Change& change, std::span<const guard::Canary> canaries,
                                             const Witness& witness);

private:
    [[nodiscard]] Result<void> write_down(const Change& change, std::uint64_t number) const;
    void prove(const Change& change, std::span<const guard::Canary> canaries, Patching& patching);
    void tell_afterwards(const Result<void>& done, std::uint64_t number) const;
    // Removed targets that no rule is left on, above or around.
    [[nodiscard]] std::vector<order::Target> lifted(const Change& change) const;

    Edge& edge_;
    const State& state_;
    const Listener& listener_;
};

// Those that a rule on one of these targets could block.
[[nodiscard]] std::vector<guard::Canary> canaries_at(std::span<const guard::Canary> canaries,
                                                     const ruleset::Ruleset& rules);

} // namespace interdict::control
