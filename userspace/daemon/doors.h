// SPDX-License-Identifier: Apache-2.0
//
// doors.h: what is served to whoever asks, on addresses that the operator chooses: metrics, and pages for
// subscribers. None of it changes anything.
#pragma once

#include <memory>
#include <optional>

#include "base/result.h"
#include "daemon/api/server.h"
#include "daemon/config.h"
#include "daemon/metrics/metrics.h"
#include "daemon/pages/pages.h"

namespace interdict::daemon {

class Doors {
public:
    Doors(metrics::Sources sources, const std::filesystem::path& book)
        : metrics_(std::move(sources)), stop_(book), lookup_(book)
    {
    }

    // Opens and closes what the configuration says. Error: an address cannot be had; all is as before.
    [[nodiscard]] Result<void> set(const Config& config);

    [[nodiscard]] metrics::Metrics& metrics() { return metrics_; }

private:
    struct Door {
        std::optional<Listen> at;
        std::unique_ptr<api::Server> server;
    };

    metrics::Metrics metrics_;
    pages::StopPage stop_;
    pages::LookUp lookup_;
    unsigned rate_ = 0;
    Door metrics_door_;
    Door stop_door_;
    Door lookup_door_;
};

} // namespace interdict::daemon
