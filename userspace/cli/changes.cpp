// SPDX-License-Identifier: Apache-2.0
#include "cli/changes.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace interdict::cli {

namespace {

constexpr std::size_t kDiffLines = 20;

void show_list(Console& console, const char* sign, const std::vector<std::uint32_t>& ids,
               const ruleset::Ruleset& rules)
{
    const Tone tone = *sign == '+' ? Tone::Good : *sign == '-' ? Tone::Bad : Tone::Doubtful;
    for (std::size_t i = 0; i < std::min(ids.size(), kDiffLines); ++i)
        if (const auto* rule = rules.find(ids[i]))
            console.say("{} rule {} on {} ({})", console.paint(tone, sign), rule->id(),
                        to_string(rule->target), rules.orders[rule->orders.front()].id);
    if (ids.size() > kDiffLines)
        console.say("{} and {} more", console.paint(tone, sign), ids.size() - kDiffLines);
}

} // namespace

void show_changes(Console& console, const Changes& changes)
{
    const auto& [diff, expired, before, after] = changes;
    show_list(console, "+", diff.added, after);
    show_list(console, "-", diff.removed, before);
    show_list(console, "~", diff.changed, after);
    console.say("rules: {} added, {} removed, {} changed, {} kept{}", diff.added.size(), diff.removed.size(),
                diff.changed.size(), diff.kept.size(),
                fmt::format("{}{}", diff.scopes_changed ? "; scopes changed" : "",
                            diff.answers_changed ? "; texts of answers changed" : ""));
    if (expired.orders + expired.targets != 0)
        console.say("expired, without rules: {}, {} of others", counted(expired.orders, "order"),
                    counted(expired.targets, "target"));
}

void show_held(Console& console, const std::vector<control::Held>& held)
{
    for (std::size_t i = 0; i < std::min(held.size(), kDiffLines); ++i) {
        const auto& [order, target, finding, known] = held[i];
        console.warn(fmt::format("held{}: {} of order {}: {}{}{}", known ? " as before" : "",
                                 to_string(target), order, finding.reason,
                                 finding.alternative.empty() ? "" : "; instead: ", finding.alternative));
    }
    if (held.size() > kDiffLines)
        console.warn(
            fmt::format("held: {} more; see: interdict order list --held", held.size() - kDiffLines));
}

std::string times_text(const control::Times& times)
{
    std::string text;
    const std::pair<const char*, std::optional<double>> named[] = {{"imported", times.imported},
                                                                   {"staged", times.staged},
                                                                   {"published", times.published},
                                                                   {"proven", times.proven}};
    for (const auto& [name, time] : named)
        if (time)
            text += fmt::format("{}{} {}{:.1f} ms", text.empty() ? "" : ", ", name,
                                text.empty() ? "after " : "", *time);
    return text;
}

} // namespace interdict::cli
