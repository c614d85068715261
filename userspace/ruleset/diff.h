// SPDX-License-Identifier: Apache-2.0
//
// diff.h: what changes from one rule set to the next.
#pragma once

#include <cstdint>
#include <vector>

#include "ruleset/ruleset.h"

namespace interdict::ruleset {

// Ids, ascending. An id whose target changed is in both added and removed.
struct Diff {
    std::vector<std::uint32_t> added;   // of the later set
    std::vector<std::uint32_t> removed; // of the earlier set
    std::vector<std::uint32_t> kept;
    std::vector<std::uint32_t> changed; // same target, other conditions or other citing orders
    bool scopes_changed = false;        // a scope's own definition; no rule needs to change for that
    // What refused users are told about an order that both sets have: its texts, its notice. Likewise.
    bool answers_changed = false;

    [[nodiscard]] bool empty() const
    {
        return added.empty() && removed.empty() && changed.empty() && !scopes_changed && !answers_changed;
    }
};

// Orders are compared by id and scopes by name, never by index. The place in a chain is not a change.
[[nodiscard]] Diff diff(const Ruleset& before, const Ruleset& after);

} // namespace interdict::ruleset
