// SPDX-License-Identifier: Apache-2.0
//
// log.h: events as lines of the log.
#pragma once

#include "base/result.h"
#include "daemon/config.h"
#include "daemon/events.h"

namespace interdict::daemon {

// Every event of at least that severity, from now on. Under systemd a line begins with its priority in <>.
// Errors: the file cannot be opened; the log stays what it was.
[[nodiscard]] Result<void> log_events(const LogConfig& config, Events& events);

} // namespace interdict::daemon
