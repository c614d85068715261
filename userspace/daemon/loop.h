// SPDX-License-Identifier: Apache-2.0
//
// loop.h: one thread that does everything that changes anything: descriptors, timers, signals, and jobs that
// other threads hand to it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

#include "base/fd.h"
#include "base/result.h"

namespace interdict::daemon {

using Job = std::function<void()>;

// A timer that has not fired yet.
struct TimerId {
    std::uint8_t clock = 0;
    std::int64_t due = 0; // nanoseconds of its clock
    std::uint64_t number = 0;
};

class Loop {
public:
    // Blocks these signals in the calling thread, and so in all that it starts: make the loop first.
    [[nodiscard]] static Result<std::unique_ptr<Loop>> make(std::span<const int> signals = {});
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    ~Loop();

    // Until stop(). Jobs that are left then are dropped, and whoever waits for one is told.
    [[nodiscard]] Result<void> run();

    // From any thread, in the order of posting; not before run().
    void post(Job job);
    void stop();

    // Does it on the loop's thread and waits for its value; nothing if the loop ended before. Not from the
    // loop's own thread.
    template <class Work>
    [[nodiscard]] auto call(Work work) -> std::optional<std::invoke_result_t<Work>>
    {
        using Value = std::invoke_result_t<Work>;
        auto promise = std::make_shared<std::promise<Value>>();
        auto value = promise->get_future();
        post([promise, work = std::make_shared<Work>(std::move(work))] { promise->set_value((*work)()); });
        promise.reset();
        try {
            return value.get();
        } catch (const std::future_error&) { // the job was dropped
            return std::nullopt;
        }
    }

    // The rest is for the loop's thread, or before run().

    // events: EPOLLIN and so on. The descriptor must stay open until unwatch().
    [[nodiscard]] Result<void> watch(int fd, std::uint32_t events, std::function<void(std::uint32_t)> ready);
    void unwatch(int fd);

    // After a time that clock steps do not change.
    TimerId after(std::chrono::nanoseconds delay, Job job);
    // At a second of the wall clock, also if that is set forward past it; at once if it is over.
    TimerId at(std::int64_t second, Job job);
    // No error if it has fired.
    void cancel(const TimerId& timer);

    void on_signal(int signal, Job job) { signal_jobs_[signal] = std::move(job); }
    // Somebody has set the wall clock.
    void on_clock_set(Job job) { clock_job_ = std::move(job); }

private:
    // Timers of one clock.
    struct Clock {
        int id = 0;
        Fd timer;
        std::map<std::pair<std::int64_t, std::uint64_t>, Job> timers;
    };
    enum : std::uint8_t { kMonotonic, kWall, kClocks };

    Loop() = default;

    [[nodiscard]] Result<void> open(std::span<const int> signals);
    [[nodiscard]] Result<void> watch_own(int fd, void (Loop::*ready)());
    TimerId add(std::uint8_t clock, std::int64_t due, Job job);
    void arm(std::uint8_t clock);
    void fire(std::uint8_t clock);
    void fire_monotonic() { fire(kMonotonic); }
    void fire_wall() { fire(kWall); }
    void take_signals();
    void take_jobs();
    void wake();

    Fd epoll_;
    Fd wake_;
    Fd signals_;
    std::array<Clock, kClocks> clocks_;
    std::uint64_t timers_made_ = 0;
    std::map<int, std::shared_ptr<std::function<void(std::uint32_t)>>> watched_;
    std::map<int, Job> signal_jobs_;
    Job clock_job_;

    std::mutex mutex_; // what follows
    std::deque<Job> jobs_;
    bool stopping_ = false;
};

} // namespace interdict::daemon
