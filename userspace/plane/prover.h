// SPDX-License-Identifier: Apache-2.0
//
// prover.h: the plane's programs a second time, over the same tables. What they are given is judged as on the
// wire, by the live generation or by the one that is staged, while the plane goes on undisturbed: clock,
// counters, totals, flows and scratch are the prover's own.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "maps/report.h"
#include "plane/maps.h"
#include "plane/pins.h"
#include "plane/programs.h"
#include "probe/probes.h"

namespace interdict::plane {

enum class Generation : std::uint8_t { Live, Staged };

enum class Finding : std::uint8_t {
    Right,   // as the probe expects
    Passed,  // nothing was done
    Other,   // another rule decided
    Acted,   // what should have been left alone was not
    Answer,  // the rule decided, but what it did is not what it says
    Shortcut // by its record the rule is right, but the short way for plain rules did something else
};

struct Outcome {
    Finding finding = Finding::Passed;
    std::uint32_t rule = 0; // that decided, 0 = none
    interdict_verdict verdict = INTERDICT_VERDICT_PASS;
};

// One user at a time: whoever holds the plane's writer lock.
class Prover {
public:
    // Loads the programs again, unpinned.
    [[nodiscard]] static Result<Prover> make(const Maps& plane, bool verbose = false);

    // pins: those of the prover.
    [[nodiscard]] static Result<Prover> open(const Pins& pins);
    [[nodiscard]] Result<void> pin(const Pins& pins);

    // Error unless the kernel has verified the same instructions for both, and the same stages are loaded.
    [[nodiscard]] Result<void> same_programs(const Programs& programs) const;

    // Error unless both have the same tables.
    [[nodiscard]] Result<void> same_tables(const Maps& plane) const;

    // From now on the given generation of the plane is judged by, as if it were live and no dry run were on.
    // Error: nothing is live, or nothing is staged.
    [[nodiscard]] Result<void> select(const Maps& plane, Generation which);

    // After select(). In the order of the probes. Nothing that another probe left behind bears on a probe.
    [[nodiscard]] Result<std::vector<Outcome>> run(std::span<const probe::Probe> probes);

private:
    Prover() = default;

    void set_clock(std::int64_t at);
    [[nodiscard]] std::uint64_t counted(std::uint32_t rule) const;

    std::unique_ptr<Maps> maps_;
    Programs programs_;
};

} // namespace interdict::plane
