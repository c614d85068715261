// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/guarding.h"
#include "cli/inputs.h"
#include "guard/suggest.h"

namespace interdict::cli {

namespace {

constexpr std::size_t kNamesShown = 10;

struct Options {
    std::string file;
    std::string guard;
    std::string seen;
};

// The order as its file has it, with rules on names instead of its shared addresses. It is a draft: a person
// reads it before it blocks anything. entry: of the file's list, whose targets are those of the parsed order.
Json rewritten(Json entry, const order::Order& order, const guard::Suggestion& suggestion)
{
    Json targets = Json::array();
    for (std::size_t i = 0; i < entry["targets"].size(); ++i)
        if (std::ranges::none_of(suggestion.shared,
                                 [&](const guard::SharedItem& s) { return s.item == i && s.dropped; }))
            targets.push_back(entry["targets"][i]);
    for (const auto& name : suggestion.names)
        targets.push_back({{"name", name.name}, {"match", to_string(name.match)}});
    entry["status"] = "draft";
    if (order.means == 0 && !suggestion.names.empty())
        entry.erase("means"); // address alone; the default is every means for names
    entry["targets"] = std::move(targets);
    return entry;
}

std::string some(const std::vector<std::string>& names)
{
    std::string out;
    for (std::size_t i = 0; i < std::min(names.size(), kNamesShown); ++i)
        out += (i == 0 ? "" : ", ") + names[i];
    if (names.size() > kNamesShown)
        out += fmt::format(" and {} more", names.size() - kNamesShown);
    return out;
}

// On standard error: standard output is the order.
void tell(Console& console, const order::Order& order, const guard::Suggestion& suggestion)
{
    for (const auto& shared : suggestion.shared) {
        console.warn(fmt::format("{}: {}", order.id, shared.why));
        if (!shared.others.empty())
            console.warn(fmt::format("{}: {} of {} at {} {} not the order's: {}", order.id,
                                     counted(shared.others.size(), "name"), counted(shared.domains, "domain"),
                                     to_string(order.targets[shared.item].target),
                                     shared.others.size() == 1 ? "is" : "are", some(shared.others)));
        if (!shared.dropped)
            console.warn(
                fmt::format("{}: {} stays: no name is known there; ask the authority for the names, or give "
                            "names that were seen with --seen",
                            order.id, to_string(order.targets[shared.item].target)));
    }
    if (!suggestion.names.empty())
        console.warn(
            fmt::format("{}: the order names none of its names; strike out what it does not mean", order.id));
}

Json to_json(const order::Order& order, const guard::SharedItem& shared)
{
    return {{"order", order.id},        {"target", to_string(order.targets[shared.item].target)},
            {"why", shared.why},        {"dropped", shared.dropped},
            {"own", shared.own},        {"others", shared.others},
            {"domains", shared.domains}};
}

Result<std::vector<guard::Sighting>> read_sightings(const std::string& file, Console& console)
{
    if (file.empty())
        return std::vector<guard::Sighting>{};
    INTERDICT_TRY(const auto text, read_file(file));
    auto parsed = guard::parse_sightings(text, file);
    for (const auto& problem : parsed.problems)
        console.warn(to_string(problem));
    return std::move(parsed.sightings);
}

Result<Exit> suggest(Session& session, const Options& options)
{
    Console& console = session.console;
    const auto loaded = load_guard(session, options.guard);
    if (!loaded)
        return Exit::Error;
    INTERDICT_TRY(const auto sightings, read_sightings(options.seen, console));
    INTERDICT_TRY(const auto text, read_file(options.file));
    const auto parsed = order::parse_orders(text, options.file);
    if (!parsed.ok()) {
        for (const auto& problem : parsed.problems)
            fmt::print(stderr, "{}\n", to_string(problem));
        return fail("{}: {}; mend them first", options.file, counted(parsed.problems.size(), "problem"));
    }

    Json file = Json::parse(text);
    Json shared = Json::array();
    bool any = false;
    for (std::size_t i = 0; i < parsed.orders.size(); ++i) {
        const auto& order = parsed.orders[i];
        const auto suggestion = guard::suggest(loaded->guard, order, sightings);
        tell(console, order, suggestion);
        for (const auto& item : suggestion.shared)
            shared.push_back(to_json(order, item));
        if (suggestion.any())
            file["orders"][i] = rewritten(std::move(file["orders"][i]), order, suggestion);
        any |= suggestion.any();
    }
    console.say("{}", file.dump(2));
    console.put({{"changed", any}, {"shared", shared}, {"suggestion", file}});
    return loaded->degraded() ? Exit::Degraded : Exit::Ok;
}

} // namespace

void add_guard_suggest(CommandLine& line)
{
    const auto options = std::make_shared<Options>();
    line.add("guard suggest", "turn blocks on shared addresses into rules on names",
             "Prints the order file with shared addresses left out where names take their place. Changed "
             "orders are\n"
             "drafts: they block nothing until a person has read them. What else was seen at an address is "
             "told on\n"
             "standard error: those sites would have been blocked, too.",
             "interdict guard suggest orders/ip-ticket.json >orders/by-name.json\n"
             "interdict guard suggest --seen passive-dns.txt orders/ip-ticket.json",
             [options](Session& session) { return suggest(session, *options); })
        .value("--guard", options->guard, "FILE [<state>/guard.json]", "guard settings")
        .value("--seen", options->seen, "FILE", "names that were seen at addresses: lines of ADDRESS NAME...")
        .argument("ORDER-FILE", options->file, "an order file without problems");
}

} // namespace interdict::cli
