// SPDX-License-Identifier: Apache-2.0
//
// publisher.h: a candidate becomes the live generation: stage, prove, publish, prove again, retire.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "book/records.h"
#include "control/candidate.h"
#include "control/edge.h"
#include "control/listener.h"
#include "control/proof.h"
#include "control/state.h"
#include "guard/guard.h"

namespace interdict::control {

struct Publication {
    std::uint64_t number = 0; // 0: nothing was published
    std::string refused;      // then: which canary would have been blocked, and by what
    std::size_t retired = 0;  // rules whose last counts are archived
    std::size_t proven = 0;   // of the new rules: those that fired, staged
    std::size_t unproven = 0; // that did not, on a plane that has not all stages; else nothing is published
    bool proven_live = false; // a sample of them fired, and canaries passed
    std::string instead{};    // why a change that was planned in place became a whole generation
};

// Called when a fact has come true: for this generation, of this digest.
using Witness = std::function<void(book::Fact fact, std::uint64_t number, const std::string& digest)>;

// The first few, for a message.
[[nodiscard]] std::string first_failures(const std::vector<std::string>& failures);

// A rule of a channel that this kernel cannot inspect never proves.
[[nodiscard]] bool all_stages_loaded(const plane::Plane& plane);

class Publisher {
public:
    Publisher(Edge& edge, const State& state, const Listener& listener)
        : edge_(edge), state_(state), listener_(listener)
    {
    }

    // Whatever fails before the store, the live generation goes on as it was. What fails after it is told to
    // the listener. The edge's rules stay those that were live before; see Edge::set_rules().
    [[nodiscard]] Result<Publication>
    publish(const Candidate& candidate, std::span<const guard::Canary> canaries, const Witness& witness);

private:
    [[nodiscard]] Result<void> make_live(const Candidate& candidate, const plane::Staged& staged,
                                         const Witness& witness, Publication& done);
    void prove_live(const Proof& proof, const Candidate& candidate, const Witness& witness,
                    Publication& done);
    // Archives the last counts and notes that generation `done.number` is live now.
    void retire(std::span<const plane::LastCount> counts, Publication& done);

    Edge& edge_;
    const State& state_;
    const Listener& listener_;
};

} // namespace interdict::control
