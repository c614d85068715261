// SPDX-License-Identifier: Apache-2.0
//
// collect_plane.cpp: what the kernel has counted, and what it has room for.
#include <algorithm>

#include "daemon/metrics/collect.h"
#include "daemon/metrics/metrics.h"
#include "order/order.h"
#include "plane/costs.h"
#include "plane/counts.h"

namespace interdict::daemon::metrics {

namespace {

constexpr std::string_view kHit = "hit_";
constexpr std::string_view kSkip = "skip_";

// What a packet came to, as opposed to what was seen in it.
bool is_verdict(std::size_t total)
{
    switch (total) {
    case INTERDICT_TOTAL_DROPPED:
    case INTERDICT_TOTAL_RESET:
    case INTERDICT_TOTAL_ANSWERED:
    case INTERDICT_TOTAL_NOTICED:
    case INTERDICT_TOTAL_CLOSED:
    case INTERDICT_TOTAL_OBSERVED:
    case INTERDICT_TOTAL_EXEMPTED:
        return true;
    default:
        return false;
    }
}

void add_totals(Page& page, const interdict_totals* totals)
{
    auto frames = page.counter("interdict_frames_total", "Frames seen");
    auto bytes = page.counter("interdict_frame_bytes_total", "Bytes of the frames seen");
    auto verdicts = page.counter("interdict_verdicts_total", "What was done, by verdict");
    auto hits = page.counter("interdict_hits_total", "Frames that a rule names, by channel");
    auto skipped = page.counter("interdict_skipped_total",
                                "What was not inspected and passed, by reason; answer: dropped instead");
    auto seen = page.counter("interdict_seen_total", "Messages and conversations, by what they were");
    if (!totals)
        return;
    for (std::size_t i = 0; i < INTERDICT_TOTAL_MAX; ++i) {
        const auto value = static_cast<double>(totals->value[i]);
        const std::string_view name = plane::kTotals[i].json;
        if (i == INTERDICT_TOTAL_PACKETS)
            frames.add(value);
        else if (i == INTERDICT_TOTAL_BYTES)
            bytes.add(value);
        else if (is_verdict(i))
            verdicts.add(value, {{"verdict", name}});
        else if (name.starts_with(kHit))
            hits.add(value, {{"channel", name.substr(kHit.size())}});
        else if (name.starts_with(kSkip))
            skipped.add(value, {{"reason", name.substr(kSkip.size())}});
        else
            seen.add(value, {{"what", name}});
    }
}

void add_capacity(Page& page, const plane::Plane* plane)
{
    auto used = page.gauge("interdict_capacity_used", "Entries in use, by table");
    auto limit = page.gauge("interdict_capacity_limit", "Entries that there may be, by table");
    if (!plane)
        return;
    const auto both = [&](const char* table, double now, double most) {
        used.add(now, {{"table", table}});
        limit.add(most, {{"table", table}});
    };
    const auto live = plane->generation().value_or(interdict_generation{});
    const image::Capacity capacity;
    both("targets", live.targets, capacity.max_targets);
    // Ids that removed rules have left free are given again: the largest one is what there is no way beyond.
    both("rules", live.rules == 0 ? 0 : live.rules - 1, capacity.max_rules);
    const auto& interfaces = plane->maps().control().interfaces;
    both("interfaces",
         static_cast<double>(std::ranges::count_if(interfaces, [](const auto& one) { return one.ifindex; })),
         INTERDICT_INTERFACES);
}

void add_costs(Page& page, const plane::Plane* plane, const plane::Pins& pins)
{
    page.gauge("interdict_program_statistics", "1 = the kernel measures programs (kernel.bpf_stats_enabled)")
        .add(plane::statistics_on());
    auto seconds = page.counter("interdict_program_run_seconds_total",
                                "Time spent in a program and all that it calls, while it is measured");
    auto runs = page.counter("interdict_program_runs_total", "Runs of a program, while it is measured");
    if (!plane)
        return;
    const auto costs = plane::program_costs(pins, plane->programs());
    if (!costs)
        return;
    for (const auto& cost : *costs) {
        seconds.add(static_cast<double>(cost.nanoseconds) / 1e9, {{"program", cost.name}});
        runs.add(static_cast<double>(cost.runs), {{"program", cost.name}});
    }
}

} // namespace

void add_plane(Page& page, const plane::Plane* plane, const plane::Pins& pins)
{
    page.gauge("interdict_plane_up", "1 = the programs and maps are there").add(plane != nullptr);
    const auto live = plane ? plane->generation() : std::nullopt;
    page.gauge("interdict_generation", "Number of the live generation, 0 = none: everything passes")
        .add(live ? static_cast<double>(live->number) : 0);
    page.gauge("interdict_generation_timestamp_seconds", "When it was published")
        .add(live ? static_cast<double>(live->published) : 0);
    page.gauge("interdict_observe", "1 = judged and counted, and nothing is blocked")
        .add(plane && plane->observe());
    std::optional<interdict_totals> totals;
    if (plane)
        if (auto read = plane::read_totals(plane->maps()))
            totals = *read;
    add_totals(page, totals ? &*totals : nullptr);
    add_capacity(page, plane);
    add_costs(page, plane, pins);
}

void add_rules(Page& page, const std::string& order, const plane::Maps& maps, const ruleset::Ruleset& rules)
{
    auto packets = page.counter("interdict_rule_packets_total", "Packets that met a rule, by channel");
    auto bytes = page.counter("interdict_rule_bytes_total", "Bytes of their frames");
    std::size_t shown = 0;
    std::size_t more = 0;
    for (const auto& rule : rules.rules) {
        const bool cited = std::ranges::any_of(
            rule.orders, [&](std::uint32_t index) { return rules.orders[index].id == order; });
        if (!cited || rule.exempt())
            continue;
        if (shown == kRulesMax) {
            ++more;
            continue;
        }
        ++shown;
        const auto hits = maps.counter(rule.id()).value_or(interdict_hits{});
        const auto target = to_string(rule.target);
        const auto id = std::to_string(rule.id());
        for (unsigned channel = 0; channel < INTERDICT_CHANNEL_MAX; ++channel)
            if (rule.record.means & INTERDICT_MEANS(channel))
                packets.add(interdict_hits_by(&hits, channel, rule.record.means),
                            {{"order", order},
                             {"target", target},
                             {"rule", id},
                             {"channel", order::channel_name(channel)}});
        bytes.add(static_cast<double>(hits.bytes), {{"order", order}, {"target", target}, {"rule", id}});
    }
    page.gauge("interdict_rules_shown", "Rules of the order that stand here").add(static_cast<double>(shown));
    page.gauge("interdict_rules_not_shown", "Rules of the order beyond the limit of 1,000")
        .add(static_cast<double>(more));
}

} // namespace interdict::daemon::metrics
