// SPDX-License-Identifier: Apache-2.0
//
// loading.cpp: from a compiled rule set to a live generation: how long, and how much memory.
#include "groups.h"

#include <chrono>
#include <optional>

#include "maps/counters.h"
#include "maps/filter.h"
#include "rules.h"
#include "ruleset/compile.h"

namespace interdict::bench {

namespace {

constexpr unsigned kLoads = 5;

class Stopwatch {
public:
    // Seconds since the last lap, or since it was made.
    double lap()
    {
        const auto now = std::chrono::steady_clock::now();
        const double seconds = std::chrono::duration<double>(now - last_).count();
        last_ = now;
        return seconds;
    }

private:
    std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

struct Parts {
    std::vector<double> build, stage, publish, total;
};

// Each time into a plane of its own: counters have to be made as well.
Result<void> load_once(const ruleset::Ruleset& rules, Parts& parts, std::optional<image::Image>& last)
{
    INTERDICT_TRY(auto plane, plane::Plane::detached());
    std::vector<std::uint32_t> added;
    added.reserve(rules.rules.size());
    for (const auto& rule : rules.rules)
        added.push_back(rule.id());
    Stopwatch watch;
    INTERDICT_TRY(auto image, image::build_image(rules));
    const double build = watch.lap();
    INTERDICT_TRY(const auto staged, plane.stage(image));
    const double stage = watch.lap();
    INTERDICT_TRY(const auto published, plane.publish(staged, {.added = added, .removed = {}}));
    const double publish = watch.lap();
    if (published.afterwards)
        return std::unexpected(*published.afterwards);
    parts.build.push_back(build);
    parts.stage.push_back(stage);
    parts.publish.push_back(publish);
    parts.total.push_back(build + stage + publish);
    last = std::move(image);
    return {};
}

} // namespace

Result<void> bench_load(const Settings& settings, Report& report)
{
    report.heading(fmt::format("{} rules are loaded, half of them addresses, half names", settings.million));
    const std::uint32_t half = settings.million / 2;
    const std::vector orders{address_order("addresses", {0, half}),
                             name_order("names", {0, half}, INTERDICT_ACTION_DROP)};
    Stopwatch watch;
    INTERDICT_TRY(const auto rules, ruleset::compile(orders, {}));
    const double compile = watch.lap();
    Parts parts;
    std::optional<image::Image> image;
    for (unsigned i = 0; i < kLoads; ++i)
        INTERDICT_CHECK(load_once(rules, parts, image));

    report.add("load: 1 M rules, image to published", spread_of(parts.total), "s", below(2));
    report.add("load: part: building the image", spread_of(parts.build), "s");
    report.add("load: part: staging", spread_of(parts.stage), "s");
    report.add("load: part: publishing", spread_of(parts.publish), "s");
    report.add("load: before it: orders compiled into rules", compile, "s");

    const double targets = image->header.targets;
    const double table = static_cast<double>(image->buckets.size()) * sizeof(interdict_bucket);
    const double filter = static_cast<double>(image->filter.size()) * sizeof(std::uint64_t);
    report.add("memory: target table and filter, per target", (table + filter) / targets, "bytes",
               at_most(24));
    report.add("memory: part: target table", table / targets, "bytes");
    report.add("memory: part: filter (fixed size)", filter / targets, "bytes");
    report.add("memory: rules, per rule",
               static_cast<double>(image->rules.size()) * sizeof(interdict_rule) / targets, "bytes");
    INTERDICT_TRY(const auto cpus, plane::possible_cpus());
    const auto maps = (image->rules.size() + INTERDICT_COUNTERS_PER_MAP - 1) / INTERDICT_COUNTERS_PER_MAP;
    report.add("memory: counters, per rule",
               static_cast<double>(maps) * interdict_counter_elements(plane::counter_shards(cpus)) *
                   sizeof(interdict_hits) / targets,
               "bytes");
    return {};
}

} // namespace interdict::bench
