// SPDX-License-Identifier: Apache-2.0
#include <map>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/inputs.h"
#include "daemon/config.h"
#include "image/image.h"
#include "ruleset/compile.h"

namespace interdict::cli {

namespace {

struct Options {
    std::vector<std::string> files;
    std::string scopes;
    std::string config;
};

// Rules that an order of the file asks for; one that orders of two files share counts for both.
std::map<std::string, std::size_t, std::less<>> rules_per_file(const std::vector<order::Order>& orders,
                                                               const ruleset::Ruleset& rules)
{
    std::map<std::string, std::size_t, std::less<>> counts;
    for (const auto& rule : rules.rules) {
        std::string_view last;
        for (const auto index : rule.orders) {
            const std::string& file = orders[index].file;
            if (file != last)
                ++counts[file];
            last = file;
        }
    }
    return counts;
}

Result<Exit> check_config(Session& session, const std::string& file)
{
    const auto parsed = daemon::load_config(file);
    Json problems = Json::array();
    for (const auto& problem : parsed.problems) {
        fmt::print(stderr, "{}\n", to_string(problem));
        problems.push_back(to_json(problem));
    }
    session.console.say("{}: {}", file,
                        parsed.ok()
                            ? session.console.paint(Tone::Good, "good")
                            : session.console.paint(Tone::Bad, counted(parsed.problems.size(), "problem")));
    session.console.put({{"ok", parsed.ok()}, {"config", file}, {"problems", problems}});
    return parsed.ok() ? Exit::Ok : Exit::Error;
}

Result<Exit> check(Session& session, const Options& options)
{
    if (!options.config.empty())
        return check_config(session, options.config);
    if (options.files.empty())
        return fail("FILE is required: name order files, or the daemon's configuration with --config FILE");
    Console& console = session.console;
    const auto inputs = read_inputs(options.files, options.scopes);
    show_problems(inputs, console);
    // Also what only shows when all orders stand together: scopes that are missing, too many rules on one
    // target.
    const auto rules = ruleset::compile(inputs.orders.orders, inputs.scopes);
    const auto counts = rules ? rules_per_file(inputs.orders.orders, *rules)
                              : std::map<std::string, std::size_t, std::less<>>{};
    Json files = Json::array();
    for (const auto& file : inputs.files) {
        const auto found = counts.find(file.file);
        const std::size_t count = found == counts.end() ? 0 : found->second;
        files.push_back({{"file", file.file},
                         {"orders", file.orders},
                         {"targets", file.targets},
                         {"rules", rules ? Json(count) : Json()},
                         {"problems", file.problems}});
        console.say("{}: {}, {}, {}{}", file.file,
                    file.problems == 0 ? console.paint(Tone::Good, "good")
                                       : console.paint(Tone::Bad, counted(file.problems, "problem")),
                    counted(file.orders, "order"), counted(file.targets, "target"),
                    rules ? ", " + counted(count, "rule") : "");
    }
    Json problems = Json::array();
    Json warnings = Json::array();
    for (const auto& problem : inputs.scope_problems)
        problems.push_back(to_json(problem));
    for (const auto& problem : inputs.orders.problems)
        problems.push_back(to_json(problem));
    for (const auto& warning : inputs.orders.warnings)
        warnings.push_back(to_json(warning));
    if (!rules)
        problems.push_back({{"message", rules.error().message}});
    console.put({{"ok", inputs.ok() && rules},
                 {"files", files},
                 {"problems", problems},
                 {"unlisted", inputs.orders.unlisted},
                 {"warnings", warnings}});
    if (!rules)
        fmt::print(stderr, "{}\n", rules.error().message);
    return inputs.ok() && rules ? Exit::Ok : Exit::Error;
}

} // namespace

void add_check(CommandLine& line)
{
    const auto options = std::make_shared<Options>();
    line.add("check", "validate order files, or the daemon's configuration; changes nothing",
             "Every problem of every file is reported in one pass: file, line, JSON path, value and remedy.\n"
             "The exit code is 1 if there is any.",
             "interdict check orders/*.json\n"
             "interdict check --scopes scopes.json orders/france.json\n"
             "interdict check --json orders/*.json | jq .problems\n"
             "interdict check --config /etc/interdict/interdict.json",
             [options](Session& session) { return check(session, *options); })
        .value("--scopes", options->scopes, "FILE", "the scopes that orders name")
        .value("--config", options->config, "FILE",
               "the daemon's configuration and all files that it names, instead of order files")
        .arguments("FILE", options->files, "order files", false);
}

} // namespace interdict::cli
