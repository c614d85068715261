// SPDX-License-Identifier: Apache-2.0
//
// seats.h: the threads that serve connections, one each, as many as there are connections.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include <httplib.h>

namespace interdict::daemon::api {

// The thread that was busy last is the first to be busy again, and one that nobody has needed for a while
// ends: each keeps pages of its stack and free memory of its own for as long as it lives.
class Seats final : public httplib::TaskQueue {
public:
    // seats: at most so many at a time.
    explicit Seats(std::size_t seats, std::chrono::milliseconds idle = std::chrono::seconds(10))
        : seats_(seats), idle_(idle)
    {
    }
    ~Seats() override { shutdown(); }
    Seats(const Seats&) = delete;
    Seats& operator=(const Seats&) = delete;

    // Without a free seat serve() is called at once, by this thread, which turning_away() then says. Not
    // after shutdown().
    void enqueue(std::function<void()> serve) override;
    // Waits for what is being served.
    void shutdown() override;

    [[nodiscard]] static bool turning_away();

    struct Taken {
        std::size_t threads = 0;
        std::size_t waiting = 0; // of them
        bool operator==(const Taken&) const = default;
    };
    [[nodiscard]] Taken taken() const;

private:
    struct Worker {
        std::condition_variable wake{};
        std::function<void()> job{};
        std::thread thread{};
    };
    using Workers = std::list<Worker>;

    // False: there is neither a free seat nor a thread for another one.
    bool seat(std::function<void()>& serve);
    void work(Workers::iterator self);
    // With the lock held. False: the thread is to end.
    bool wait_for_job(std::unique_lock<std::mutex>& lock, Worker& self);

    const std::size_t seats_;
    const std::chrono::milliseconds idle_;
    mutable std::mutex mutex_; // what follows
    Workers workers_;
    Workers ended_;                // to be joined
    std::vector<Worker*> waiting_; // the one that was busy last is the last
    bool closing_ = false;
};

} // namespace interdict::daemon::api
