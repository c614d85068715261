// SPDX-License-Identifier: Apache-2.0
#include "cli/outcome.h"

#include <algorithm>

#include "base/json.h"

namespace interdict::cli {

namespace {

constexpr std::size_t kLines = 20; // of one kind

void show_rules(Console& console, const char* sign, Tone tone, const Json& rules, std::size_t all)
{
    const auto shown = std::min(rules.size(), kLines);
    for (std::size_t i = 0; i < shown; ++i)
        console.say("{} rule {} on {} ({})", console.paint(tone, sign), integer_of(rules[i], "rule"),
                    text_of(rules[i], "target"), text_of(rules[i], "order"));
    if (all > shown)
        console.say("{} and {} more", console.paint(tone, sign), all - shown);
}

void show_changes(Console& console, const Json& outcome)
{
    const auto& diff = outcome.at("diff");
    const auto count = [&](const char* what) { return static_cast<std::size_t>(integer_of(outcome, what)); };
    show_rules(console, "+", Tone::Good, diff.at("added"), count("added"));
    show_rules(console, "-", Tone::Bad, diff.at("removed"), count("removed"));
    show_rules(console, "~", Tone::Doubtful, diff.at("changed"), count("changed"));
    const Json whole = outcome.value("rule_set", Json::object());
    console.say("rules: {} added, {} removed, {} changed{}{}{}", count("added"), count("removed"),
                count("changed"),
                whole.contains("kept") ? fmt::format(", {} kept", integer_of(whole, "kept")) : "",
                whole.value("scopes_changed", false) ? "; scopes changed" : "",
                whole.value("answers_changed", false) ? "; texts of answers changed" : "");
    const Json expired = outcome.value("expired", Json::object());
    const auto orders = static_cast<std::uint64_t>(integer_of(expired, "orders"));
    const auto targets = static_cast<std::uint64_t>(integer_of(expired, "targets"));
    if (orders + targets != 0)
        console.say("expired, without rules: {}, {} of others", counted(orders, "order"),
                    counted(targets, "target"));
}

std::string how_of(const Json& outcome)
{
    if (text_of(outcome, "how") == "in place")
        return ", changed in place";
    // Not known if it was to be changed in place and was published whole instead.
    const auto whole = outcome.find("rule_set");
    if (whole == outcome.end())
        return {};
    const Json targets = whole->value("targets", Json::object());
    return fmt::format(": {} on {} (limit {})",
                       counted(static_cast<std::uint64_t>(integer_of(*whole, "rules")), "rule"),
                       counted(static_cast<std::uint64_t>(integer_of(targets, "used")), "target"),
                       integer_of(targets, "limit"));
}

void show_generation(Console& console, const Json& outcome)
{
    const auto generation = integer_of(outcome, "generation");
    if (outcome.value("dry_run", false))
        console.say("dry run: nothing was changed");
    else if (outcome.value("unchanged", false))
        console.say("generation {} has exactly these rules already; nothing was changed", generation);
    else if (outcome.value("published", false))
        console.say("{}{}", console.paint(Tone::Good, fmt::format("generation {} is live", generation)),
                    how_of(outcome));
}

// "imported after 3.1 ms, staged 8.0 ms, published 8.2 ms, proven 9.5 ms"; only what is so.
void show_times(Console& console, const Json& times)
{
    std::string text;
    for (const auto& [fact, time] : times.items())
        if (time.is_number())
            text += fmt::format("{}{} {}{:.1f} ms", text.empty() ? "" : ", ", fact,
                                text.empty() ? "after " : "", time.get<double>());
    console.say("{}", text);
}

} // namespace

void show_outcome(Console& console, const Json& outcome)
{
    console.say("{}", text_of(outcome, "summary"));
    show_held(console, outcome.value("held", Json::array()));
    if (outcome.contains("diff"))
        show_changes(console, outcome);
    show_generation(console, outcome);
    if (const auto times = outcome.find("ms"); times != outcome.end())
        show_times(console, *times);
    console.put(outcome);
}

void show_held(Console& console, const Json& held)
{
    for (std::size_t i = 0; i < std::min(held.size(), kLines); ++i) {
        const auto instead = text_of(held[i], "alternative");
        console.warn(fmt::format("held{}: {} of order {}: {}{}{}",
                                 held[i].value("known", false) ? " as before" : "",
                                 text_of(held[i], "target"), text_of(held[i], "order"),
                                 text_of(held[i], "reason"), instead.empty() ? "" : "; instead: ", instead));
    }
    if (held.size() > kLines)
        console.warn(fmt::format("held: {} more; see: interdict order list --held", held.size() - kLines));
}

Exit exit_of(const Json& outcome)
{
    const auto end = text_of(outcome, "outcome");
    return end == "refused" ? Exit::Refused : end == "degraded" ? Exit::Degraded : Exit::Ok;
}

} // namespace interdict::cli
