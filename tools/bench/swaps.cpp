// SPDX-License-Identifier: Apache-2.0
//
// swaps.cpp: generations change while a veth delivers packets as fast as it can. Half of the addresses are
// blocked in both generations, the other half only observed; and the rules' ids are such that an id that
// blocks in one generation observes in the other. A packet judged by parts of two generations would therefore
// be let through, or counted as observed; one judged by none would be let through.
#include "groups.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "attached.h"
#include "image/image.h"
#include "rules.h"
#include "ruleset/compile.h"
#include "stack_tap.h"
#include "veth.h"

namespace interdict::bench {

namespace {

constexpr std::uint32_t kHalf = 50'000;
// A call has about 20 ms in which nothing is sent: long bursts, so that a swap falls into one.
constexpr std::uint32_t kBurst = 200'000;

struct Traffic {
    std::atomic<bool> stop = false;
    std::atomic<std::uint64_t> sent = 0;
    Result<void> done;
};

void send_all_the_time(Generator& generator, const Receiver& receiver, Traffic& traffic)
{
    while (!traffic.stop.load()) {
        if (const auto sent = generator.send(receiver, {0, kHalf}, kBurst); !sent) {
            traffic.done = std::unexpected(sent.error());
            return;
        }
        traffic.sent += kBurst;
    }
}

Result<std::vector<double>> swap_all(plane::Plane& plane, const std::vector<image::Image>& images,
                                     unsigned swaps, const Traffic& traffic)
{
    std::vector<double> times;
    for (unsigned i = 0; i < swaps; ++i) {
        const auto start = std::chrono::steady_clock::now();
        INTERDICT_CHECK(publish(plane, images[(i + 1) % images.size()]));
        const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - start;
        times.push_back(taken.count());
        // Traffic under every generation: at least one burst more.
        for (const auto before = traffic.sent.load(); traffic.sent.load() < before + kBurst && traffic.done;)
            std::this_thread::yield();
    }
    return times;
}

void leave_this_cpu()
{
    cpu_set_t set;
    std::memset(&set, 0xff, sizeof(set));
    ::sched_setaffinity(0, sizeof(set), &set);
}

// The same rules, with the ids of those that block and those that observe exchanged.
ruleset::Ruleset exchanged(ruleset::Ruleset rules)
{
    std::vector<ruleset::Rule*> sides[2];
    for (auto& rule : rules.rules)
        sides[rule.observe()].push_back(&rule);
    for (std::size_t i = 0; i < std::min(sides[0].size(), sides[1].size()); ++i)
        std::swap(sides[0][i]->record.id, sides[1][i]->record.id);
    std::ranges::sort(rules.rules, {}, &ruleset::Rule::id);
    return rules;
}

// That every id blocks in one image and observes in the other.
Result<void> check_opposed(const std::vector<image::Image>& images)
{
    for (std::uint32_t id = 1; id <= 2 * kHalf; ++id)
        if (!((images[0].rules[id].flags ^ images[1].rules[id].flags) & INTERDICT_RULE_OBSERVE))
            return fail("rule {} is the same in both generations: a mixture would not be noticed", id);
    return {};
}

struct Outcome {
    std::uint64_t sent = 0;
    std::uint64_t let_through = 0;
    std::uint64_t observed = 0;
    std::uint64_t dropped = 0;
    std::uint64_t counted = 0; // by the rules
    std::vector<double> times;
};

Result<Outcome> run_swaps(plane::Plane& plane, Generator& generator, const Receiver& receiver,
                          const std::vector<image::Image>& images, unsigned swaps)
{
    Outcome outcome;
    const auto in_receiver = [&](auto call) {
        const Namespace::Inside inside(receiver.where);
        return call();
    };
    INTERDICT_TRY(const auto tap, in_receiver(stack_tap));
    Traffic traffic;
    std::thread sender(send_all_the_time, std::ref(generator), std::cref(receiver), std::ref(traffic));
    leave_this_cpu(); // the sender has it
    auto times = in_receiver([&] { return swap_all(plane, images, swaps, traffic); });
    traffic.stop = true;
    sender.join();
    INTERDICT_CHECK(traffic.done);
    if (!times)
        return std::unexpected(times.error());
    outcome.times = *std::move(times);
    outcome.sent = traffic.sent;
    INTERDICT_TRY(outcome.let_through, tapped(tap));
    INTERDICT_TRY(const auto totals, plane::read_totals(plane.maps()));
    outcome.observed = totals.value[INTERDICT_TOTAL_OBSERVED];
    outcome.dropped = totals.value[INTERDICT_TOTAL_DROPPED];
    for (std::uint32_t id = 1; id <= 2 * kHalf; ++id)
        outcome.counted += plane.maps().counter(id).value_or(interdict_hits{}).packets;
    return outcome;
}

} // namespace

Result<void> bench_swap(const Settings& settings, Report& report)
{
    report.heading(fmt::format("{} swaps of {} rules under traffic", settings.swaps, 2 * kHalf));
    const auto blocked = address_order("blocked", {0, kHalf});
    auto observed = address_order("observed", {kHalf, kHalf});
    observed.mode = order::Mode::Observe;
    const std::vector orders{blocked, observed};
    INTERDICT_TRY(const ruleset::Ruleset rules, ruleset::compile(orders, {}));
    std::vector<image::Image> images;
    for (const auto& one : {rules, exchanged(rules)}) {
        INTERDICT_TRY(auto image, image::build_image(one));
        images.push_back(std::move(image));
    }
    INTERDICT_CHECK(check_opposed(images));

    INTERDICT_TRY(auto generator, Generator::make(settings.tag + "-swap"));
    INTERDICT_TRY(const auto receiver, generator.add("swap"));
    INTERDICT_TRY(auto attached, Attached::up(receiver, settings.tag, "swap", INTERDICT_ROLE_UPLINK));
    INTERDICT_CHECK(publish(attached.plane(), images[0]));
    INTERDICT_TRY(const auto outcome,
                  run_swaps(attached.plane(), generator, receiver, images, settings.swaps));

    const auto count = [&](const std::string& name, double value, Target target = {}) {
        report.add(name, value, "frames", target);
    };
    const auto difference = [](std::uint64_t a, std::uint64_t b) {
        return static_cast<double>(a > b ? a - b : b - a);
    };
    count("swap: frames sent, all from blocked addresses", static_cast<double>(outcome.sent));
    count("swap: let through to the stack", static_cast<double>(outcome.let_through), at_most(0));
    count("swap: judged by another generation's rule", static_cast<double>(outcome.observed), at_most(0));
    count("swap: not in the drop counter", difference(outcome.sent, outcome.dropped), at_most(0));
    count("swap: not in a rule's counter", difference(outcome.sent, outcome.counted), at_most(0));
    report.add("swap: time of one, staging to old one freed", spread_of(outcome.times), "ms");
    return {};
}

} // namespace interdict::bench
