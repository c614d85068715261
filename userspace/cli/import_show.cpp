// SPDX-License-Identifier: Apache-2.0
//
// import_show.cpp: what `interdict import` says.
#include <algorithm>

#include "base/clock.h"
#include "cli/import.h"
#include "order/problem.h"

namespace interdict::cli {

namespace {

constexpr std::size_t kLinesShown = 20;    // of refused entries, without --verbose
constexpr std::size_t kItemsListed = 1000; // in JSON, without --verbose

Json to_json(const feed::List& list, const feed::Refused& refused)
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

void say(Console& console, const feed::List& list, const feed::Refused& refused)
{
    const bool quarantined = refused.status == feed::Status::Quarantined;
    console.say("{}:{}: {} \"{}\" {}{}{}", list.source, refused.line,
                console.paint(quarantined ? Tone::Doubtful : Tone::Faint, to_string(refused.status)),
                refused.text, refused.reason, refused.remedy.empty() ? "" : "; " + refused.remedy,
                refused.nearest.empty() ? "" : fmt::format("; is \"{}\" meant?", refused.nearest));
}

// Refused entries in words and in JSON; with --verbose also the accepted ones.
void show_items(Session& session, const Import& import, const ImportResult& result, Json& json)
{
    const bool all = session.globals.verbose;
    std::size_t refused = 0;
    Json items = Json::array();
    for (const feed::List& list : import.lists) {
        for (const feed::Refused& entry : list.refused) {
            if (all || refused < kLinesShown)
                say(session.console, list, entry);
            if (all || refused < kItemsListed)
                items.push_back(to_json(list, entry));
            ++refused;
        }
    }
    if (!all && refused > kLinesShown)
        session.console.say("and {} more; all are in {}", refused - kLinesShown,
                            (import.folder / "quarantine.jsonl").string());
    if (all)
        for (const book::Incoming& incoming : result.orders)
            for (std::size_t i = 0; i < incoming.order.targets.size(); ++i) {
                const std::string target = to_string(incoming.order.targets[i].target);
                session.console.say("accepted {} under {}", target, incoming.order.id);
                items.push_back({{"order", incoming.order.id}, {"status", "accepted"}, {"target", target}});
            }
    json["items"] = std::move(items);
    json["unlisted"] = all || refused < kItemsListed ? 0 : refused - kItemsListed;
}

Json show_sources(Console& console, const Import& import)
{
    Json sources = Json::array();
    for (const feed::List& list : import.lists) {
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
        if (!list.notes.empty())
            source["notes"] = list.notes;
        sources.push_back(std::move(source));
        console.say("{}: {} accepted, {} quarantined, {} ignored{}", list.source,
                    list.count(feed::Status::Accepted), list.count(feed::Status::Quarantined),
                    list.count(feed::Status::Ignored),
                    list.serial.empty() ? "" : fmt::format("; serial {}", order::printable(list.serial, 40)));
        for (const auto& prefix : list.passthru_prefixes)
            console.warn(fmt::format("{}: {} is let through by the list; protect it in the guard's settings",
                                     list.source, to_string(prefix)));
    }
    return sources;
}

} // namespace

std::string sentence_of(const Import& import, const ImportResult& result)
{
    const auto& change = result.change;
    if (result.status == "taken")
        return fmt::format("feed {}: taken: {} entries ({} before), {} added, {} lifted, {} unchanged",
                           import.name, import.summary().entries,
                           import.before.state ? import.before.state->entries : 0, change.items_added,
                           change.items_lifted, counted(change.unchanged, "order"));
    if (result.status == "dry run")
        return fmt::format("feed {}: dry run: {} entries would be taken ({} before); nothing was changed",
                           import.name, import.summary().entries,
                           import.before.state ? import.before.state->entries : 0);
    return {};
}

Json show_entries(Session& session, const Import& import, const ImportResult& result)
{
    const auto summary = import.summary();
    Json json = {{"feed", import.name},
                 {"format", to_string(import.format)},
                 {"status", result.status},
                 {"received", format_timestamp(import.received)},
                 {"entries", summary.entries},
                 {"before", import.before.state ? import.before.state->entries : 0},
                 {"quarantined", summary.quarantined}};
    if (!result.why.empty())
        json["why"] = result.why;
    json["sources"] = show_sources(session.console, import);
    show_items(session, import, result, json);
    Json orders = Json::array();
    for (const book::Incoming& incoming : result.orders)
        orders.push_back({{"id", incoming.order.id},
                          {"targets", incoming.order.targets.size()},
                          {"exempt", incoming.order.exempt.size()},
                          {"held", incoming.held.size()}});
    json["orders"] = std::move(orders);
    if (result.status == "taken")
        json["change"] = {{"added", result.change.added},
                          {"varied", result.change.varied},
                          {"lifted", result.change.lifted},
                          {"unchanged", result.change.unchanged},
                          {"items_added", result.change.items_added},
                          {"items_lifted", result.change.items_lifted}};
    return json;
}

} // namespace interdict::cli
