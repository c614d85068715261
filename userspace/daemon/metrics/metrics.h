// SPDX-License-Identifier: Apache-2.0
//
// metrics.h: everything that is worth watching, for Prometheus; docs/metrics.md is the list.
//
// No metric has an address of anybody, and how many series there are does not depend on how many rules or
// targets there are; counters of single rules are given only to who asks for one order.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "base/result.h"
#include "daemon/api/server.h"
#include "daemon/events.h"
#include "daemon/metrics/tally.h"

namespace interdict::daemon::metrics {

// Series of single rules, orders with a deadline, feeds, and events' kinds that are shown.
inline constexpr std::size_t kRulesMax = 1000;
inline constexpr std::size_t kDeadlinesMax = 50;
inline constexpr std::size_t kFeedsMax = 200;

// Where the numbers come from; all from any thread.
struct Sources {
    std::filesystem::path state;
    std::filesystem::path pins;
    const Events& events;
    const Tally& tally;
    std::function<Json()> status;                               // as GET /v1/status
    std::function<std::map<std::string, std::int64_t>()> feeds; // seconds between two fetches
    std::function<std::map<std::string, std::map<int, std::uint64_t>>()> answers; // by door and status
    std::function<std::int64_t()> archived; // when counts were kept last, 0 = not yet
};

class Metrics : public api::Router {
public:
    explicit Metrics(Sources sources) : sources_(std::move(sources)) {}

    // GET /metrics, and /metrics?order=ID of the rules of one order.
    [[nodiscard]] api::Admission admit(const std::string& method, const std::string& path,
                                       const api::Peer& peer) const override;
    void serve(const api::Request& request, api::Answer& answer) override;

    [[nodiscard]] std::string all() const;
    // Nothing if the book has no such order.
    [[nodiscard]] Result<std::optional<std::string>> of_order(const std::string& id) const;

private:
    Sources sources_;
};

} // namespace interdict::daemon::metrics
