// SPDX-License-Identifier: Apache-2.0
#include "daemon/loop.h"

#include <ctime>
#include <vector>

#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace interdict::daemon {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000; // nanoseconds
// A timer of the wall clock is always armed: only then does the kernel tell that the clock was set.
constexpr std::int64_t kNever = std::int64_t{1} << 61;

std::int64_t time_of(int clock)
{
    timespec time = {};
    ::clock_gettime(clock, &time);
    return time.tv_sec * kSecond + time.tv_nsec;
}

} // namespace

Result<std::unique_ptr<Loop>> Loop::make(std::span<const int> signals)
{
    std::unique_ptr<Loop> loop(new Loop);
    INTERDICT_CHECK(loop->open(signals));
    return loop;
}

Loop::~Loop() = default;

Result<void> Loop::open(std::span<const int> signals)
{
    const auto own = [](Fd& fd, int opened, const char* what) -> Result<void> {
        if (opened < 0)
            return fail_errno(errno, "{}", what);
        fd = Fd(opened);
        return {};
    };
    INTERDICT_CHECK(own(epoll_, ::epoll_create1(EPOLL_CLOEXEC), "epoll_create1"));
    INTERDICT_CHECK(own(wake_, ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd"));
    INTERDICT_CHECK(watch_own(wake_.get(), &Loop::take_jobs));
    clocks_[kMonotonic].id = CLOCK_MONOTONIC;
    clocks_[kWall].id = CLOCK_REALTIME;
    for (auto& clock : clocks_)
        INTERDICT_CHECK(
            own(clock.timer, ::timerfd_create(clock.id, TFD_CLOEXEC | TFD_NONBLOCK), "timerfd_create"));
    INTERDICT_CHECK(watch_own(clocks_[kMonotonic].timer.get(), &Loop::fire_monotonic));
    INTERDICT_CHECK(watch_own(clocks_[kWall].timer.get(), &Loop::fire_wall));
    arm(kWall);
    if (signals.empty())
        return {};
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : signals)
        sigaddset(&set, signal);
    if (const int error = ::pthread_sigmask(SIG_BLOCK, &set, nullptr); error != 0)
        return fail_errno(error, "pthread_sigmask");
    INTERDICT_CHECK(own(signals_, ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd"));
    return watch_own(signals_.get(), &Loop::take_signals);
}

Result<void> Loop::watch_own(int fd, void (Loop::*ready)())
{
    return watch(fd, EPOLLIN, [this, ready](std::uint32_t) { (this->*ready)(); });
}

Result<void> Loop::watch(int fd, std::uint32_t events, std::function<void(std::uint32_t)> ready)
{
    epoll_event event = {};
    event.events = events;
    event.data.fd = fd;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
        return fail_errno(errno, "epoll_ctl");
    watched_[fd] = std::make_shared<std::function<void(std::uint32_t)>>(std::move(ready));
    return {};
}

void Loop::unwatch(int fd)
{
    if (watched_.erase(fd) != 0)
        static_cast<void>(::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr));
}

Result<void> Loop::run()
{
    std::array<epoll_event, 32> events;
    const auto stopping = [&] {
        const std::lock_guard lock(mutex_);
        return stopping_;
    };
    while (!stopping()) {
        const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), -1);
        if (count < 0 && errno != EINTR)
            return fail_errno(errno, "epoll_wait");
        for (int i = 0; i < count; ++i) {
            const auto& event = events[static_cast<std::size_t>(i)];
            // Whoever was called before may have taken this one away.
            if (const auto found = watched_.find(event.data.fd); found != watched_.end()) {
                const auto ready = found->second;
                (*ready)(event.events);
            }
        }
    }
    std::deque<Job> left;
    const std::lock_guard lock(mutex_);
    left.swap(jobs_);
    return {};
}

void Loop::post(Job job)
{
    {
        const std::lock_guard lock(mutex_);
        if (stopping_)
            return; // dropped
        jobs_.push_back(std::move(job));
    }
    wake();
}

void Loop::stop()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake();
}

void Loop::wake()
{
    const std::uint64_t one = 1;
    // A full counter wakes, too.
    static_cast<void>(!::write(wake_.get(), &one, sizeof(one)));
}

// One at a time, so that timers and signals are not kept waiting by a long queue.
void Loop::take_jobs()
{
    std::uint64_t count = 0;
    static_cast<void>(!::read(wake_.get(), &count, sizeof(count)));
    Job job;
    bool more = false;
    {
        const std::lock_guard lock(mutex_);
        if (jobs_.empty() || stopping_)
            return;
        job = std::move(jobs_.front());
        jobs_.pop_front();
        more = !jobs_.empty();
    }
    if (more)
        wake();
    job();
}

TimerId Loop::add(std::uint8_t clock, std::int64_t due, Job job)
{
    const TimerId id{clock, due, ++timers_made_};
    clocks_[clock].timers.emplace(std::pair(id.due, id.number), std::move(job));
    arm(clock);
    return id;
}

TimerId Loop::after(std::chrono::nanoseconds delay, Job job)
{
    return add(kMonotonic, time_of(CLOCK_MONOTONIC) + delay.count(), std::move(job));
}

TimerId Loop::at(std::int64_t second, Job job)
{
    return add(kWall, std::min(second, kNever / kSecond) * kSecond, std::move(job));
}

void Loop::cancel(const TimerId& timer)
{
    if (clocks_[timer.clock].timers.erase({timer.due, timer.number}) != 0)
        arm(timer.clock);
}

void Loop::arm(std::uint8_t clock)
{
    const auto& [id, timer, timers] = clocks_[clock];
    itimerspec when = {};
    if (!timers.empty() || clock == kWall) {
        // Zero would disarm it.
        const auto due = std::max<std::int64_t>(timers.empty() ? kNever : timers.begin()->first.first, 1);
        when.it_value = {due / kSecond, due % kSecond};
    }
    const int flags = TFD_TIMER_ABSTIME | (clock == kWall ? TFD_TIMER_CANCEL_ON_SET : 0);
    static_cast<void>(::timerfd_settime(timer.get(), flags, &when, nullptr));
}

void Loop::fire(std::uint8_t clock)
{
    std::uint64_t count = 0;
    const bool was_set = ::read(clocks_[clock].timer.get(), &count, sizeof(count)) < 0 && errno == ECANCELED;
    auto& timers = clocks_[clock].timers;
    const auto time = time_of(clocks_[clock].id);
    if (was_set && clock_job_)
        clock_job_();
    // One may cancel another that is due as well. Those that are made now wait for their turn, lest one that
    // makes itself again keeps everything else waiting.
    const auto made = timers_made_;
    for (auto next = timers.begin(); next != timers.end() && next->first.first <= time;) {
        if (next->first.second > made) {
            ++next;
            continue;
        }
        const Job job = std::move(next->second);
        timers.erase(next);
        job();
        next = timers.begin();
    }
    arm(clock);
}

void Loop::take_signals()
{
    signalfd_siginfo info = {};
    while (::read(signals_.get(), &info, sizeof(info)) == static_cast<ssize_t>(sizeof(info)))
        if (const auto job = signal_jobs_.find(static_cast<int>(info.ssi_signo)); job != signal_jobs_.end())
            job->second();
}

} // namespace interdict::daemon
