// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/seats.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace interdict::daemon::api {

namespace {

thread_local bool turns_away = false;

} // namespace

bool Seats::turning_away() { return turns_away; }

void Seats::enqueue(std::function<void()> serve)
{
    if (seat(serve))
        return;
    turns_away = true;
    serve();
    turns_away = false;
}

bool Seats::seat(std::function<void()>& serve)
{
    const std::lock_guard lock(mutex_);
    for (auto& worker : ended_) // they have let go of the lock, and do nothing more
        worker.thread.join();
    ended_.clear();
    if (!waiting_.empty()) {
        Worker& worker = *waiting_.back();
        waiting_.pop_back();
        worker.job = std::move(serve);
        worker.wake.notify_one();
        return true;
    }
    if (workers_.size() >= seats_)
        return false;
    const auto worker = workers_.emplace(workers_.end());
    worker->job = std::move(serve);
    try {
        worker->thread = std::thread([this, worker] { work(worker); });
    } catch (const std::system_error&) { // no more threads for this process
        serve = std::move(worker->job);
        workers_.erase(worker);
        return false;
    }
    return true;
}

void Seats::work(Workers::iterator self)
{
    std::unique_lock lock(mutex_);
    do {
        auto job = std::exchange(self->job, nullptr);
        lock.unlock();
        job();
        job = nullptr;
        lock.lock();
    } while (wait_for_job(lock, *self));
    if (!closing_)
        ended_.splice(ended_.end(), workers_, self);
}

bool Seats::wait_for_job(std::unique_lock<std::mutex>& lock, Worker& self)
{
    if (closing_)
        return false;
    waiting_.push_back(&self);
    self.wake.wait_for(lock, idle_, [&] { return self.job || closing_; });
    if (!self.job)
        std::erase(waiting_, &self);
    return static_cast<bool>(self.job);
}

void Seats::shutdown()
{
    Workers all;
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
        for (auto& worker : workers_)
            worker.wake.notify_one();
        all.splice(all.end(), workers_);
        all.splice(all.end(), ended_);
    }
    for (auto& worker : all)
        worker.thread.join();
}

Seats::Taken Seats::taken() const
{
    const std::lock_guard lock(mutex_);
    return {.threads = workers_.size(), .waiting = waiting_.size()};
}

} // namespace interdict::daemon::api
