// SPDX-License-Identifier: Apache-2.0
//
// notify.h: what systemd wants to know (sd_notify(3)).
#pragma once

#include <chrono>
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

private:
    std::string path_; // as in sockaddr_un
    Fd socket_;
    std::optional<std::chrono::microseconds> watchdog_;
};

} // namespace interdict::daemon
