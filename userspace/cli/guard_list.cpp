// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/guarding.h"
#include "cli/inputs.h"

namespace interdict::cli {

namespace {

struct Options {
    std::string guard;
    bool entries = false;
    bool keep = false;
};

const guard::ListState* state_of(const guard::Loaded& loaded, const guard::List& list)
{
    const auto found = std::ranges::find(loaded.states, list.label, &guard::ListState::label);
    return found == loaded.states.end() ? nullptr : &*found;
}

// "2024-06-01T00:00:00Z, P3D ago"
std::string age(std::int64_t taken)
{
    constexpr std::int64_t kDay = 86'400;
    const std::int64_t old = std::max<std::int64_t>(0, now() - taken);
    return fmt::format("{}, {} ago", format_timestamp(taken),
                       format_duration(old < kDay ? old : old / kDay * kDay));
}

Json entries_of(const guard::List& list)
{
    Json entries = Json::array();
    for (const auto& entry : list.names)
        entries.push_back(
            {{"name", entry.name.name}, {"match", to_string(entry.name.match)}, {"note", entry.note}});
    for (const auto& entry : list.prefixes)
        entries.push_back({{"prefix", to_string(entry.prefix)}, {"note", entry.note}});
    return entries;
}

void say_entries(Console& console, const guard::List& list)
{
    const auto say = [&](const std::string& entry, const std::string& note) {
        console.say("    {}{}", entry, note.empty() ? "" : "  " + console.paint(Tone::Faint, note));
    };
    for (const auto& entry : list.names)
        say(to_string(entry.name), entry.note);
    for (const auto& entry : list.prefixes)
        say(to_string(entry.prefix), entry.note);
}

Result<Exit> list(Session& session, const Options& options)
{
    Console& console = session.console;
    const auto loaded = load_guard(session, options.guard, options.keep ? guard::Keep::Yes : guard::Keep::No);
    if (!loaded)
        return Exit::Error;
    Json lists = Json::array();
    for (const auto& list : loaded->guard.lists()) {
        const guard::ListState* state = state_of(*loaded, list);
        Json json = {{"label", list.label},
                     {"kind", guard::to_string(list.kind)},
                     {"source", list.source},
                     {"names", list.names.size()},
                     {"prefixes", list.prefixes.size()}};
        if (list.taken != 0)
            json["taken"] = format_timestamp(list.taken);
        if (state)
            json.update({{"kept", state->kept},
                         {"stale", state->stale},
                         {"trouble", state->trouble},
                         {"left_out", state->problems.size()}});
        if (options.entries)
            json["entries"] = entries_of(list);
        lists.push_back(std::move(json));
        console.say("{}  {}, {}, {}, from {}{}{}", console.paint(Tone::Strong, list.label),
                    guard::to_string(list.kind), counted(list.names.size(), "name"),
                    fmt::format("{} prefix{}", list.prefixes.size(), list.prefixes.size() == 1 ? "" : "es"),
                    list.source, list.taken != 0 ? ", " + age(list.taken) : "",
                    state && state->kept    ? console.paint(Tone::Doubtful, ", last good copy")
                    : state && state->stale ? console.paint(Tone::Doubtful, ", stale")
                                            : "");
        if (options.entries)
            say_entries(console, list);
    }
    console.put({{"guard", loaded->guard.digest()}, {"lists", lists}, {"degraded", loaded->degraded()}});
    return loaded->degraded() ? Exit::Degraded : Exit::Ok;
}

} // namespace

void add_guard_list(CommandLine& line)
{
    const auto options = std::make_shared<Options>();
    line.add("guard list", "show what the guard protects: lists, entries, ages",
             "With --keep each good list becomes the last good copy, which goes on when a later file is "
             "empty,\n"
             "unreadable or shrank by more than its max_drop_percent. The exit code is then 2.",
             "interdict guard list\n"
             "interdict guard list --entries | grep root-servers\n"
             "interdict guard list --keep --guard guard.json",
             [options](Session& session) { return list(session, *options); })
        .value("--guard", options->guard, "FILE [<state>/guard.json]", "guard settings")
        .flag("--entries", options->entries, "every entry of every list")
        .flag("--keep", options->keep, "take the lists as they are now as the last good ones");
}

} // namespace interdict::cli
