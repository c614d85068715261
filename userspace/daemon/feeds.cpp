// SPDX-License-Identifier: Apache-2.0
#include "daemon/feeds.h"

#include <algorithm>

#include "base/clock.h"

namespace interdict::daemon {

namespace {

constexpr std::int64_t kSoon = 1; // seconds after the start, if it is over time

} // namespace

Feeds::~Feeds() { stop_.request_stop(); }

void Feeds::set(const std::vector<FeedConfig>& feeds)
{
    for (const auto& [name, planned] : planned_)
        loop_.cancel(planned.timer);
    auto before = std::exchange(planned_, {});
    for (const auto& feed : feeds) {
        auto& planned = planned_[feed.name];
        planned.feed = feed;
        const auto was = before.find(feed.name);
        planned.under_way = was != before.end() && was->second.under_way;
        const auto state = desk_.book().feeds().find(feed.name);
        const auto last = state && *state ? std::max((*state)->fetched, (*state)->failed) : 0;
        plan(planned, std::max(kSoon, last + feed.interval - now()));
    }
}

void Feeds::plan(Planned& planned, std::int64_t delay)
{
    // Others poll the same source at the same full hours.
    if (planned.feed.jitter > 0)
        delay += std::uniform_int_distribution<std::int64_t>(0, planned.feed.jitter)(random_);
    planned.next = now() + delay;
    planned.timer = loop_.after(std::chrono::seconds(delay),
                                [this, name = planned.feed.name] { static_cast<void>(fetch(name)); });
}

bool Feeds::fetch(const std::string& name)
{
    const auto found = planned_.find(name);
    if (found == planned_.end())
        return false;
    loop_.cancel(found->second.timer);
    if (!found->second.under_way)
        begin(found->second);
    return true;
}

void Feeds::begin(Planned& planned)
{
    planned.under_way = true;
    working_[planned.feed.name] =
        std::jthread([this, feed = planned.feed, state = desk_.state(), stop = stop_.get_token()] {
            const auto delivery = std::make_shared<Delivery>(fetch_list(feed, state, now(), stop));
            loop_.post([this, name = feed.name, delivery] { end(name, delivery); });
        });
}

void Feeds::end(const std::string& name, const Arrived& delivery)
{
    const auto found = planned_.find(name);
    if (found == planned_.end()) {
        working_.erase(name);
        events_.add(Severity::Warning, "feed-failed",
                    fmt::format("feed {}: not in the configuration any more; what came was not taken", name),
                    {{"feed", name}, {"kept", kept(name)}});
        return;
    }
    for (const auto& warning : delivery->warnings)
        events_.add(Severity::Warning, "warning", fmt::format("feed {}: {}", name, warning),
                    {{"feed", name}});
    const book::Act act{
        .actor = delivery->import.origin(), .reason = delivery->import.reason(), .document = {}, .time = 0};
    const auto done = take_list(desk_, act, *delivery, false);
    if (done)
        events_.add(Severity::Info, "feed", (*done)["summary"].get<std::string>(),
                    {{"feed", name}, {"outcome", (*done)["outcome"]}});
    else
        events_.add(Severity::Error, "feed-failed", done.error().message,
                    {{"feed", name}, {"kept", kept(name)}});
    if (done && delivery->shield && found->second.feed.report)
        report(name, delivery);
    else
        finish(name);
    changed_();
}

bool Feeds::kept(const std::string& name) const
{
    const auto state = desk_.book().feeds().find(name);
    return state && *state && (*state)->fetched != 0;
}

void Feeds::report(const std::string& name, const Arrived& delivery)
{
    working_[name] = std::jthread([this, name, delivery, state = desk_.state()] {
        const Told told = std::make_shared<Result<feed::ReportResult>>(report_list(*delivery, state));
        loop_.post([this, name, delivery, told] { end_report(name, delivery, *told); });
    });
}

void Feeds::end_report(const std::string& name, const Arrived& delivery,
                       const Result<feed::ReportResult>& told)
{
    Result<void> noted;
    const auto state = desk_.book().feeds().find(name);
    // Another list may have been handed over meanwhile.
    if (told && state && *state && (*state)->digest == delivery->import.digest)
        noted = control::note_taken(desk_.book(), delivery->import);
    const auto fail = [&](const std::string& why) {
        events_.add(Severity::Error, "report-failed", fmt::format("feed {}: {}", name, why),
                    {{"feed", name}});
    };
    if (!told || !noted)
        fail(told ? noted.error().message : told.error().message);
    if (told) {
        for (const auto& failed : told->failed)
            fail(failed);
        events_.add(Severity::Info, "reported",
                    fmt::format("feed {}: told the authority: {} processed, {} unprocessed, {} too late, {} "
                                "refused",
                                name, told->processed, told->unprocessed, told->late.size(),
                                told->failed.size()),
                    {{"feed", name},
                     {"processed", told->processed},
                     {"unprocessed", told->unprocessed},
                     {"late", told->late},
                     {"failed", told->failed}});
    }
    finish(name);
}

void Feeds::finish(const std::string& name)
{
    working_.erase(name);
    const auto found = planned_.find(name);
    if (found == planned_.end())
        return;
    found->second.under_way = false;
    plan(found->second, found->second.feed.interval);
}

std::map<std::string, std::int64_t> Feeds::intervals() const
{
    std::map<std::string, std::int64_t> intervals;
    for (const auto& [name, planned] : planned_)
        intervals.emplace(name, planned.feed.interval);
    return intervals;
}

Json Feeds::schedule() const
{
    Json json = Json::object();
    for (const auto& [name, planned] : planned_)
        json[name] = {{"next", format_timestamp(planned.next)},
                      {"format", feed::to_string(planned.feed.format)},
                      {"fetching", planned.under_way}};
    return json;
}

} // namespace interdict::daemon
