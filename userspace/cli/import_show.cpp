// SPDX-License-Identifier: Apache-2.0
//
// import_show.cpp: what `interdict import` says.
#include <algorithm>

#include "base/file.h"
#include "base/json.h"
#include "cli/import.h"
#include "order/problem.h"

namespace interdict::cli {

namespace {

constexpr std::size_t kLinesShown = 20; // of refused entries, without --verbose

void say_refused(Console& console, const Json& item)
{
    const auto status = text_of(item, "status");
    const auto remedy = text_of(item, "remedy");
    const auto nearest = text_of(item, "nearest");
    console.say("{}:{}: {} \"{}\" {}{}{}", text_of(item, "source"), item.value("line", 0),
                console.paint(status == "quarantined" ? Tone::Doubtful : Tone::Faint, status),
                text_of(item, "text"), text_of(item, "reason"), remedy.empty() ? "" : "; " + remedy,
                nearest.empty() ? "" : fmt::format("; is \"{}\" meant?", nearest));
}

// Refused entries; with --verbose also the accepted ones.
void say_items(Session& session, const Json& json)
{
    const bool all = session.globals.verbose;
    std::size_t refused = 0;
    for (const auto& item : json["items"]) {
        if (item["status"] == "accepted") {
            session.console.say("accepted {} under {}", text_of(item, "target"), text_of(item, "order"));
            continue;
        }
        if (++refused <= kLinesShown || all)
            say_refused(session.console, item);
    }
    refused += json.value("unlisted", std::size_t{0});
    if (!all && refused > kLinesShown)
        session.console.say(
            "and {} more; all are in {}", refused - kLinesShown,
            (session.globals.state / "feeds" / text_of(json, "feed") / "quarantine.jsonl").string());
}

} // namespace

void show_import(Session& session, const Json& json)
{
    Console& console = session.console;
    for (const auto& source : json["sources"]) {
        const auto name = text_of(source, "source");
        const auto serial = text_of(source, "serial");
        const auto count = [&](const char* key) { return source.value(key, std::size_t{0}); };
        console.say("{}: {} accepted, {} quarantined, {} ignored{}", name, count("accepted"),
                    count("quarantined"), count("ignored"),
                    serial.empty() ? "" : fmt::format("; serial {}", order::printable(serial, 40)));
        for (const auto& prefix : source.value("let_through", Json::array()))
            console.warn(fmt::format("{}: {} is let through by the list; protect it in the guard's settings",
                                     name, prefix.get<std::string>()));
    }
    say_items(session, json);
}

Result<void> acknowledge(const std::string& file, const Json& json)
{
    std::string text;
    for (const auto& source : json["sources"])
        text +=
            fmt::format("List {} of {}\nReceived {}\nEntries taken: {}\nEntries that could not be read: {}\n",
                        source.value("serial", "without a serial"), source.value("stamp", "an unstated time"),
                        text_of(json, "received"), source.value("accepted", std::size_t{0}),
                        source.value("quarantined", std::size_t{0}));
    return write_file(file, text);
}

} // namespace interdict::cli
