// SPDX-License-Identifier: Apache-2.0
//
// prove.h: whether a generation does what its orders ask for: canaries and the proofs of rules, each a frame
// through the real programs. The staged generation is proven before it is published, a sample of it again
// when it is live. Real traffic, counters and flows are not touched.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "order/order.h"
#include "plane/plane.h"
#include "plane/prover.h"
#include "ruleset/ruleset.h"

namespace interdict::plane {

struct ProofLimits {
    // Frames at most: 100,000 to 300,000 a second. Every rule is tried once before any is tried again; where
    // even that is too much, every n-th rule is.
    std::size_t probes = 1'500'000;
    std::size_t failures = 100; // that are described
    // Called now and then: probes done, and to be done.
    std::function<void(std::size_t, std::size_t)> progress{};
};

struct ProofFailure {
    std::uint32_t rule = 0; // 0: a canary
    std::string text;       // "blocked.example over quic: passed"
};

struct Proof {
    std::uint64_t generation = 0;
    bool dry_run = false;     // the plane as a whole only observes: proven is what it would do otherwise
    std::size_t possible = 0; // probes that there are for the rules
    std::size_t probes = 0;   // of them, those that were run
    std::size_t right = 0;    // of them, those that came out as expected
    // Ids in the order asked for; every one is in just one list.
    std::vector<std::uint32_t> proven;  // works wherever it was tried
    std::vector<std::uint32_t> waiting; // likewise, but its window is not now: it does nothing
    std::vector<std::uint32_t> covered; // its target is blocked, but by other rules, that are asked before it
    std::vector<std::uint32_t> failed;
    std::vector<std::uint32_t> untried; // for the limit's sake
    std::vector<ProofFailure> failures;

    [[nodiscard]] bool ok() const { return failed.empty(); }
};

// Proves rules of the generation, which was made of this rule set. ids: without one, every rule.
// Errors: no such generation, no such rule, a kernel that refuses to run the programs.
[[nodiscard]] Result<Proof> prove(Plane& plane, Generation which, const ruleset::Ruleset& ruleset,
                                  std::span<const std::uint32_t> ids, const ProofLimits& limits = {});

// The same for every rule.
[[nodiscard]] Result<Proof> prove(Plane& plane, Generation which, const ruleset::Ruleset& ruleset,
                                  const ProofLimits& limits = {});

struct Canaries {
    std::uint64_t generation = 0;
    std::size_t probes = 0;
    std::vector<ProofFailure> blocked; // `rule`: by which

    [[nodiscard]] bool ok() const { return blocked.empty(); }
};

// Must all pass, whatever the plane's mode: protected names (with one name below each) and prefixes (their
// ends), and targets that were lifted.
[[nodiscard]] Result<Canaries> check_canaries(Plane& plane, Generation which, const ruleset::Ruleset& ruleset,
                                              std::span<const order::Target> targets);

} // namespace interdict::plane
