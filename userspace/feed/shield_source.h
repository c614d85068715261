// SPDX-License-Identifier: Apache-2.0
//
// shield_source.h: Piracy Shield as a source of lists: what to ask, what was taken last, what to report.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "feed/piracyshield.h"
#include "feed/policy.h"

namespace interdict::feed {

// The connector's configuration file; docs/feeds.md. Paths are relative to it.
struct ShieldConfig {
    std::string name = "piracyshield"; // of the feed
    std::filesystem::path order;       // the template
    std::filesystem::path credentials;
    ShieldSettings settings;
    Policy policy;
};

[[nodiscard]] Result<ShieldConfig> parse_shield_config(std::string_view json,
                                                       const std::filesystem::path& file);

// What is remembered between two fetches; no secrets.
struct ShieldCursor {
    std::map<std::string, std::string> checksums; // by genre, of the texts that are kept
    std::set<std::string> reported;               // tickets of which no item is pending any more
};

// Text that is not a cursor is an empty one: then everything is fetched.
[[nodiscard]] ShieldCursor parse_cursor(std::string_view json);
[[nodiscard]] std::string to_string(const ShieldCursor& cursor);

// The three lists as they are now.
struct ShieldFetch {
    std::array<std::string, 3> texts; // by genre
    std::map<std::string, std::string> checksums;
    std::array<bool, 3> unchanged{};
};

// folder: has the texts that were kept last. A genre whose checksum is still the cursor's is read from there.
[[nodiscard]] Result<ShieldFetch> fetch(PiracyShield& shield, const ShieldCursor& cursor,
                                        const std::filesystem::path& folder);

// Files named by genre and checksum, so that a text is never taken for another one: keep() before the cursor
// is written, forget_others() once it is. folder must exist.
[[nodiscard]] Result<void> keep(const ShieldFetch& fetch, const std::filesystem::path& folder);
void forget_others(const ShieldFetch& fetch, const std::filesystem::path& folder);

// Values and the ticket that brought each last.
[[nodiscard]] std::map<std::string, std::string, std::less<>>
tickets_by_value(std::span<const ShieldTicket> tickets);

// A ticket on whose items the authority still takes reports, and expects some.
[[nodiscard]] bool takes_reports(const ShieldTicket& ticket, const ShieldCursor& cursor, std::int64_t now);

} // namespace interdict::feed
