// SPDX-License-Identifier: Apache-2.0
//
// in_place.cpp: a few targets of a live million come and go.
#include "groups.h"

#include <chrono>
#include <vector>

#include "plane/patch.h"
#include "rules.h"
#include "ruleset/compile.h"
#include "ruleset/patch.h"
#include "ruleset/text.h"

namespace interdict::bench {

namespace {

constexpr unsigned kChanges = 50;
constexpr std::uint32_t kMany = 1000;
constexpr std::uint32_t kNew = 1u << 30; // numbers that the million has not got

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start)
{
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// These names under an order of their own; without `there`, the same order without them.
order::Order names(Numbers numbers, bool there)
{
    auto order = name_order("moving", numbers, INTERDICT_ACTION_DROP);
    if (!there)
        order.targets.clear();
    return order;
}

// From the targets that change to the last count; milliseconds.
Result<double> change(plane::Plane& plane, Numbers numbers, bool added, std::string& digest)
{
    const std::vector before{names(numbers, !added)};
    const std::vector after{names(numbers, added)};
    const auto start = Clock::now();
    INTERDICT_TRY(const auto tables, plane.live_tables());
    const auto live = tables.memory(plane.maps());
    std::vector<ruleset::Place> places;
    for (const auto& item : (added ? after : before)[0].targets)
        places.push_back({.target = item.target, .chain = live.chain(item.target)});
    INTERDICT_TRY(const auto plan,
                  ruleset::plan_patch({.all = places, .before = before, .after = after, .scopes = {}},
                                      live.free_ids()));
    if (!plan.patch)
        return fail("a whole generation: {}", plan.whole);
    const auto made = image::make_patch(*plan.patch, live);
    if (!made.patch)
        return fail("a whole generation: {}", made.whole);
    digest = ruleset::hash_text(ruleset::write_patch(*plan.patch, digest));
    INTERDICT_TRY(const auto digest_bytes, plane::digest_of(digest));
    INTERDICT_TRY(const auto patched, plane.patch(tables, *made.patch, digest_bytes));
    const double taken = milliseconds_since(start);
    if (patched.removed.size() != (added ? 0 : numbers.count))
        return fail("{} rules went, not {}", patched.removed.size(), numbers.count);
    return taken;
}

struct Bed {
    explicit Bed(const std::string& tag) : pins("/sys/fs/bpf/interdict-bench-" + tag + "-patch") {}
    Bed(const Bed&) = delete;
    Bed& operator=(const Bed&) = delete;
    ~Bed() { static_cast<void>(plane::Plane::down(pins)); }

    std::filesystem::path pins;
};

} // namespace

Result<void> bench_patch(const Settings& settings, Report& report)
{
    report.heading(fmt::format("a few of {} live rules change in place", settings.million));
    const std::uint32_t half = settings.million / 2;
    const Bed bed(settings.tag);
    std::string digest(64, '0');
    {
        plane::Config config;
        config.pins = bed.pins;
        INTERDICT_TRY(auto plane, plane::Plane::up(config, {}));
        INTERDICT_CHECK(load(plane, {address_order("addresses", {0, half}),
                                     name_order("names", {0, half}, INTERDICT_ACTION_DROP)}));
    }
    const auto start = Clock::now();
    INTERDICT_TRY(auto plane, plane::Plane::adopt(bed.pins, plane::Access::Write));
    report.add("patch: the plane adopted by a new process", milliseconds_since(start), "ms");

    std::vector<double> come;
    std::vector<double> go;
    for (unsigned i = 0; i < kChanges; ++i) {
        INTERDICT_TRY(const double added, change(plane, {kNew + i, 1}, true, digest));
        come.push_back(added);
    }
    for (unsigned i = 0; i < kChanges; ++i) {
        INTERDICT_TRY(const double lifted, change(plane, {kNew + i, 1}, false, digest));
        go.push_back(lifted);
    }
    report.add("patch: one target comes", spread_of(come), "ms", below(50));
    report.add("patch: one target goes, last count taken", spread_of(go), "ms", below(50));
    INTERDICT_TRY(const double many, change(plane, {kNew + kChanges, kMany}, true, digest));
    report.add(fmt::format("patch: {} targets come", kMany), many, "ms", below(100));
    INTERDICT_TRY(const double gone, change(plane, {kNew + kChanges, kMany}, false, digest));
    report.add(fmt::format("patch: {} targets go", kMany), gone, "ms", below(100));
    return {};
}

} // namespace interdict::bench
