// SPDX-License-Identifier: Apache-2.0
//
// care.h: faults are told when they come and when they end, and what can be mended is mended.
#pragma once

#include <chrono>
#include <functional>
#include <set>
#include <string>

#include "daemon/desk.h"
#include "daemon/events.h"
#include "daemon/loop.h"

namespace interdict::daemon {

// All on the loop's thread.
class Care {
public:
    // catch_up: makes live what is in the book and is not; false: it could not. changed: after faults came or
    // went.
    Care(Loop& loop, Desk& desk, Events& events, std::function<bool()> catch_up,
         std::function<void()> changed)
        : loop_(loop), desk_(desk), events_(events), catch_up_(std::move(catch_up)),
          changed_(std::move(changed))
    {
    }

    // Looks now, and then again and again.
    void look();

private:
    void catch_up(bool now);

    Loop& loop_;
    Desk& desk_;
    Events& events_;
    std::function<bool()> catch_up_;
    std::function<void()> changed_;
    std::set<std::string> known_;
    std::chrono::seconds bring_delay_{0};
    std::chrono::steady_clock::time_point brought_ = std::chrono::steady_clock::now();
    bool caught_up_ = false;
    std::chrono::seconds delay_{0}; // before it is tried again
    std::chrono::steady_clock::time_point tried_;
};

} // namespace interdict::daemon
