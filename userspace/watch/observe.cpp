// SPDX-License-Identifier: Apache-2.0
#include "watch/observe.h"

#include <algorithm>

namespace interdict::watch {

namespace {

void forget(Track& track)
{
    std::erase_if(track.values, [&](const auto& entry) { return entry.second.last < track.last - kMemory; });
    while (track.values.size() > kValuesMax + 1)
        track.values.erase(std::ranges::min_element(
            track.values, {}, [](const auto& entry) { return std::pair(entry.second.last, entry.first); }));
}

void follow(Track& track, const Agreed::Values& agreed, std::int64_t time)
{
    const std::int64_t latest = track.last;
    if (track.began == 0)
        track.began = time;
    track.last = time;
    if (agreed.scattered)
        track.scattered = time;
    for (const auto& value : agreed.values) {
        auto [at, fresh] = track.values.try_emplace(value, Seen{.first = time, .since = time});
        Seen& seen = at->second;
        if (!fresh && seen.last != latest) {
            seen.since = time;
            seen.checks = 0;
        }
        seen.last = time;
        ++seen.checks;
    }
    forget(track);
}

void note(Snapshot& snapshot, std::string_view what, std::set<std::string> before,
          std::set<std::string> after)
{
    snapshot.changes.push_back({snapshot.checked, std::string(what), std::move(before), std::move(after)});
    if (snapshot.changes.size() > kChangesMax)
        snapshot.changes.erase(snapshot.changes.begin());
}

void settle(Snapshot& snapshot, Track& track, std::string_view what, const Patience& patience)
{
    if (!at_rest(track, patience))
        return;
    auto now = present(track);
    if (now == track.rest)
        return;
    // The first rest is where the watch begins, unless it began with something else.
    const bool first = track.rest.empty() &&
                       std::ranges::none_of(now, [&](const auto& value) { return is_new(track, value); });
    if (!first) {
        auto before = track.rest;
        if (before.empty())
            for (const auto& [value, seen] : track.values)
                if (seen.first == track.began)
                    before.insert(value);
        note(snapshot, what, std::move(before), now);
    }
    track.rest = std::move(now);
}

void extend(Run& run, std::int64_t time)
{
    if (run.checks == 0)
        run.since = time;
    run.last = time;
    ++run.checks;
}

void look_for_banner(Snapshot& snapshot, const Agreed& agreed, std::int64_t time, const Settings& settings)
{
    Standing standing{agreed.name_servers.values, agreed.canonical.values, agreed.ipv4.values};
    standing.addresses.insert(agreed.ipv6.values.begin(), agreed.ipv6.values.end());
    const auto hit = find_banner(standing, settings.banners);
    if (!hit || hit->banner->label != snapshot.taken_by)
        snapshot.taken = {};
    snapshot.taken_by = hit ? hit->banner->label : std::string();
    snapshot.taken_how = hit ? hit->by : std::string();
    if (hit) {
        snapshot.taken_kind = hit->banner->kind;
        extend(snapshot.taken, time);
    }
}

} // namespace

bool at_rest(const Track& track, const Patience& patience)
{
    const std::int64_t window = track.last - patience.seconds;
    if (track.began == 0 || track.values.size() > kValuesMax ||
        (track.scattered != 0 && track.scattered >= window))
        return false;
    return std::ranges::all_of(track.values, [&](const auto& entry) {
        const Seen& seen = entry.second;
        return seen.last < window ||
               (seen.last == track.last && seen.since <= window && seen.checks >= patience.checks);
    });
}

std::set<std::string> present(const Track& track)
{
    std::set<std::string> values;
    for (const auto& [value, seen] : track.values)
        if (seen.last == track.last)
            values.insert(value);
    return values;
}

bool is_new(const Track& track, const std::string& value)
{
    const auto found = track.values.find(value);
    return found != track.values.end() && found->second.first > track.began;
}

bool lasts(const Run& run, const Patience& patience)
{
    return run.checks >= patience.checks && run.last - run.since >= patience.seconds;
}

Snapshot observe(Snapshot snapshot, const Survey& survey, std::int64_t time, const Settings& settings)
{
    const Agreed agreed = agree(survey, settings.quorum);
    snapshot.name = survey.name;
    snapshot.tried = time;
    snapshot.why = agreed.why;
    snapshot.views = survey.views;
    if (agreed.state == Agreed::State::Undecided)
        return snapshot;
    const auto before = snapshot.state;
    snapshot.checked = time;
    snapshot.state = agreed.state;
    snapshot.rcode = agreed.rcode;
    if (before != Agreed::State::Undecided && before != agreed.state)
        note(snapshot, "state", {std::string(to_string(before))}, {std::string(to_string(agreed.state))});
    if (agreed.state == Agreed::State::Gone) {
        extend(snapshot.gone, time);
        snapshot.taken = {};
        snapshot.taken_by.clear();
        snapshot.taken_how.clear();
        return snapshot;
    }
    snapshot.gone = {};
    follow(snapshot.ipv4, agreed.ipv4, time);
    follow(snapshot.ipv6, agreed.ipv6, time);
    follow(snapshot.canonical, agreed.canonical, time);
    // No name servers: the question for them failed, which says nothing about them.
    if (!agreed.name_servers.values.empty())
        follow(snapshot.name_servers, agreed.name_servers, time);
    settle(snapshot, snapshot.ipv4, "ipv4", settings.settled);
    settle(snapshot, snapshot.ipv6, "ipv6", settings.settled);
    settle(snapshot, snapshot.canonical, "alias", settings.settled);
    settle(snapshot, snapshot.name_servers, "name servers", settings.settled);
    look_for_banner(snapshot, agreed, time, settings);
    return snapshot;
}

} // namespace interdict::watch
