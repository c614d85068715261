// SPDX-License-Identifier: Apache-2.0
//
// observe.h: what has been seen of one name over time. Pure: the time of a check is given.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "watch/settings.h"
#include "watch/survey.h"

namespace interdict::watch {

// One value of one kind of record, over the checks in which the resolvers agreed that the name is alive.
struct Seen {
    std::int64_t first = 0;
    std::int64_t last = 0;
    std::int64_t since = 0; // of the present run of checks without a break, and how many they are
    unsigned checks = 0;
};

// All values of one kind that were seen, within kMemory. Round-robin sets and networks that answer by place
// show ever other values; those of a host that moves come to rest.
struct Track {
    std::int64_t began = 0;     // first check
    std::int64_t last = 0;      // latest check
    std::int64_t scattered = 0; // last time when every resolver had other values
    std::map<std::string, Seen> values;
    std::set<std::string> rest; // the values when it last was at rest
};

struct Run {
    std::int64_t since = 0;
    std::int64_t last = 0;
    unsigned checks = 0; // 0: not so
};

struct Change {
    std::int64_t time = 0;
    std::string what; // "ipv4", "ipv6", "alias", "name servers", "state"
    std::set<std::string> before;
    std::set<std::string> after;
};

inline constexpr std::int64_t kMemory = 180 * std::int64_t{86'400};
inline constexpr std::size_t kValuesMax = 64;  // of a track; with more it is a pool and never at rest
inline constexpr std::size_t kChangesMax = 32; // the newest are kept

struct Snapshot {
    std::string name;
    std::int64_t tried = 0;                         // last check
    std::int64_t checked = 0;                       // last check in which a quorum agreed
    Agreed::State state = Agreed::State::Undecided; // at that one
    std::string rcode;
    std::string why; // why the last check decided nothing
    Track ipv4;
    Track ipv6;
    Track canonical;
    Track name_servers;
    Run gone;
    Run taken; // stands at a banner, as taken_by (its label) and taken_how say
    Takeover taken_kind = Takeover::Seized;
    std::string taken_by;
    std::string taken_how;
    std::vector<Change> changes; // oldest first
    std::vector<View> views;     // of the last check
};

// The snapshot after one more check. A check without a quorum changes nothing but `tried`, `why` and `views`.
[[nodiscard]] Snapshot observe(Snapshot before, const Survey& survey, std::int64_t time,
                               const Settings& settings);

// Every value seen within patience.seconds was seen in each check since, and in patience.checks of them.
[[nodiscard]] bool at_rest(const Track& track, const Patience& patience);
// The values of the latest check.
[[nodiscard]] std::set<std::string> present(const Track& track);
// Those that came after the first check.
[[nodiscard]] bool is_new(const Track& track, const std::string& value);

[[nodiscard]] bool lasts(const Run& run, const Patience& patience);

// One line of JSON, and back. Errors: not what write_snapshot() wrote.
[[nodiscard]] std::string write_snapshot(const Snapshot& snapshot);
[[nodiscard]] Result<Snapshot> read_snapshot(std::string_view json);

} // namespace interdict::watch
