// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/guarding.h"
#include "order/name.h"

namespace interdict::cli {

namespace {

struct Options {
    std::string target;
    std::string guard;
};

// What the guard says of a target of an order that is otherwise in order.
struct Answer {
    order::Target target;
    std::vector<guard::Finding> findings;
};

Answer ask(const guard::Guard& guard, order::Target target)
{
    order::Order order;
    order.expires = std::numeric_limits<std::int64_t>::max();
    order.targets.push_back({.target = target});
    return {std::move(target), guard.check_item(order, 0)};
}

Result<std::vector<order::Target>> targets_of(const std::string& text)
{
    order::Target target;
    if (const auto address = order::parse_address(text)) {
        target.address.prefix = *address;
        return std::vector{target};
    }
    if (const auto slash = text.find('/');
        slash != text.npos && order::parse_address(text.substr(0, slash))) {
        const auto prefix = order::parse_prefix(text);
        if (!prefix)
            return fail("\"{}\" {}; {}", text, prefix.error().message, prefix.error().remedy);
        target.address.prefix = *prefix;
        return std::vector{target};
    }
    auto name = order::normalise_name(text, order::Match::Exact);
    if (!name)
        return fail("\"{}\" {}; {}", text, name.error().message, name.error().remedy);
    target.name = {*name, order::Match::Subtree};
    std::vector<order::Target> both{target};
    target.name.match = order::Match::Exact;
    both.push_back(target);
    return both;
}

Result<Exit> explain(Session& session, const Options& options)
{
    Console& console = session.console;
    INTERDICT_TRY(const auto targets, targets_of(options.target));
    const auto loaded = load_guard(session, options.guard);
    if (!loaded)
        return Exit::Error;
    bool held = false;
    Json answers = Json::array();
    for (const auto& target : targets) {
        const auto answer = ask(loaded->guard, target);
        held |= !answer.findings.empty();
        const std::string text = to_string(answer.target);
        Json findings = Json::array();
        for (const auto& finding : answer.findings) {
            findings.push_back(to_json(finding));
            say_finding(console, text, finding);
        }
        if (answer.findings.empty())
            console.say("{}: {}", text, console.paint(Tone::Good, "not held"));
        Json json = {{"target", text}};
        if (target.is_name())
            json["match"] = to_string(target.name.match);
        json["held"] = !answer.findings.empty();
        json["findings"] = findings;
        answers.push_back(std::move(json));
    }
    console.put({{"held", held}, {"guard", loaded->guard.digest()}, {"answers", answers}});
    if (held)
        return Exit::Refused;
    return loaded->degraded() ? Exit::Degraded : Exit::Ok;
}

} // namespace

void add_guard_explain(CommandLine& line)
{
    const auto options = std::make_shared<Options>();
    line.add("guard explain", "say whether a name or prefix would be held, and why",
             "A name is asked about twice: with everything below it, and alone. The exit code is 3 if either "
             "is held.",
             "interdict guard explain drive.usercontent.google.com\n"
             "interdict guard explain 188.114.97.7",
             [options](Session& session) { return explain(session, *options); })
        .value("--guard", options->guard, "FILE [<state>/guard.json]", "guard settings")
        .argument("NAME|PREFIX", options->target, "a host's name, an address or ADDRESS/LENGTH");
}

} // namespace interdict::cli
