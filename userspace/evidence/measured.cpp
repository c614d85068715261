// SPDX-License-Identifier: Apache-2.0
#include "evidence/measured.h"

#include <algorithm>
#include <cmath>

#include "base/file.h"
#include "feed/list.h"
#include "plane/sketches.h"

namespace interdict::evidence {

namespace {

constexpr std::string_view kByFeed = "feed ";

LiveCount live_count(const ruleset::Rule& rule, const interdict_hits& hits)
{
    LiveCount live{.target = to_string(rule.target),
                   .means = rule.record.means,
                   .count = {.packets = hits.packets, .bytes = hits.bytes},
                   .last_seen = hits.last_seen};
    for (unsigned channel = 0; channel < INTERDICT_CHANNEL_MAX; ++channel)
        live.count.channel[channel] = interdict_hits_by(&hits, channel, rule.record.means);
    return live;
}

} // namespace

void add_measured(Report& report, const plane::Maps& maps, const ruleset::Ruleset& rules)
{
    report.plane = true;
    const auto& id = report.record.order.id;
    for (const auto& rule : rules.rules) {
        const bool cited = std::ranges::any_of(
            rule.orders, [&](std::uint32_t index) { return rules.orders[index].id == id; });
        if (!cited || rule.exempt())
            continue;
        report.live.push_back(live_count(rule, maps.counter(rule.id()).value_or(interdict_hits{})));
        if (const auto names = plane::names_behind(maps, rule.id()); names && plane::has_sketch(rule.record))
            report.collateral.push_back({.target = to_string(rule.target),
                                         .names = static_cast<std::uint64_t>(std::llround(*names)),
                                         .error = plane::kSketchError});
    }
}

Result<void> add_quarantined(Report& report, const std::filesystem::path& feeds)
{
    if (!report.record.origin.starts_with(kByFeed))
        return {};
    const auto file = feeds / report.record.origin.substr(kByFeed.size()) / "quarantine.jsonl";
    if (!std::filesystem::exists(file))
        return {};
    INTERDICT_TRY(const auto text, read_file(file));
    INTERDICT_TRY(const auto refused, feed::read_quarantine(text));
    for (const auto& one : refused)
        if (one.status == feed::Status::Quarantined)
            report.quarantined.push_back({one.text, one.reason, one.nearest});
    return {};
}

} // namespace interdict::evidence
