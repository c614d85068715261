// SPDX-License-Identifier: Apache-2.0
//
// events.h: what has happened lately, for who listens and for the log.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "daemon/line_ring.h"

namespace interdict::daemon {

using Json = nlohmann::ordered_json;

enum class Severity : std::uint8_t { Debug, Info, Warning, Error };

struct Event {
    std::uint64_t sequence = 0; // from 1, without gaps
    std::int64_t time = 0;      // seconds since the epoch
    Severity severity = Severity::Info;
    std::string kind; // docs/api.md has the list
    std::string message;
    Json data; // an object, or null
};

[[nodiscard]] std::string_view to_string(Severity severity);

// An event as it is told: `line` is a JSON object, without the end of line.
struct ToldEvent {
    std::uint64_t sequence = 0;
    std::string line;
};

// The oldest go. From any thread.
class Events {
public:
    using Sink = std::function<void(const Event&)>;

    explicit Events(std::size_t kept = 1024, std::size_t bytes = std::size_t{512} << 10) : kept_(kept, bytes)
    {
    }

    // Is told of every event, by the thread that adds it.
    void set_sink(Sink sink);

    void add(Severity severity, std::string kind, std::string message, Json data = nullptr);

    // Those after a sequence number that are still kept. If there is none, waits for one, at most so long.
    [[nodiscard]] std::vector<ToldEvent> after(std::uint64_t sequence, std::chrono::milliseconds wait);
    [[nodiscard]] std::uint64_t last() const;
    // How many there were of each kind and severity, those that have gone from the ring too.
    using Tally = std::map<std::pair<std::string, Severity>, std::uint64_t>;
    [[nodiscard]] Tally tally() const;

    // Nobody waits any more.
    void close();
    [[nodiscard]] bool closed() const;

private:
    mutable std::mutex mutex_; // what follows
    LineRing kept_;
    std::condition_variable more_;
    std::uint64_t last_ = 0;
    Tally tally_;
    bool closed_ = false;
    Sink sink_;
};

} // namespace interdict::daemon
