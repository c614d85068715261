// SPDX-License-Identifier: Apache-2.0
//
// chains.h: the rules of one target in the order in which the kernel reads them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ruleset/conditions.h"
#include "ruleset/ruleset.h"

namespace interdict::ruleset {

// A rule that has no id yet.
struct Draft {
    order::Target target;
    order::NameTarget derived_from;
    Conditions conditions;
    std::vector<std::uint32_t> orders; // ascending
    std::uint32_t sequence = 0;        // of its first entry
    bool exempt = false;
    // Place in the chain, see chains.cpp: holding rules, exact exemptions, holding rules below the name,
    // subtree exemptions.
    std::uint8_t segment = 0;
};

// here: the entries of one place. The chain may be longer than the kernel can read; the caller checks.
[[nodiscard]] std::vector<Draft> build_chain(const Entries& entries, std::span<const Entry> here);

} // namespace interdict::ruleset
