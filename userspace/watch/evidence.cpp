// SPDX-License-Identifier: Apache-2.0
#include "watch/evidence.h"

#include <nlohmann/json.hpp>

#include "base/clock.h"

namespace interdict::watch {

namespace {

Json to_json(const View& view)
{
    Json json = {{"resolver", view.resolver}, {"rcode", view.rcode}};
    if (!view.why.empty())
        json["no_vote"] = view.why;
    if (view.verdict == Verdict::Alive) {
        json["ipv4"] = view.ipv4;
        json["ipv6"] = view.ipv6;
        json["aliases"] = view.chain;
        json["ttl"] = view.ttl;
    }
    json["name_servers"] = view.name_servers;
    if (!view.soa.empty())
        json["soa"] = view.soa;
    if (!view.mx.empty())
        json["mx"] = view.mx;
    return json;
}

Json to_json(const Change& change)
{
    return {{"time", format_timestamp(change.time)},
            {"what", change.what},
            {"before", change.before},
            {"after", change.after}};
}

Json to_json(const Track& track)
{
    Json values = Json::object();
    for (const auto& [value, seen] : track.values) {
        values[value] = to_json(seen);
        values[value]["present"] = seen.last == track.last;
    }
    return values;
}

Json views_of(const Snapshot& snapshot)
{
    Json views = Json::array();
    for (const auto& view : snapshot.views)
        views.push_back(to_json(view));
    return views;
}

Json changes_of(const Snapshot& snapshot)
{
    Json changes = Json::array();
    for (const auto& change : snapshot.changes)
        changes.push_back(to_json(change));
    return changes;
}

} // namespace

Json evidence_of(std::string_view finding, const Snapshot& snapshot, const Settings& settings,
                 const Patience& patience)
{
    return {{"finding", finding},
            {"name", snapshot.name},
            {"observed", format_timestamp(snapshot.checked)},
            {"thresholds",
             {{"quorum", settings.quorum},
              {"resolvers", settings.resolvers.size()},
              {"checks", patience.checks},
              {"for", format_duration(patience.seconds)}}},
            {"views", views_of(snapshot)},
            {"changes", changes_of(snapshot)}};
}

Json to_json(const Run& run)
{
    return {
        {"since", format_timestamp(run.since)}, {"last", format_timestamp(run.last)}, {"checks", run.checks}};
}

Json to_json(const Seen& seen)
{
    return {{"first", format_timestamp(seen.first)},
            {"last", format_timestamp(seen.last)},
            {"without_break_since", format_timestamp(seen.since)},
            {"checks", seen.checks}};
}

Json to_json(const guard::Finding& finding)
{
    return {{"why", guard::to_string(finding.why)},
            {"list", finding.list},
            {"entry", finding.entry},
            {"reason", finding.reason}};
}

Json to_json(const Snapshot& snapshot)
{
    Json json = {{"name", snapshot.name},
                 {"state", to_string(snapshot.state)},
                 {"rcode", snapshot.rcode},
                 {"tried", format_timestamp(snapshot.tried)},
                 {"checked", snapshot.checked == 0 ? Json() : Json(format_timestamp(snapshot.checked))}};
    if (!snapshot.why.empty())
        json["undecided"] = snapshot.why;
    json["ipv4"] = to_json(snapshot.ipv4);
    json["ipv6"] = to_json(snapshot.ipv6);
    json["canonical"] = to_json(snapshot.canonical);
    json["name_servers"] = to_json(snapshot.name_servers);
    if (snapshot.gone.checks != 0)
        json["gone"] = to_json(snapshot.gone);
    if (snapshot.taken.checks != 0) {
        json["banner"] = to_json(snapshot.taken);
        json["banner"]["kind"] = to_string(snapshot.taken_kind);
        json["banner"]["label"] = snapshot.taken_by;
        json["banner"]["by"] = snapshot.taken_how;
    }
    json["changes"] = changes_of(snapshot);
    json["views"] = views_of(snapshot);
    return json;
}

} // namespace interdict::watch
