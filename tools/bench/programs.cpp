// SPDX-License-Identifier: Apache-2.0
//
// programs.cpp: what one packet costs in the programs, no interface involved.
#include "groups.h"

#include <linux/bpf.h>

#include "driver.h"
#include "frames.h"
#include "rules.h"

namespace interdict::bench {

namespace {

constexpr std::uint32_t kHot = 1000;
constexpr std::uint32_t kSmall = 1000;

Result<image::Image> image_of_both(std::uint32_t count, interdict_action action)
{
    return image_of({address_order("addresses", {0, count}), name_order("names", {0, count}, action)});
}

// What the two groups share; the large rule set is built once. Cases that fill the tables of connections have
// a plane of their own, so that the others meet a table that is not full.
struct Bed {
    plane::Plane large;
    plane::Plane refusing; // as large
    plane::Plane small;
    Driver driver;
    std::uint32_t large_at = 0;
    std::uint32_t refusing_at = 0;
    std::uint32_t small_at = 0;
};

Result<Bed*> bed(const Settings& settings)
{
    static std::optional<Bed> made;
    if (!made) {
        INTERDICT_TRY(const auto large_image, image_of_both(settings.million, INTERDICT_ACTION_DROP));
        INTERDICT_TRY(const auto small_image, image_of_both(kSmall, INTERDICT_ACTION_RESET));
        INTERDICT_TRY(auto large, loaded_plane(large_image));
        INTERDICT_TRY(auto refusing, loaded_plane(large_image));
        INTERDICT_TRY(auto small, loaded_plane(small_image));
        INTERDICT_TRY(auto driver, Driver::load(large.programs().entry()));
        INTERDICT_TRY(const auto large_at, driver.add(large.programs().entry()));
        INTERDICT_TRY(const auto refusing_at, driver.add(refusing.programs().entry()));
        INTERDICT_TRY(const auto small_at, driver.add(small.programs().entry()));
        made.emplace(Bed{std::move(large), std::move(refusing), std::move(small), std::move(driver), large_at,
                         refusing_at, small_at});
    }
    return &*made;
}

} // namespace

Result<void> bench_pass(const Settings& settings, Report& report)
{
    report.heading(
        fmt::format("A packet of an established connection passes; {} addresses and {} names are blocked",
                    settings.million, settings.million));
    INTERDICT_TRY(Bed* const the, bed(settings));
    const Frame frame = data_frame();
    Samples samples;
    const auto add = [&](std::string name, Range range, std::uint32_t place) {
        return samples.add(std::move(name), [=, &frame] {
            return the->driver.run(frame, range, place, settings.repeat, XDP_PASS);
        });
    };
    // Misses: the numbers behind those that are listed.
    const Range anything{settings.million, 1u << 31};
    const Range hot{settings.million, kHot};
    const auto cold_bare = add("cold, bare", anything, kBare);
    const auto cold_large = add("cold", anything, the->large_at);
    const auto hot_bare = add("hot, bare", hot, kBare);
    const auto hot_large = add("hot", hot, the->large_at);
    const auto hot_small = add("hot, small", hot, the->small_at);
    const auto cold_small = add("cold, small", anything, the->small_at);
    INTERDICT_CHECK(samples.take(settings.rounds));

    report.add("pass: cold, over a bare XDP_PASS", samples.difference(cold_large, cold_bare), "ns",
               at_most(150));
    report.add("pass: hot, over a bare XDP_PASS", samples.difference(hot_large, hot_bare), "ns", at_most(25));
    report.add("pass: hot, 1 M against 1 k of each",
               samples.net_ratio(hot_large, hot_bare, hot_small, hot_bare), "times", at_most(1.5));
    report.add("pass: hot, 1 k, over a bare XDP_PASS", samples.difference(hot_small, hot_bare), "ns");
    report.add("pass: cold, 1 k, over a bare XDP_PASS", samples.difference(cold_small, cold_bare), "ns");
    report.add("pass: the bare XDP_PASS with its driver", samples.plain(hot_bare), "ns");
    return {};
}

Result<void> bench_hello(const Settings& settings, Report& report)
{
    report.heading(fmt::format("A TLS ClientHello is judged; {} names are blocked", settings.million));
    INTERDICT_TRY(Bed* const the, bed(settings));
    const Frame one = hello_frame(Vary::Name);
    const Frame mended = hello_frame(Vary::NameMended);
    const Frame pair = hello_pair(2);
    const Frame answered = hello_pair(3);
    const Frame syn = syn_frame();
    const Range hit{0, settings.million};
    const Range miss{settings.million, 1u << 31};
    const Range same_hit{0, 1};
    const Range same_miss{settings.million, 1};
    Samples samples;
    const auto add = [&](std::string name, const Frame& frame, Range range, std::uint32_t place,
                         std::uint32_t action) {
        return samples.add(std::move(name), [=, &frame] {
            return the->driver.run(frame, range, place, settings.repeat, action);
        });
    };
    const auto one_bare = add("one segment, bare", one, hit, kBare, XDP_PASS);
    const auto one_hit = add("one segment, blocked", one, hit, the->large_at, XDP_DROP);
    const auto one_miss = add("one segment, not blocked", one, miss, the->large_at, XDP_PASS);
    const auto one_same_hit = add("one segment, same name blocked", one, same_hit, the->large_at, XDP_DROP);
    const auto one_same_miss =
        add("one segment, same name not blocked", one, same_miss, the->large_at, XDP_PASS);
    const auto pair_bare = add("two segments, bare", pair, hit, kBare, XDP_PASS);
    const auto pair_hit = add("two segments, blocked", pair, hit, the->refusing_at, XDP_DROP);
    const auto answered_bare = add("two segments, answered, bare", answered, miss, kBare, XDP_PASS);
    const auto answered_miss = add("two segments, answered", answered, miss, the->large_at, XDP_PASS);
    const auto pair_full = add("two segments, full table", pair, miss, the->refusing_at, XDP_PASS);
    const Range small_hit{0, kSmall};
    const auto reset_bare = add("one segment, reset, bare", mended, small_hit, kBareCut, XDP_TX);
    const auto reset = add("one segment, reset", mended, small_hit, the->small_at, XDP_TX);
    const auto syn_bare = add("SYN, bare", syn, hit, kBare, XDP_PASS);
    const auto syn_ours = add("SYN", syn, hit, the->small_at, XDP_PASS);
    INTERDICT_CHECK(samples.take(settings.rounds));

    const auto over = [&](std::string name, std::size_t ours, std::size_t bare, double factor,
                          Target target) {
        report.add(std::move(name), samples.difference(ours, bare, factor), "ns", target);
    };
    over("hello, 1 segment: blocked, random names", one_hit, one_bare, 1, at_most(500));
    over("hello, 1 segment: not blocked, random names", one_miss, one_bare, 1, at_most(500));
    over("hello, 1 segment: blocked, one name", one_same_hit, one_bare, 1, at_most(500));
    over("hello, 1 segment: not blocked, one name", one_same_miss, one_bare, 1, at_most(500));
    over("hello, 2 segments: blocked, flow table full", pair_hit, pair_bare, 2, at_most(1200));
    over("hello, 2 segments and the client's next: not blocked", answered_miss, answered_bare, 3,
         at_most(1200));
    over("hello, 2 segments: not blocked, flow table full", pair_full, pair_bare, 2, {});
    over("hello, 1 segment: blocked with a reset, 1 k names", reset, reset_bare, 1, {});
    over("hello: the SYN before it", syn_ours, syn_bare, 1, {});
    return {};
}

} // namespace interdict::bench
