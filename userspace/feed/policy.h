// SPDX-License-Identifier: Apache-2.0
//
// policy.h: whether a list may replace the one before it. A short, empty or old answer is far more often a
// fault than a mass lift, so the last good list stays until somebody says otherwise.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace interdict::feed {

struct Policy {
    std::size_t min_entries = 1;           // 0: an empty list is taken, and lifts everything
    unsigned max_drop_percent = 30;        // entries fewer than before
    std::optional<std::int64_t> max_age{}; // seconds since the authority made the list
};

// What a list came to.
struct Summary {
    std::size_t entries = 0; // accepted
    std::size_t quarantined = 0;
    std::int64_t timestamp = 0; // the authority's, 0 = it does not say
    std::int64_t received = 0;
};

// previous: entries 0 if there was none. The error says why the old list stays, with both counts and the
// switch that would take the new one.
[[nodiscard]] Result<void> accept(const Policy& policy, const Summary& previous, const Summary& now);

} // namespace interdict::feed
