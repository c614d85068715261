// SPDX-License-Identifier: Apache-2.0
#include "cli/guarding.h"

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "cli/inputs.h"

namespace interdict::cli {

std::optional<guard::Loaded> load_guard(Session& session, const std::string& file, guard::Keep keep)
{
    const auto& state = session.globals.state;
    std::filesystem::path settings = file;
    if (file.empty() && std::filesystem::exists(state / "guard.json"))
        settings = state / "guard.json";
    auto loaded = guard::load(settings, state / "guard", keep, now());
    if (!loaded) {
        Json problems = Json::array();
        for (const auto& problem : loaded.error()) {
            fmt::print(stderr, "{}\n", to_string(problem));
            problems.push_back(to_json(problem));
        }
        session.console.put({{"ok", false}, {"problems", problems}});
        return std::nullopt;
    }
    for (const auto& list : loaded->states) {
        for (const auto& problem : list.problems)
            session.console.warn(to_string(problem));
        if (!list.trouble.empty())
            session.console.warn(list.trouble);
    }
    return *std::move(loaded);
}

Json to_json(const guard::Finding& finding)
{
    Json json = {{"why", guard::to_string(finding.why)}};
    if (!finding.list.empty()) {
        json["list"] = finding.list;
        json["entry"] = finding.entry;
    }
    json["reason"] = finding.reason;
    if (!finding.alternative.empty())
        json["alternative"] = finding.alternative;
    return json;
}

void say_finding(Console& console, const std::string& target, const guard::Finding& finding)
{
    console.say("{}: {} ({}): {}", target, console.paint(Tone::Bad, "held"), guard::to_string(finding.why),
                finding.reason);
    if (!finding.alternative.empty())
        console.say("    instead: {}", finding.alternative);
}

} // namespace interdict::cli
