// SPDX-License-Identifier: Apache-2.0
//
// feeds.h: lists from outside, taken again and again. Fetching and reading is done beside the loop, taking on
// its thread.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "daemon/config.h"
#include "daemon/desk.h"
#include "daemon/events.h"
#include "daemon/loop.h"
#include "feed/list.h"
#include "feed/template.h"

namespace interdict::daemon {

// A list as it came.
struct FetchedList {
    feed::List list;
    std::string digest;                  // BLAKE2b-256 of its bytes
    std::optional<feed::Template> basis; // none for Native
    std::int64_t received = 0;
};

// From the network or the disk; changes nothing. Errors: no answer but 200, what feed::read() says.
[[nodiscard]] Result<FetchedList> fetch_list(const FeedConfig& feed, std::int64_t time);

// The feed's orders are now these, if its policy takes the list. A list that is not taken is noted as failed,
// and the one before it stays. Answer: docs/api.md.
[[nodiscard]] Reply take_list(Desk& desk, const FeedConfig& feed, FetchedList fetched);

// All on the loop's thread.
class Feeds {
public:
    // changed: after a list was taken.
    Feeds(Loop& loop, Desk& desk, Events& events, Job changed)
        : loop_(loop), desk_(desk), events_(events), changed_(std::move(changed))
    {
    }
    // Waits for fetches that are under way.
    ~Feeds() = default;
    Feeds(const Feeds&) = delete;
    Feeds& operator=(const Feeds&) = delete;

    // Those of a new configuration, each at its time: an interval after it was tried last.
    void set(const std::vector<FeedConfig>& feeds);

    // Begins to fetch one now; what becomes of it is an event. False: there is none of this name.
    [[nodiscard]] bool fetch(const std::string& name);

    // When each is fetched next.
    [[nodiscard]] Json schedule() const;

private:
    struct Planned {
        FeedConfig feed;
        std::int64_t next = 0;
        TimerId timer;
        bool under_way = false;
    };

    void plan(Planned& planned, std::int64_t delay);
    void begin(Planned& planned);
    void end(const std::string& name, Result<FetchedList> fetched);

    Loop& loop_;
    Desk& desk_;
    Events& events_;
    Job changed_;
    std::map<std::string, Planned> planned_;
    std::map<std::string, std::jthread> fetching_;
    std::mt19937 random_{std::random_device{}()};
};

} // namespace interdict::daemon
