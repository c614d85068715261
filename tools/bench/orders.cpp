// SPDX-License-Identifier: Apache-2.0
//
// orders.cpp: what a person waits for: the program itself, started for each step, with book, guard, plane and
// disk.
#include "groups.h"

#include <filesystem>
#include <string>
#include <vector>

#include "bed.h"

namespace interdict::bench {

namespace {

namespace fs = std::filesystem;

constexpr unsigned kSteps = 25;
constexpr std::uint32_t kStride = 641; // odd: no address twice
// A step that must be made in place, and proven.
Result<Ran> step(const Bed& bed, std::vector<std::string> words)
{
    INTERDICT_TRY(auto ran, bed.run(std::move(words)));
    if (ran.answer.value("how", "") != "in place" || !ran.answer["ms"]["proven"].is_number())
        return fail("a step was not made in place, or not proven: {}", ran.answer.dump());
    return ran;
}

struct Times {
    std::vector<double> answered;
    std::vector<double> proven;

    void add(const Ran& ran)
    {
        answered.push_back(1000 * ran.seconds);
        proven.push_back(ran.answer["ms"]["proven"].get<double>());
    }
};

void add_rows(Report& report, const std::string& what, const Times& times)
{
    report.add(fmt::format("orders: {}, live and proven, command to answer", what), spread_of(times.answered),
               "ms", below(50));
    report.add(fmt::format("orders: part: {}, until it is proven", what), spread_of(times.proven), "ms");
}

Result<void> bench_steps(const Settings& settings, const Bed& bed, Report& report)
{
    INTERDICT_CHECK(bed.make_live(settings.million));
    Times added;
    Times lifted;
    Times target;
    for (unsigned i = 0; i < kSteps; ++i) {
        const auto id = fmt::format("one-{}", i);
        INTERDICT_TRY(const auto file, bed.file("one.json", order_file(id, {settings.million + i, 1})));
        INTERDICT_TRY(const auto come, step(bed, {"order", "add", file}));
        added.add(come);
        INTERDICT_TRY(const auto gone, step(bed, {"order", "lift", id}));
        lifted.add(gone);
        INTERDICT_TRY(const auto one, step(bed, {"order", "lift", "million", "--target", name_of(i)}));
        target.add(one);
    }
    add_rows(report, "an order of one target added", added);
    add_rows(report, "an order of one target lifted", lifted);
    add_rows(report, "one target of a million lifted", target);
    return {};
}

Result<void> bench_import(const Settings& settings, const Bed& bed, Report& report)
{
    std::string list;
    for (std::uint32_t i = 0; i < settings.million; ++i)
        list += name_of(i) + '\n';
    // Of one range that no built-in list of the guard protects.
    for (std::uint32_t i = 0; i < settings.million / 10; ++i) {
        const std::uint32_t host = i * kStride & 0xffffff;
        list += fmt::format("23.{}.{}.{}\n", host >> 16, host >> 8 & 255, host & 255);
    }
    INTERDICT_TRY(const auto file, bed.file("list.txt", list));
    INTERDICT_TRY(const auto order,
                  bed.file("order.json", fmt::format("{{\"id\":\"list\",{},\"item_expires\":"
                                                     "\"P30D\"}}\n",
                                                     kOrderHead)));
    bed.forget_state();
    INTERDICT_TRY(const auto ran, bed.run({"import", "--no-apply", "plain", file, "--order", order}));
    if (const auto entries = ran.answer.value("entries", 0u); entries != settings.million / 10 * 11)
        return fail("{} entries were taken: {}", entries, ran.answer.dump().substr(0, 300));
    const std::string what = "import: 1 M names, 100 k addresses";
    report.add(what + ", to book and compiled image", ran.seconds, "s", below(10));
    report.add("import: part: CPU time", ran.cpu, "s");
    report.add(what + ", peak memory", ran.peak, "MiB", below(2048));
    return {};
}

} // namespace

Result<void> bench_orders(const Settings& settings, Report& report)
{
    report.heading(fmt::format("steps on the command line, {} rules live", settings.million));
    if (!fs::exists(settings.program)) {
        report.skip("orders: steps on the command line", "ms", below(50),
                    fmt::format("{} is not built", settings.program.filename().string()));
        return {};
    }
    const Bed bed(settings, "orders");
    INTERDICT_CHECK(bench_import(settings, bed, report));
    bed.forget_state();
    return bench_steps(settings, bed, report);
}

} // namespace interdict::bench
