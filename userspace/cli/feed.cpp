// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "cli/book_view.h"
#include "cli/client.h"
#include "cli/commands.h"

namespace interdict::cli {

namespace {

Result<Exit> list(Session& session)
{
    INTERDICT_TRY(const auto daemon, Client::need(session));
    INTERDICT_TRY(const auto json, daemon.get("/v1/feeds"));
    const auto feeds = json.value("feeds", Json::array());
    bool failed = false;
    for (const auto& feed : feeds) {
        say_feed(session.console, feed);
        failed |= !text_of(feed, "failed").empty();
    }
    if (feeds.empty())
        session.console.say("no feed; a list is in the daemon's configuration (feeds), or: interdict import");
    session.console.put(json);
    return failed ? Exit::Degraded : Exit::Ok;
}

Exit exit_of(const Json& event)
{
    const Json data = event.value("data", Json::object());
    if (event.value("kind", "") != "feed")
        return data.value("kept", false) ? Exit::Degraded : Exit::Error;
    const auto outcome = text_of(data, "outcome");
    return outcome == "ok" ? Exit::Ok : outcome == "refused" ? Exit::Refused : Exit::Degraded;
}

Result<Exit> fetch(Session& session, const std::string& name)
{
    INTERDICT_TRY(const auto daemon, Client::need(session));
    INTERDICT_TRY(const auto begun, daemon.post("/v1/feeds/" + url_part(name) + "/fetch"));
    Json last;
    INTERDICT_CHECK(
        daemon.follow(fmt::format("/v1/events?after={}", integer_of(begun, "after")), [&](const Json& event) {
            const auto data = event.find("data");
            if (data == event.end() || !data->is_object() || text_of(*data, "feed") != name)
                return true;
            const auto kind = text_of(event, "kind");
            if (kind == "warning")
                session.console.warn(text_of(event, "message"));
            if (kind == "feed" || kind == "feed-failed")
                last = event;
            return last.is_null();
        }));
    if (last.is_null())
        return fail("the daemon ended before the list was taken; it is fetched again when it is back");
    const auto exit = exit_of(last);
    if (text_of(last, "kind") == "feed")
        session.console.say("{}", text_of(last, "message"));
    else
        session.console.warn(text_of(last, "message"));
    session.console.put(last);
    return exit;
}

} // namespace

void add_feed(CommandLine& line)
{
    line.group("feed", "lists from outside that the daemon takes again and again");
    line.add("feed list", "each list: its format, how old it is, when it is fetched next, how that went last",
             "Members of api.group need no other right. Exit code 2 if one could not be taken last time: the "
             "list\n"
             "before it stays in force.",
             "interdict feed list\n"
             "interdict feed list --json | jq '.feeds[] | select(.age > 7200) | .name'",
             list);
    const auto name = std::make_shared<std::string>();
    line.add("feed fetch", "fetches a list now, and waits for what becomes of it",
             "As root. With --json the daemon's event `feed` or `feed-failed`. Exit code 2 if it was not "
             "taken "
             "and\n"
             "the one before it stays in force, or if something of it is held; 3 if the guard let nothing of "
             "it\n"
             "through; 1 if there is none in force.",
             "interdict feed fetch agcom\n"
             "interdict feed fetch agcom --json | jq -r .message",
             [name](Session& session) { return fetch(session, *name); })
        .argument("NAME", *name, "of the feed, as in the daemon's configuration");
}

} // namespace interdict::cli
