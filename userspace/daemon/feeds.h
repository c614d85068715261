// SPDX-License-Identifier: Apache-2.0
//
// feeds.h: lists from outside, taken again and again. Fetching and reading is done beside the loop, taking on
// its thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "daemon/config.h"
#include "daemon/desk.h"
#include "daemon/events.h"
#include "daemon/lists.h"
#include "daemon/loop.h"

namespace interdict::daemon {

// All on the loop's thread.
class Feeds {
public:
    // changed: after a list was taken.
    Feeds(Loop& loop, Desk& desk, Events& events, Job changed)
        : loop_(loop), desk_(desk), events_(events), changed_(std::move(changed))
    {
    }
    // Ends fetches that are under way, and waits for that.
    ~Feeds();
    Feeds(const Feeds&) = delete;
    Feeds& operator=(const Feeds&) = delete;

    // Those of a new configuration, each at its time: an interval after it was tried last.
    void set(const std::vector<FeedConfig>& feeds);

    // Begins to fetch one now; what becomes of it is an event. False: there is none of this name.
    [[nodiscard]] bool fetch(const std::string& name);

    // Seconds from one fetch to the next, by name.
    [[nodiscard]] std::map<std::string, std::int64_t> intervals() const;
    // {NAME: {"next": TIME, "format", "fetching"}}
    [[nodiscard]] Json schedule() const;

private:
    struct Planned {
        FeedConfig feed;
        std::int64_t next = 0;
        TimerId timer;
        bool under_way = false;
    };
    using Arrived = std::shared_ptr<Delivery>;
    using Told = std::shared_ptr<Result<feed::ReportResult>>;

    void plan(Planned& planned, std::int64_t delay);
    void begin(Planned& planned);
    void end(const std::string& name, const Arrived& delivery);
    // An earlier list of it is in force.
    [[nodiscard]] bool kept(const std::string& name) const;
    void report(const std::string& name, const Arrived& delivery);
    void end_report(const std::string& name, const Arrived& delivery, const Result<feed::ReportResult>& told);
    // It is not under way any more; plans the next time.
    void finish(const std::string& name);

    Loop& loop_;
    Desk& desk_;
    Events& events_;
    Job changed_;
    std::map<std::string, Planned> planned_;
    std::stop_source stop_;
    std::map<std::string, std::jthread> working_; // by feed
    std::mt19937 random_{std::random_device{}()};
};

} // namespace interdict::daemon
