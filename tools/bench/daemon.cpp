// SPDX-License-Identifier: Apache-2.0
//
// daemon.cpp: orders of many targets, given to the daemon over its socket while a million rules are live.
#include "groups.h"

#include <chrono>
#include <thread>

#include "bed.h"

namespace interdict::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kTargets = 1'000;
constexpr std::uint32_t kMany = 10'000;
constexpr unsigned kManyRounds = 5;
constexpr unsigned kPasses = 10;
constexpr unsigned kPairs = 100; // an order added, the same lifted

// In milliseconds since the request, or since it was read; 0: did not happen.
struct Step {
    double answered = 0;
    double imported = 0;
    double staged = 0;
    double published = 0;
    double proven = 0;
    std::string how;
};

struct Steps {
    std::vector<double> answered;
    std::vector<double> imported;
    std::vector<double> staged;
    std::vector<double> published;
    std::vector<double> proven;
    std::string how;

    void add(const Step& step)
    {
        answered.push_back(step.answered);
        imported.push_back(step.imported);
        staged.push_back(step.staged);
        published.push_back(step.published);
        proven.push_back(step.proven);
        how = step.how;
    }
};

Result<Step> step(const Served& served, const std::string& path, const std::string& body = {})
{
    const auto start = Clock::now();
    INTERDICT_TRY(const auto answer, served.request("POST", path, body));
    const std::chrono::duration<double, std::milli> taken = Clock::now() - start;
    const Json times = answer.value("ms", Json::object());
    const auto time = [&](const char* fact) {
        const Json value = times.value(fact, Json());
        return value.is_number() ? value.get<double>() : 0;
    };
    return Step{taken.count(),     time("imported"), time("staged"),
                time("published"), time("proven"),   answer.value("how", "")};
}

Result<void> add_and_lift(const Served& served, Numbers numbers, Steps& added, Steps& lifted)
{
    const auto id = fmt::format("order-{}", numbers.first);
    INTERDICT_TRY(const auto add, step(served, "/orders", order_file(id, numbers)));
    if (add.proven == 0)
        return fail("{} targets were added and not proven", numbers.count);
    INTERDICT_TRY(const auto lift, step(served, "/orders/" + id + "/lift"));
    added.add(add);
    lifted.add(lift);
    return {};
}

// Counters are looked at each second instead of every five minutes.
Result<double> cpu_of_a_pass(const Bed& bed)
{
    INTERDICT_TRY(const auto served,
                  Served::start(bed, Json::object(), {{"archive", {{"interval", "PT1S"}}}}));
    std::this_thread::sleep_for(std::chrono::seconds(1)); // the start is over
    INTERDICT_TRY(const double before, served.cpu_seconds());
    std::this_thread::sleep_for(std::chrono::seconds(kPasses));
    INTERDICT_TRY(const double after, served.cpu_seconds());
    return 1000 * (after - before) / kPasses;
}

// The order file, and orders with one target each behind its own.
std::string with_orders(std::string file, Numbers numbers)
{
    std::string more;
    for (auto i = numbers.first; i < numbers.first + numbers.count; ++i)
        more +=
            fmt::format(R"(,{{"id":"former-{}",{},"targets":[{{"name":"{}"}}]}})", i, kOrderHead, name_of(i));
    return file.insert(file.rfind("]}"), more);
}

// Of the daemon, for one change.
Result<double> cpu_of_a_change(const Served& served, std::uint32_t first)
{
    INTERDICT_TRY(const double before, served.cpu_seconds());
    for (std::uint32_t i = 0; i < kPairs; ++i) {
        const auto id = fmt::format("order-{}", first + i);
        INTERDICT_CHECK(served.request("POST", "/orders", order_file(id, {first + i, 1})));
        INTERDICT_CHECK(served.request("POST", "/orders/" + id + "/lift"));
    }
    INTERDICT_TRY(const double after, served.cpu_seconds());
    return 1000 * (after - before) / (2 * kPairs);
}

// What a change costs does not depend on what the book once had in force.
Result<void> bench_former(const Settings& settings, Report& report)
{
    const auto former = settings.million / 20;
    const Bed bed(settings, "former");
    INTERDICT_CHECK(bed.make_live(kMany));
    INTERDICT_TRY(const auto served, Served::start(bed, Json::object()));
    auto next = kMany + former;
    INTERDICT_CHECK(cpu_of_a_change(served, next)); // warm
    INTERDICT_TRY(const double without, cpu_of_a_change(served, next += kPairs));
    const auto usual = order_file("million", {0, kMany});
    INTERDICT_CHECK(served.request("POST", "/apply", with_orders(usual, {kMany, former})));
    INTERDICT_CHECK(served.request("POST", "/apply", usual));
    INTERDICT_CHECK(cpu_of_a_change(served, next += kPairs)); // warm
    INTERDICT_TRY(const double with, cpu_of_a_change(served, next += kPairs));
    report.add("daemon: a change of one target, CPU", without, "ms");
    report.add(fmt::format("daemon: with {} orders that were lifted / without them", former), with / without,
               "x", at_most(1.5));
    return {};
}

} // namespace

Result<void> bench_daemon(const Settings& settings, Report& report)
{
    report.heading(fmt::format("orders given to the daemon, {} rules live", settings.million));
    const Bed bed(settings, "daemon");
    INTERDICT_CHECK(bed.make_live(settings.million));
    INTERDICT_TRY(const double pass, cpu_of_a_pass(bed));
    INTERDICT_TRY(const auto served, Served::start(bed, Json::object()));

    Steps added;
    Steps lifted;
    Steps many_added;
    Steps many_lifted;
    std::uint32_t next = settings.million;
    for (unsigned i = 0; i < settings.rounds; ++i, next += kTargets)
        INTERDICT_CHECK(add_and_lift(served, {next, kTargets}, added, lifted));
    for (unsigned i = 0; i < std::min(kManyRounds, settings.rounds); ++i, next += kMany)
        INTERDICT_CHECK(add_and_lift(served, {next, kMany}, many_added, many_lifted));

    const std::string order = fmt::format("daemon: an order of {} targets", kTargets);
    report.add(order + ", request to proven", spread_of(added.proven), "ms", below(100), added.how);
    report.add("daemon: part: until it is in the book", spread_of(added.imported), "ms");
    report.add("daemon: part: until it is staged", spread_of(added.staged), "ms");
    report.add("daemon: part: until it is live", spread_of(added.published), "ms");
    report.add("daemon: part: its request to its answer", spread_of(added.answered), "ms");
    report.add("daemon: part: it is lifted, request to answer", spread_of(lifted.answered), "ms", {},
               lifted.how);
    report.add(fmt::format("daemon: {} rules added, request to proven", kMany), spread_of(many_added.proven),
               "ms", {}, many_added.how);
    report.add(fmt::format("daemon: {} rules lifted, request to answer", kMany),
               spread_of(many_lifted.answered), "ms", below(1000), many_lifted.how);
    report.add(fmt::format("daemon: counters of {} rules looked at, CPU", settings.million), pass, "ms", {},
               "every five minutes");
    INTERDICT_TRY(const auto resident, served.resident());
    report.add(fmt::format("daemon: resident memory, {} rules", settings.million), resident, "MiB");
    return bench_former(settings, report);
}

} // namespace interdict::bench
