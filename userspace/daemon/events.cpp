// SPDX-License-Identifier: Apache-2.0
#include "daemon/events.h"

#include <array>

#include "base/clock.h"
#include "base/json.h"

namespace interdict::daemon {

std::string_view to_string(Severity severity)
{
    constexpr std::array<std::string_view, 4> kNames{"debug", "info", "warning", "error"};
    return kNames[static_cast<std::size_t>(severity)];
}

namespace {

ToldEvent told(Event event)
{
    const auto sequence = event.sequence;
    const Json json = {{"sequence", sequence},
                       {"time", format_timestamp(event.time)},
                       {"severity", to_string(event.severity)},
                       {"kind", std::move(event.kind)},
                       {"message", std::move(event.message)},
                       {"data", std::move(event.data)}};
    ToldEvent told{.sequence = sequence, .line = text_of(json)};
    told.line.shrink_to_fit();
    return told;
}

} // namespace

void Events::set_sink(Sink sink)
{
    const std::lock_guard lock(mutex_);
    sink_ = std::move(sink);
}

void Events::add(Severity severity, std::string kind, std::string message, Json data)
{
    Event event{.sequence = 0,
                .time = now(),
                .severity = severity,
                .kind = std::move(kind),
                .message = std::move(message),
                .data = std::move(data)};
    const std::lock_guard lock(mutex_);
    event.sequence = ++last_;
    ++tally_[{event.kind, severity}];
    if (sink_)
        sink_(event);
    events_.push_back(told(std::move(event)));
    if (events_.size() > kept_)
        events_.pop_front();
    more_.notify_all();
}

std::vector<ToldEvent> Events::after(std::uint64_t sequence, std::chrono::milliseconds wait)
{
    std::unique_lock lock(mutex_);
    more_.wait_for(lock, wait, [&] { return closed_ || last_ > sequence; });
    std::vector<ToldEvent> found;
    for (const auto& event : events_)
        if (event.sequence > sequence)
            found.push_back(event);
    return found;
}

std::uint64_t Events::last() const
{
    const std::lock_guard lock(mutex_);
    return last_;
}

Events::Tally Events::tally() const
{
    const std::lock_guard lock(mutex_);
    return tally_;
}

void Events::close()
{
    const std::lock_guard lock(mutex_);
    closed_ = true;
    more_.notify_all();
}

bool Events::closed() const
{
    const std::lock_guard lock(mutex_);
    return closed_;
}

} // namespace interdict::daemon
