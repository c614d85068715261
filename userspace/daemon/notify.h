// SPDX-License-Identifier: Apache-2.0
//
// notify.h: what systemd wants to know (sd_notify(3)).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"

namespace interdict::daemon {

class Notifier {
public:
    // Of NOTIFY_SOCKET and WATCHDOG_USEC; without them it does nothing.
    Notifier();
    Notifier(const char* socket, const char* watchdog_usec);

    // "READY=1", "STOPPING=1", "STATUS=..."; one a line. Nobody who listens is no error.
    void tell(std::string_view state) const;

    // How often WATCHDOG=1 is to be told.
    [[nodiscard]] std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }

    // Of work that is longer than that, and for as long as it goes on: WATCHDOG=1, and in STATUS how far it
    // is. To be called as often as one likes.
    void progress(std::string_view what, std::uint64_t done, std::uint64_t total);
    // Of a loop that has nothing to do: WATCHDOG=1, and the status again if progress() has shown another.
    void alive(std::string_view status);

private:
    std::string path_; // as in sockaddr_un
    Fd socket_;
    std::optional<std::chrono::microseconds> watchdog_;
    std::chrono::steady_clock::time_point told_{}; // that it is alive
    bool shown_ = false;                           // progress
};

} // namespace interdict::daemon
