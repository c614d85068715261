// SPDX-License-Identifier: Apache-2.0
//
// rounds.h: the watch of the names of orders, round after round. Asking is done beside the loop, writing on
// its thread. Nothing is applied: a person decides on what is proposed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "daemon/config.h"
#include "daemon/desk.h"
#include "daemon/events.h"
#include "daemon/loop.h"
#include "watch/watcher.h"

namespace interdict::daemon {

// All on the loop's thread.
class Rounds {
public:
    // changed: after a round.
    Rounds(Loop& loop, Desk& desk, Events& events, Job changed)
        : loop_(loop), desk_(desk), events_(events), changed_(std::move(changed))
    {
    }
    // Ends a round that is under way, and waits for that.
    ~Rounds();
    Rounds(const Rounds&) = delete;
    Rounds& operator=(const Rounds&) = delete;

    // Of a new configuration; the first round is soon.
    void set(const std::optional<DynamicConfig>& config);

    // Begins a round now; what becomes of it is an event, "round" or "round-failed". wish: without dry_run.
    // Error: no settings, or a round is under way.
    [[nodiscard]] Result<void> begin(const watch::Wish& wish);

private:
    using Outcome = std::shared_ptr<Result<watch::Round>>;

    void plan(std::int64_t delay);
    [[nodiscard]] Result<watch::Round> work(const DynamicConfig& config, const control::State& state,
                                            const watch::Wish& wish, const std::stop_token& stop);
    void end(const Result<watch::Round>& round);
    void tell(const watch::Round& round);

    Loop& loop_;
    Desk& desk_;
    Events& events_;
    Job changed_;
    std::optional<DynamicConfig> config_;
    TimerId timer_;
    bool under_way_ = false;
    std::jthread worker_;
};

} // namespace interdict::daemon
