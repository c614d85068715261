// SPDX-License-Identifier: Apache-2.0
#include "feed/policy.h"

#include "base/clock.h"

namespace interdict::feed {

Result<void> accept(const Policy& policy, const Summary& previous, const Summary& now)
{
    const std::string counts =
        fmt::format("{} entries now, {} before{}", now.entries, previous.entries,
                    now.quarantined == 0 ? "" : fmt::format(", {} quarantined", now.quarantined));
    if (now.entries < policy.min_entries)
        return fail("too few entries ({}): at least {} must be there; if the list really is so short, give "
                    "--min-entries",
                    counts, policy.min_entries);
    if (now.entries < previous.entries) {
        const std::size_t dropped = previous.entries - now.entries;
        // Exactly max_drop_percent is still taken.
        if (static_cast<double>(dropped) >
            static_cast<double>(previous.entries) * policy.max_drop_percent / 100)
            return fail("too many entries are gone ({}): {:.1f}% fewer, {}% are allowed; if they really were "
                        "lifted, give --max-drop-percent",
                        counts, 100.0 * static_cast<double>(dropped) / static_cast<double>(previous.entries),
                        policy.max_drop_percent);
    }
    if (now.timestamp != 0 && now.timestamp < previous.timestamp)
        return fail("an older list than the one in force ({}): made {}, the one in force {}", counts,
                    format_timestamp(now.timestamp), format_timestamp(previous.timestamp));
    if (policy.max_age && now.timestamp == 0)
        return fail("the list does not say when it was made ({}), so --max-age cannot be kept", counts);
    if (policy.max_age && now.received - now.timestamp > *policy.max_age)
        return fail("too old a list ({}): made {}, at most {} ago is allowed", counts,
                    format_timestamp(now.timestamp), format_duration(*policy.max_age));
    return {};
}

} // namespace interdict::feed
