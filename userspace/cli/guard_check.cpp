// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/guarding.h"
#include "cli/inputs.h"

namespace interdict::cli {

namespace {

struct Options {
    std::vector<std::string> files;
    std::string guard;
};

Result<Exit> check(Session& session, const Options& options)
{
    Console& console = session.console;
    const auto loaded = load_guard(session, options.guard);
    if (!loaded)
        return Exit::Error;
    const auto inputs = read_inputs(options.files, {});
    show_problems(inputs, console);

    Json held = Json::array();
    Json problems = Json::array();
    std::size_t targets = 0;
    Progress progress("checking", inputs.orders.orders.size());
    for (std::size_t i = 0; i < inputs.orders.orders.size(); ++i) {
        const auto& order = inputs.orders.orders[i];
        targets += order.targets.size();
        for (const auto& finding : loaded->guard.check(order)) {
            const std::string target = to_string(order.targets[finding.item].target);
            Json json = {{"file", order.file}, {"order", order.id}, {"target", target}};
            json.update(to_json(finding));
            held.push_back(std::move(json));
            say_finding(console, order.id + ": " + target, finding);
        }
        progress.at(i);
    }
    for (const auto& problem : inputs.orders.problems)
        problems.push_back(to_json(problem));
    console.say("{}, {}{}", counted(targets, "target"),
                held.empty() ? console.paint(Tone::Good, "none held")
                             : console.paint(Tone::Bad, fmt::format("{} held", held.size())),
                inputs.ok() ? "" : ", " + counted(inputs.problems(), "problem"));
    console.put({{"ok", inputs.ok() && held.empty()},
                 {"guard", loaded->guard.digest()},
                 {"targets", targets},
                 {"held", held},
                 {"problems", problems},
                 {"degraded", loaded->degraded()}});
    if (!inputs.ok())
        return Exit::Error;
    if (!held.empty())
        return Exit::Refused;
    return loaded->degraded() ? Exit::Degraded : Exit::Ok;
}

} // namespace

void add_guard_check(CommandLine& line)
{
    const auto options = std::make_shared<Options>();
    line.add("guard check", "say which targets of order files would be held; changes nothing",
             "Each held target is told with the reason and the narrower means. Needs no privileges.\n"
             "The exit code is 3 if a target is held, 2 if a list is stale or its last good copy was used.",
             "interdict guard check orders/*.json\n"
             "interdict guard check --guard guard.json --json orders/new.json | jq .held",
             [options](Session& session) { return check(session, *options); })
        .value("--guard", options->guard, "FILE [<state>/guard.json]", "guard settings")
        .arguments("FILE", options->files, "order files");
}

} // namespace interdict::cli
