// SPDX-License-Identifier: Apache-2.0
#include "control/import_json.h"

#include "base/clock.h"

namespace interdict::control {

namespace {

constexpr std::size_t kItemsListed = 1000;

Json refused_json(const feed::List& list, const feed::Refused& refused)
{
    Json json = {{"source", list.source},
                 {"line", refused.line},
                 {"status", to_string(refused.status)},
                 {"text", refused.text},
                 {"reason", refused.reason}};
    if (!refused.remedy.empty())
        json["remedy"] = refused.remedy;
    if (!refused.nearest.empty())
        json["nearest"] = refused.nearest;
    return json;
}

void put_items(Json& json, const Import& import, const ImportEnd& end, bool all)
{
    std::size_t refused = 0;
    Json items = Json::array();
    for (const feed::List& list : import.lists)
        for (const feed::Refused& entry : list.refused)
            if (++refused <= kItemsListed || all)
                items.push_back(refused_json(list, entry));
    if (all)
        for (const auto& [order, held, tickets] : end.orders)
            for (const auto& item : order.targets)
                items.push_back(
                    {{"order", order.id}, {"status", "accepted"}, {"target", to_string(item.target)}});
    json["items"] = std::move(items);
    json["unlisted"] = all || refused < kItemsListed ? 0 : refused - kItemsListed;
}

Json source_json(const feed::List& list)
{
    Json source = {{"source", list.source},
                   {"accepted", list.count(feed::Status::Accepted)},
                   {"quarantined", list.count(feed::Status::Quarantined)},
                   {"ignored", list.count(feed::Status::Ignored)}};
    if (!list.serial.empty())
        source["serial"] = list.serial;
    if (!list.stamp.empty())
        source["stamp"] = list.stamp;
    if (list.timestamp != 0)
        source["made"] = format_timestamp(list.timestamp);
    if (!list.passthru.empty() || !list.passthru_prefixes.empty())
        source["passthru"] = list.passthru.size() + list.passthru_prefixes.size();
    for (const auto& prefix : list.passthru_prefixes)
        source["let_through"].push_back(to_string(prefix));
    if (!list.notes.empty())
        source["notes"] = list.notes;
    return source;
}

} // namespace

Json import_json(const Import& import, const ImportEnd& end, bool all)
{
    const auto summary = import.summary();
    Json json = {{"feed", import.name},
                 {"format", to_string(import.format)},
                 {"status", end.status},
                 {"received", format_timestamp(import.received)},
                 {"entries", summary.entries},
                 {"before", import.before.entries()},
                 {"quarantined", summary.quarantined}};
    if (!end.why.empty())
        json["why"] = end.why;
    json["sources"] = Json::array();
    for (const feed::List& list : import.lists)
        json["sources"].push_back(source_json(list));
    put_items(json, import, end, all);
    json["orders"] = Json::array();
    for (const auto& [order, held, tickets] : end.orders)
        json["orders"].push_back({{"id", order.id},
                                  {"targets", order.targets.size()},
                                  {"exempt", order.exempt.size()},
                                  {"held", held.size()}});
    const auto& change = end.change;
    if (end.status == "taken")
        json["change"] = {{"added", change.added},
                          {"varied", change.varied},
                          {"lifted", change.lifted},
                          {"unchanged", change.unchanged},
                          {"items_added", change.items_added},
                          {"items_lifted", change.items_lifted}};
    return json;
}

std::string import_sentence(const Import& import, const ImportEnd& end)
{
    const auto& change = end.change;
    const auto& before = import.before;
    if (end.status == "taken")
        return fmt::format(
            "feed {}: taken: {} entries ({} before), {} added, {} lifted, {} order{} unchanged", import.name,
            import.summary().entries, before.entries(), change.items_added, change.items_lifted,
            change.unchanged, change.unchanged == 1 ? "" : "s");
    if (end.status == "dry run")
        return fmt::format("feed {}: dry run: {} entries would be taken ({} before); nothing was changed",
                           import.name, import.summary().entries, before.entries());
    if (end.status == "kept")
        return fmt::format("feed {}: {}; the list of {} with {} entries stays in force", import.name, end.why,
                           format_timestamp(before.state->fetched), before.entries());
    return fmt::format("feed {}: {}; nothing was taken", import.name, end.why);
}

} // namespace interdict::control
