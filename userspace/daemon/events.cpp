// SPDX-License-Identifier: Apache-2.0
#include "daemon/events.h"

#include <algorithm>
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

constexpr std::size_t kLineMax = std::size_t{64} << 10;
constexpr std::size_t kMessageMax = std::size_t{8}
                                    << 10; // of a longer line; escaped it is at most six times that

std::string line_of(const Event& event)
{
    return text_of(Json{{"sequence", event.sequence},
                        {"time", format_timestamp(event.time)},
                        {"severity", to_string(event.severity)},
                        {"kind", event.kind},
                        {"message", event.message},
                        {"data", event.data}});
}

std::string kept_line(Event event)
{
    auto line = line_of(event);
    if (line.size() <= kLineMax)
        return line;
    event.data = nullptr;
    if (event.message.size() > kMessageMax)
        event.message.replace(kMessageMax, std::string::npos, "...");
    return line_of(event);
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
    kept_.push(kept_line(std::move(event)));
    more_.notify_all();
}

std::vector<ToldEvent> Events::after(std::uint64_t sequence, std::chrono::milliseconds wait)
{
    std::unique_lock lock(mutex_);
    more_.wait_for(lock, wait, [&] { return closed_ || last_ > sequence; });
    std::vector<ToldEvent> found;
    const auto oldest = last_ - kept_.size() + 1;
    for (auto next = std::max(sequence + 1, oldest); next <= last_; ++next)
        found.push_back({next, kept_.at(next - oldest)});
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
