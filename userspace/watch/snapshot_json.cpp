// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "watch/observe.h"

#include "base/json.h"

namespace interdict::watch {

namespace {

// Sorted keys: the same snapshot is the same text.
using Sorted = nlohmann::json;

Sorted stored(const Track& track)
{
    Sorted values = Sorted::object();
    for (const auto& [value, seen] : track.values)
        values[value] = {seen.first, seen.last, seen.since, seen.checks};
    return {{"began", track.began},
            {"last", track.last},
            {"scattered", track.scattered},
            {"values", values},
            {"rest", track.rest}};
}

Sorted stored(const Run& run) { return {run.since, run.last, run.checks}; }

Sorted stored(const View& view)
{
    return {{"resolver", view.resolver},
            {"verdict", static_cast<int>(view.verdict)},
            {"rcode", view.rcode},
            {"why", view.why},
            {"ipv4", view.ipv4},
            {"ipv6", view.ipv6},
            {"chain", view.chain},
            {"name_servers", view.name_servers},
            {"soa", view.soa},
            {"mx", view.mx},
            {"ttl", view.ttl}};
}

Track track_of(const Sorted& json)
{
    Track track;
    track.began = json.at("began");
    track.last = json.at("last");
    track.scattered = json.at("scattered");
    track.rest = json.at("rest").get<std::set<std::string>>();
    for (const auto& [value, seen] : json.at("values").items())
        track.values[value] = {
            .first = seen.at(0), .last = seen.at(1), .since = seen.at(2), .checks = seen.at(3)};
    return track;
}

Run run_of(const Sorted& json) { return {.since = json.at(0), .last = json.at(1), .checks = json.at(2)}; }

View view_of(const Sorted& json)
{
    View view{.resolver = json.at("resolver"), .rcode = json.at("rcode"), .why = json.at("why")};
    view.verdict = static_cast<Verdict>(json.at("verdict").get<int>());
    view.ipv4 = json.at("ipv4").get<std::set<std::string>>();
    view.ipv6 = json.at("ipv6").get<std::set<std::string>>();
    view.chain = json.at("chain").get<std::vector<std::string>>();
    view.name_servers = json.at("name_servers").get<std::set<std::string>>();
    view.soa = json.at("soa");
    view.mx = json.at("mx").get<std::set<std::string>>();
    view.ttl = json.at("ttl");
    return view;
}

Snapshot snapshot_of(const Sorted& json)
{
    Snapshot snapshot;
    snapshot.name = json.at("name");
    snapshot.tried = json.at("tried");
    snapshot.checked = json.at("checked");
    snapshot.state = static_cast<Agreed::State>(json.at("state").get<int>());
    snapshot.rcode = json.at("rcode");
    snapshot.why = json.at("why");
    snapshot.ipv4 = track_of(json.at("ipv4"));
    snapshot.ipv6 = track_of(json.at("ipv6"));
    snapshot.canonical = track_of(json.at("canonical"));
    snapshot.name_servers = track_of(json.at("name_servers"));
    snapshot.gone = run_of(json.at("gone"));
    snapshot.taken = run_of(json.at("taken"));
    snapshot.taken_kind = static_cast<Takeover>(json.at("taken_kind").get<int>());
    snapshot.taken_by = json.at("taken_by");
    snapshot.taken_how = json.at("taken_how");
    for (const auto& change : json.at("changes"))
        snapshot.changes.push_back({.time = change.at("time"),
                                    .what = change.at("what"),
                                    .before = change.at("before").get<std::set<std::string>>(),
                                    .after = change.at("after").get<std::set<std::string>>()});
    for (const auto& view : json.at("views"))
        snapshot.views.push_back(view_of(view));
    return snapshot;
}

} // namespace

std::string write_snapshot(const Snapshot& snapshot)
{
    Sorted changes = Sorted::array();
    for (const auto& change : snapshot.changes)
        changes.push_back({{"time", change.time},
                           {"what", change.what},
                           {"before", change.before},
                           {"after", change.after}});
    Sorted views = Sorted::array();
    for (const auto& view : snapshot.views)
        views.push_back(stored(view));
    const Sorted json = {{"name", snapshot.name},
                         {"tried", snapshot.tried},
                         {"checked", snapshot.checked},
                         {"state", static_cast<int>(snapshot.state)},
                         {"rcode", snapshot.rcode},
                         {"why", snapshot.why},
                         {"ipv4", stored(snapshot.ipv4)},
                         {"ipv6", stored(snapshot.ipv6)},
                         {"canonical", stored(snapshot.canonical)},
                         {"name_servers", stored(snapshot.name_servers)},
                         {"gone", stored(snapshot.gone)},
                         {"taken", stored(snapshot.taken)},
                         {"taken_kind", static_cast<int>(snapshot.taken_kind)},
                         {"taken_by", snapshot.taken_by},
                         {"taken_how", snapshot.taken_how},
                         {"changes", changes},
                         {"views", views}};
    return text_of(json);
}

Result<Snapshot> read_snapshot(std::string_view json)
{
    try {
        return snapshot_of(Sorted::parse(json));
    } catch (const Sorted::exception& error) {
        return fail("an observation in the book cannot be read: {}", error.what());
    }
}

} // namespace interdict::watch
