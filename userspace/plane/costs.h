// SPDX-License-Identifier: Apache-2.0
//
// costs.h: what the programs cost, as the kernel measures it while kernel.bpf_stats_enabled is 1.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "plane/pins.h"
#include "plane/programs.h"

namespace interdict::plane {

// Since the program was loaded, as far as statistics were on.
struct ProgramCost {
    std::string name;
    std::uint64_t nanoseconds = 0; // tail calls included: of the entry program they are all that came of it
    std::uint64_t runs = 0;        // a program that is reached by tail call has none
};

// Of the entry program and of each stage that is loaded.
[[nodiscard]] Result<std::vector<ProgramCost>> program_costs(const Pins& pins, const Programs& programs);

// Measuring is on.
[[nodiscard]] bool statistics_on();

} // namespace interdict::plane
