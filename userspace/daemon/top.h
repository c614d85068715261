// SPDX-License-Identifier: Apache-2.0
//
// top.h: the rules that are hit most: `interdict top --json` and GET /v1/top.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "control/state.h"
#include "daemon/order_json.h"
#include "plane/plane.h"
#include "ruleset/ruleset.h"

namespace interdict::daemon {

struct TopWish {
    std::size_t rows = 20; // at most
    bool all = false;      // also rules that were never hit
};

// Looks again and again. There may be millions of rules: of those that are hit most it keeps the names, of
// the others one bit. It reads all of them again when they were compiled anew, what has changed after a
// change in place, and those that it shows when others are hit most.
class Top {
public:
    // {"time", "generation" (null if none is live), "observe", "total": rules, "hit": of them, "seconds",
    // "rules"}, the busiest first, then those with most packets. Rates are over "seconds", since an earlier
    // look (at least half a second, at most two hours before this one); without one that is null, and they
    // are 0. plane: opened since the generation became live. Error: the rules of the live generation are
    // lost.
    [[nodiscard]] Result<Json> look(const plane::Plane& plane, const control::State& state,
                                    const TopWish& wish, std::int64_t time);

    // How often the file of all rules was read so far.
    [[nodiscard]] std::size_t reads() const { return reads_; }

private:
    using Clock = std::chrono::steady_clock;
    struct Row {
        std::uint32_t id = 0;
        interdict_hits counter{};
        double rate = 0; // packets a second
    };
    struct Sample {
        Clock::time_point time;
        std::vector<std::pair<std::uint32_t, std::uint64_t>> packets{}; // of rules that were hit, by id
    };

    // The rules of this digest are live.
    [[nodiscard]] Result<void> follow(const control::State& state, const std::string& digest);
    void take(const control::Changes& changes);
    // Of the first `shown` of them at least.
    [[nodiscard]] Result<void> name(const control::State& state, const std::vector<Row>& rows,
                                    std::size_t shown);
    [[nodiscard]] std::vector<Row> gather(const plane::Plane& plane, std::uint32_t end, bool all) const;
    // The seconds that the rates are over, 0 = none.
    double rate(std::vector<Row>& rows, Clock::time_point time) const;
    void keep(const std::vector<Row>& rows, Clock::time_point time);

    std::string plane_;
    std::string digest_; // of the generation that is known
    std::size_t reads_ = 0;
    std::size_t total_ = 0;
    std::vector<bool> present_;                     // by id
    std::unordered_map<std::uint32_t, Json> named_; // what is said of a rule beside its counts
    std::vector<Sample> samples_;                   // at most two, the older one first
};

} // namespace interdict::daemon
