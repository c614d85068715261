// SPDX-License-Identifier: Apache-2.0
//
// settings.h: watch.json: whom to ask, how often, and how much must be seen before anything is proposed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "guard/lists.h"
#include "order/prefix.h"
#include "order/problem.h"
#include "watch/banners.h"
#include "watch/resolver.h"

namespace interdict::watch {

// What is seen counts once it was so in this many checks and for this many seconds, without a break.
struct Patience {
    unsigned checks = 1;
    std::int64_t seconds = 0;
};

// Names that are watched for an order without being blocked by it: mirrors that somebody reported, and the
// names of services that it blocks by address.
struct Candidates {
    std::string order;
    std::vector<std::string> names; // as in order::NameTarget
};

// A file with the names and prefixes of a banner's hosts, in a format of guard/lists.h. A name in it is
// theirs as a name server and as the end of an alias.
struct BannerFile {
    std::string label;
    Takeover kind = Takeover::Parked;
    std::string file; // relative to the settings' folder
    guard::Format format = guard::Format::Plain;
};

struct Settings {
    std::vector<Server> resolvers{};
    unsigned quorum = 1;               // resolvers that must agree
    std::int64_t interval = 3600;      // seconds between two checks of one name
    unsigned names_per_check = 10'000; // the longest unchecked first
    bool mx = false;                   // ask for MX as well, as evidence
    Patience settled{3, 86'400};       // a change
    Patience dead{6, 14 * 86'400};     // NXDOMAIN or SERVFAIL
    Pace pace{};
    std::vector<Banner> banners = built_in_banners();
    std::vector<BannerFile> banner_files{};  // for load_settings(), which puts them into banners
    std::vector<order::Prefix> stop_pages{}; // an answer with one of these comes from a filter
    std::vector<Candidates> candidates{};
};

struct ParsedSettings {
    Settings settings;
    std::vector<order::Problem> problems;

    [[nodiscard]] bool ok() const { return problems.empty(); }
};

// docs/dynamic-orders.md is the schema. Strict: unknown keys, repeated ones and wrong types are problems.
[[nodiscard]] ParsedSettings parse_settings(std::string_view json, std::string file);

// The file and the banner files that it names. A banner file that cannot be read is a problem of it.
[[nodiscard]] ParsedSettings load_settings(const std::filesystem::path& file);

} // namespace interdict::watch
