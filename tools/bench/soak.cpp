// SPDX-License-Identifier: Apache-2.0
//
// soak.cpp: the daemon for an hour, on a veth that delivers packets of a live rule as fast as it can: first
// left alone, then with an order that comes or goes each second.
#include "groups.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>

#include <unistd.h>

#include "bed.h"
#include "numbers.bpf.h"
#include "plane/plane.h"
#include "samples.h"
#include "stack_tap.h"
#include "veth.h"

namespace interdict::bench {

namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::uint32_t kBurstFrames = 50'000;
constexpr double kIdleShare = 0.1; // of the time, at the beginning; warm-up ends with it
constexpr std::uint32_t kUsual = 10'000;

// The first address of the row that is anybody's: 23.0.0.0/8.
std::uint32_t blocked_number()
{
    std::uint32_t i = 0;
    while (bench_number(i) >> 24 != 23)
        ++i;
    return i;
}

std::string address_of(std::uint32_t i)
{
    const std::uint32_t address = bench_number(i);
    return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
}

struct Traffic {
    std::atomic<bool> stop = false;
    std::atomic<std::uint64_t> sent = 0;
    Result<void> done;
};

void send_all_the_time(Generator& generator, const Receiver& receiver, std::uint32_t number, Traffic& traffic)
{
    while (!traffic.stop.load()) {
        if (const auto sent = generator.send(receiver, {number, 1}, kBurstFrames); !sent) {
            traffic.done = std::unexpected(sent.error());
            return;
        }
        traffic.sent += kBurstFrames;
    }
}

struct Load {
    std::vector<double> resident; // MiB, once a second
    double cpu = 0;               // percent of one CPU
};

// Once a second, whatever the step takes, for so long. each: the step; its number is given.
template <class Each>
Result<Load> watch(const Served& served, const Traffic& traffic, unsigned seconds, const char* what,
                   Each each)
{
    Load load;
    const bool terminal = ::isatty(STDERR_FILENO) != 0;
    INTERDICT_TRY(const double before, served.cpu_seconds());
    const auto start = Clock::now();
    for (unsigned i = 0; i < seconds && traffic.done; ++i) {
        INTERDICT_CHECK(each(i));
        INTERDICT_TRY(const double resident, served.resident());
        load.resident.push_back(resident);
        if (terminal)
            fmt::print(stderr, "\r  soak: {}, {} of {} s, {:.1f} MiB ", what, i + 1, seconds, resident);
        std::this_thread::sleep_until(start + std::chrono::seconds(i + 1));
    }
    INTERDICT_TRY(const double after, served.cpu_seconds());
    load.cpu = 100 * (after - before) / Seconds(Clock::now() - start).count();
    if (terminal)
        fmt::print(stderr, "\r\x1b[K");
    return load;
}

} // namespace

Result<void> bench_soak(const Settings& settings, Report& report)
{
    report.heading(
        fmt::format("the daemon for {} seconds, {} rules, under traffic", settings.seconds, kUsual));
    const Bed bed(settings, "soak");
    INTERDICT_TRY(auto generator, Generator::make(settings.tag + "-soak"));
    INTERDICT_TRY(const auto receiver, generator.add("soak"));
    const Namespace::Inside inside(receiver.where);
    // Ten times as often as without a word.
    const Json archive = {{"archive", {{"interval", "PT30S"}}}};
    INTERDICT_TRY(const auto served, Served::start(bed, {{kReceiver, "uplink"}}, archive));

    INTERDICT_CHECK(served.request("POST", "/orders", order_file("usual", {0, kUsual})));
    const auto number = blocked_number();
    INTERDICT_TRY(
        const auto always,
        served.request("POST", "/orders",
                       order_of_targets(
                           "always", {fmt::format(R"({{"prefix":"{}/32","expires":"2099-01-01T00:00:00Z"}})",
                                                  address_of(number))})));
    const auto& added = always["diff"]["added"];
    if (added.size() != 1)
        return fail("the order of one address gave no rule: {}", always.dump().substr(0, 300));
    const auto rule = added[0]["rule"].get<std::uint32_t>();
    INTERDICT_TRY(const auto plane, plane::Plane::adopt(bed.pins(), plane::Access::Read));

    INTERDICT_TRY(const auto tap, stack_tap());
    Traffic traffic;
    std::thread sender(send_all_the_time, std::ref(generator), std::cref(receiver), number,
                       std::ref(traffic));
    const auto idle_seconds = std::max(1u, static_cast<unsigned>(settings.seconds * kIdleShare));
    std::uint64_t backwards = 0;
    std::uint64_t before = 0;
    std::vector<double> steps;
    const auto soak = [&]() -> Result<std::pair<Load, Load>> {
        const EveryCpu everywhere; // the sender has this one
        INTERDICT_TRY(auto idle, watch(served, traffic, idle_seconds, "left alone",
                                       [](unsigned) { return Result<void>(); }));
        const auto update = [&](unsigned i) -> Result<void> {
            const auto id = fmt::format("order-{}", i / 2);
            const auto start = Clock::now();
            if (i % 2 == 0)
                INTERDICT_CHECK(served.request("POST", "/orders", order_file(id, {kUsual + i, 1})));
            else
                INTERDICT_CHECK(served.request("POST", "/orders/" + id + "/lift"));
            steps.push_back(1000 * Seconds(Clock::now() - start).count());
            const auto now = plane.maps().counter(rule).value_or(interdict_hits{}).packets;
            backwards += now < before;
            before = now;
            return {};
        };
        INTERDICT_TRY(auto busy,
                      watch(served, traffic, settings.seconds - idle_seconds, "an update a second", update));
        return std::pair(std::move(idle), std::move(busy));
    };
    const auto loads = soak();
    traffic.stop = true;
    sender.join();
    INTERDICT_CHECK(traffic.done);
    if (!loads)
        return std::unexpected(loads.error());
    const auto& [idle, busy] = *loads;
    INTERDICT_TRY(const auto passed, tapped(tap));
    const auto counted = plane.maps().counter(rule).value_or(interdict_hits{}).packets;

    const auto tenth = std::max<std::size_t>(1, busy.resident.size() / 10);
    const auto of_tenth = static_cast<std::ptrdiff_t>(tenth);
    const auto warm = spread_of({busy.resident.begin(), busy.resident.begin() + of_tenth});
    const auto late = spread_of({busy.resident.end() - of_tenth, busy.resident.end()});
    report.add("soak: packets of a live rule sent", static_cast<double>(traffic.sent.load()), "frames");
    report.add("soak: of them let through", static_cast<double>(passed), "frames", at_most(0));
    report.add("soak: of them not in the rule's counter",
               static_cast<double>(traffic.sent > counted ? traffic.sent - counted : counted - traffic.sent),
               "frames", at_most(0));
    report.add("soak: times that the counter went back", static_cast<double>(backwards), "", at_most(0));
    report.add("soak: CPU of the daemon, left alone", idle.cpu, "%", below(1));
    report.add("soak: CPU of the daemon, an update a second", busy.cpu, "%", below(5));
    report.add("soak: resident memory after warm-up", warm, "MiB");
    report.add("soak: resident memory in the end", late, "MiB");
    report.add("soak: its growth", 100 * (late.median - warm.median) / warm.median, "%", at_most(5));
    report.add("soak: an update, request to answer", spread_of(steps), "ms", {},
               fmt::format("{} updates", steps.size()));
    return {};
}

} // namespace interdict::bench
