// SPDX-License-Identifier: Apache-2.0
//
// daemon.cpp: orders of many targets, given to the daemon over its socket while a million rules are live.
#include "groups.h"

#include <chrono>

#include "bed.h"

namespace interdict::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kTargets = 1'000;
constexpr std::uint32_t kMany = 10'000;
constexpr unsigned kManyRounds = 5;

struct Step {
    double answered = 0; // ms
    double proven = 0;   // ms; 0: there was nothing to prove
    std::string how;
};

Result<Step> step(const Served& served, const std::string& path, const std::string& body = {})
{
    const auto start = Clock::now();
    INTERDICT_TRY(const auto answer, served.request("POST", path, body));
    const std::chrono::duration<double, std::milli> taken = Clock::now() - start;
    const Json times = answer.value("ms", Json::object());
    const Json proven = times.value("proven", Json());
    return Step{taken.count(), proven.is_number() ? proven.get<double>() : 0, answer.value("how", "")};
}

Result<void> add_and_lift(const Served& served, Numbers numbers, std::vector<double> (&values)[3],
                          std::string (&how)[2])
{
    const auto id = fmt::format("order-{}", numbers.first);
    INTERDICT_TRY(const auto added, step(served, "/orders", order_file(id, numbers)));
    if (added.proven == 0)
        return fail("{} targets were added and not proven", numbers.count);
    INTERDICT_TRY(const auto lifted, step(served, "/orders/" + id + "/lift"));
    values[0].push_back(added.proven);
    values[1].push_back(added.answered);
    values[2].push_back(lifted.answered);
    how[0] = added.how;
    how[1] = lifted.how;
    return {};
}

} // namespace

Result<void> bench_daemon(const Settings& settings, Report& report)
{
    report.heading(fmt::format("orders given to the daemon, {} rules live", settings.million));
    const Bed bed(settings, "daemon");
    INTERDICT_CHECK(bed.make_live(settings.million));
    INTERDICT_TRY(const auto served, Served::start(bed, Json::object()));

    std::vector<double> some[3];
    std::vector<double> many[3];
    std::string how_some[2];
    std::string how_many[2];
    std::uint32_t next = settings.million;
    for (unsigned i = 0; i < settings.rounds; ++i, next += kTargets)
        INTERDICT_CHECK(add_and_lift(served, {next, kTargets}, some, how_some));
    for (unsigned i = 0; i < std::min(kManyRounds, settings.rounds); ++i, next += kMany)
        INTERDICT_CHECK(add_and_lift(served, {next, kMany}, many, how_many));

    const std::string order = fmt::format("daemon: an order of {} targets", kTargets);
    report.add(order + ", request to proven", spread_of(some[0]), "ms", below(100), how_some[0]);
    report.add("daemon: part: its request to its answer", spread_of(some[1]), "ms");
    report.add("daemon: part: it is lifted, request to answer", spread_of(some[2]), "ms", {}, how_some[1]);
    report.add(fmt::format("daemon: {} rules added, request to proven", kMany), spread_of(many[0]), "ms", {},
               how_many[0]);
    report.add(fmt::format("daemon: {} rules lifted, request to answer", kMany), spread_of(many[2]), "ms",
               below(1000), how_many[1]);
    INTERDICT_TRY(const auto resident, served.resident());
    report.add(fmt::format("daemon: resident memory, {} rules", settings.million), resident, "MiB");
    return {};
}

} // namespace interdict::bench
