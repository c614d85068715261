// SPDX-License-Identifier: Apache-2.0
//
// clockwork.h: what happens to orders because time passes. The kernel begins and ends rules by itself; this
// writes it into the book, and tells.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "daemon/desk.h"
#include "daemon/events.h"
#include "daemon/loop.h"

namespace interdict::daemon {

// All on the loop's thread.
class Clockwork {
public:
    // time: what has happened before it is not told any more.
    Clockwork(Loop& loop, Desk& desk, Events& events, std::int64_t time)
        : loop_(loop), desk_(desk), events_(events), told_(time)
    {
    }

    // The clock was set, perhaps wrongly: nothing is written into the book as expired until it has run on for
    // a while. The kernel begins and ends rules by it all the same.
    void doubt();

    // Does what is due, and sets the timer for what comes next. To be called after every change of the book
    // and when the clock was set.
    void wind();

private:
    // What is due until `time`; the time of what comes next, nothing if nothing does.
    [[nodiscard]] Result<std::optional<std::int64_t>> run(std::int64_t time);
    Result<void> expire(std::int64_t time);

    Loop& loop_;
    Desk& desk_;
    Events& events_;
    std::int64_t told_;                             // until then
    std::chrono::steady_clock::time_point trusted_; // not before
    std::optional<TimerId> timer_;
};

} // namespace interdict::daemon
