// SPDX-License-Identifier: Apache-2.0
//
// doors.h: what is served to whoever asks, on addresses that the operator chooses: metrics, and pages for
// subscribers. None of it changes anything.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "daemon/api/server.h"
#include "daemon/config.h"
#include "daemon/metrics/metrics.h"

namespace interdict::daemon {

class Doors {
public:
    explicit Doors(metrics::Sources sources) : metrics_(std::move(sources)) {}

    // Opens and closes what the configuration says. Error: an address cannot be had; all is as before.
    [[nodiscard]] Result<void> set(const Config& config);

    [[nodiscard]] metrics::Metrics& metrics() { return metrics_; }

private:
    struct Door {
        std::optional<Listen> at;
        std::unique_ptr<api::Server> server;
    };

    metrics::Metrics metrics_;
    Door metrics_door_;
};

} // namespace interdict::daemon
