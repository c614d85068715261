// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include <nlohmann/json.hpp>

#include "cli/client.h"
#include "cli/commands.h"

namespace interdict::cli {

namespace {

struct Options {
    std::string kind;
    bool kept = false;
    bool once = false;
};

// "feed" names feed-failed, too.
bool wanted(const Options& options, const std::string& kind)
{
    return options.kind.empty() || kind == options.kind || kind.starts_with(options.kind + "-");
}

void say(Console& console, const Json& event)
{
    const auto severity = event.value("severity", "");
    const Tone tone = severity == "error"     ? Tone::Bad
                      : severity == "warning" ? Tone::Doubtful
                      : severity == "debug"   ? Tone::Faint
                                              : Tone::Good;
    console.say("{} {} {}", event.value("time", ""), console.paint(tone, event.value("kind", "")),
                event.value("message", ""));
}

Result<Exit> watch(Session& session, const Options& options)
{
    INTERDICT_TRY(const auto daemon, Client::need(session));
    std::string path = "/v1/events";
    if (options.kept || options.once)
        path += "?after=0";
    if (options.once)
        path += "&follow=false";
    INTERDICT_CHECK(daemon.follow(path, [&](const Json& event) {
        if (wanted(options, event.value("kind", ""))) {
            say(session.console, event);
            session.console.put(event);
            std::fflush(stdout);
        }
        return true;
    }));
    if (options.once)
        return Exit::Ok;
    session.console.warn("the daemon has ended; what is live keeps filtering");
    return Exit::Degraded;
}

} // namespace

void add_watch(CommandLine& line)
{
    const auto options = std::make_shared<Options>();
    line.add("watch", "what happens, as it happens: the daemon's events",
             "Generations, steps, feeds, rounds, interfaces, deadlines and faults; docs/api.md lists the "
             "kinds. "
             "With --json\n"
             "one object a line. Ends with exit code 2 when the daemon does.",
             "interdict watch\n"
             "interdict watch --kind feed\n"
             "interdict watch --once --json | jq -r 'select(.severity == \"error\").message'",
             [options](Session& session) { return watch(session, *options); })
        .value("--kind", options->kind, "KIND", "only these, and those whose name begins with it and a dash")
        .flag("--kept", options->kept, "begin with those that the daemon remembers")
        .flag("--once", options->once, "only those that it remembers");
}

} // namespace interdict::cli
