// SPDX-License-Identifier: Apache-2.0
//
// keeper.h: the plane stays on its interfaces: on one that appears, that is renamed, or that somebody has
// taken the program off.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "daemon/desk.h"
#include "daemon/events.h"
#include "daemon/links.h"
#include "daemon/loop.h"

namespace interdict::daemon {

// All on the loop's thread.
class Keeper {
public:
    // changed: after every look that has found something new.
    Keeper(Loop& loop, Desk& desk, Events& events, std::function<void()> changed)
        : loop_(loop), desk_(desk), events_(events), changed_(std::move(changed))
    {
    }

    // Listens to the kernel and looks once. Without the kernel's messages (the error) it looks once a second.
    [[nodiscard]] Result<void> start();

    // Compares what should be with what is, and mends it.
    void look();

private:
    // What was seen last of an interface that has, or had, the program.
    struct Seen {
        unsigned ifindex = 0;
        std::uint32_t role = 0;
        bool attached = false;
        std::string trouble{}; // why it could not be attached
        std::chrono::steady_clock::time_point tried{};
    };

    void look_anew(); // what could not be had is tried again at once
    [[nodiscard]] Result<bool> look_at_all();
    // What the plane has; true: it is not what it was.
    [[nodiscard]] Result<bool> follow();
    [[nodiscard]] bool note(const plane::InterfaceState& state);
    void tell_detached(const std::string& name);
    // What should be there and is not; true: something was done.
    [[nodiscard]] bool mend();
    [[nodiscard]] bool attach(const InterfaceConfig& interface, Seen& seen);
    [[nodiscard]] bool concerns(const LinkMessage& message) const;
    void tick();

    Loop& loop_;
    Desk& desk_;
    Events& events_;
    std::function<void()> changed_;
    std::unique_ptr<Links> links_;
    std::map<std::string, Seen, std::less<>> seen_;
    std::string failure_; // of the last look
};

} // namespace interdict::daemon
