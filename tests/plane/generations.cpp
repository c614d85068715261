// SPDX-License-Identifier: Apache-2.0
//
// Generations: staged, published, swapped, refused; on a plane without pins and interfaces.
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <linux/bpf.h>
#include <sched.h>

#include "lifecycle.h"

using namespace interdict;
using namespace interdict::lifecycle;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("nothing is blocked before the first generation")
{
    const auto plane = detached_plane();
    CHECK_FALSE(plane.generation());
    CHECK(verdict(plane, kBlocked) == XDP_PASS);
}

TEST_CASE("a published generation blocks what it names and counts it")
{
    auto plane = detached_plane();
    const Rules rules({kBlocked});
    const auto published = make_live(plane, rules, rules.ids());
    CHECK(published.number == 1);
    REQUIRE(plane.generation());
    CHECK(plane.generation()->number == 1);
    CHECK(plane.generation()->published > 0);
    CHECK(verdict(plane, kBlocked) == XDP_DROP);
    CHECK(verdict(plane, kInnocent) == XDP_PASS);
    const auto counter = plane.maps().counter(rules.id(kBlocked)).value();
    CHECK(counter.packets == 1);
    CHECK(counter.bytes == frame_to(kBlocked).size());
    const auto totals = plane::read_totals(plane.maps()).value();
    CHECK(totals.value[INTERDICT_TOTAL_PACKETS] == 2);
}

TEST_CASE("a test run reports the rule that fired and nothing for a packet that passes")
{
    auto plane = detached_plane();
    const Rules rules({kBlocked});
    make_live(plane, rules, rules.ids());
    auto runner = plane.runner().value();
    const auto dropped = runner.run(frame_to(kBlocked)).value();
    CHECK(dropped.report.rule == rules.id(kBlocked));
    CHECK(dropped.report.verdict == INTERDICT_VERDICT_DROP);
    const auto passed = runner.run(frame_to(kInnocent)).value();
    CHECK(passed.report.rule == 0);
    CHECK(passed.report.verdict == INTERDICT_VERDICT_PASS);
}

TEST_CASE("test frames of 14 bytes and of 64 KiB run; 13 bytes and one more than 64 KiB are refused")
{
    const auto plane = detached_plane();
    auto runner = plane.runner().value();
    CHECK(runner.run(std::vector<std::uint8_t>(14)).value().frame.size() == 14);
    CHECK(runner.run(std::vector<std::uint8_t>(65536)).value().frame.size() == 65536);
    CHECK_THAT(runner.run(std::vector<std::uint8_t>(13)).error().message, ContainsSubstring("13 bytes"));
    CHECK_THAT(runner.run(std::vector<std::uint8_t>(65537)).error().message,
               ContainsSubstring("65537 bytes"));
    CHECK(runner.time(frame_to(kInnocent), 1000));
}

TEST_CASE("a runner gives its thread back to the CPUs that it had")
{
    const auto plane = detached_plane();
    cpu_set_t before, after;
    REQUIRE(::sched_getaffinity(0, sizeof(before), &before) == 0);
    static_cast<void>(verdict(plane, kInnocent));
    REQUIRE(::sched_getaffinity(0, sizeof(after), &after) == 0);
    CHECK(CPU_EQUAL(&before, &after));
}

TEST_CASE("dry run counts and passes")
{
    auto plane = detached_plane();
    const Rules rules({kBlocked});
    make_live(plane, rules, rules.ids());
    plane.set_observe(true);
    CHECK(verdict(plane, kBlocked) == XDP_PASS);
    CHECK(packets(plane, rules.id(kBlocked)) == 1);
    plane.set_observe(false);
    CHECK(verdict(plane, kBlocked) == XDP_DROP);
    CHECK(packets(plane, rules.id(kBlocked)) == 2);
}

TEST_CASE("a swap keeps the counters of rules that stay, and blocks what the new generation names")
{
    auto plane = detached_plane();
    const Rules first({kBlocked});
    make_live(plane, first, first.ids());
    CHECK(verdict(plane, kBlocked) == XDP_DROP);
    const Rules second({kBlocked, kOther}, &first.set);
    CHECK(verdict(plane, kOther) == XDP_PASS);
    const auto published = make_live(plane, second, std::vector{second.id(kOther)});
    CHECK(published.number == 2);
    CHECK(verdict(plane, kBlocked) == XDP_DROP);
    CHECK(verdict(plane, kOther) == XDP_DROP);
    CHECK(packets(plane, second.id(kBlocked)) == 2);
    CHECK(packets(plane, second.id(kOther)) == 1);
}

TEST_CASE("what is staged does nothing until it is published, or if it is given up")
{
    auto plane = detached_plane();
    const Rules first({kBlocked});
    make_live(plane, first, first.ids());
    const Rules second({kOther}, &first.set);
    REQUIRE(plane.stage(second.image));
    CHECK(plane.generation()->number == 1);
    CHECK(verdict(plane, kBlocked) == XDP_DROP);
    CHECK(verdict(plane, kOther) == XDP_PASS);
}

TEST_CASE("a rule that goes gives its last count back, and its id starts at zero when it is used again")
{
    auto plane = detached_plane();
    const Rules first({kBlocked, kOther});
    make_live(plane, first, first.ids());
    CHECK(verdict(plane, kOther) == XDP_DROP);
    CHECK(verdict(plane, kOther) == XDP_DROP);

    const auto gone = first.id(kOther);
    const Rules second({kBlocked}, &first.set);
    const auto published = make_live(plane, second, {}, {gone});
    REQUIRE(published.removed.size() == 1);
    CHECK(published.removed[0].id == gone);
    CHECK(published.removed[0].counter.packets == 2);
    CHECK(verdict(plane, kOther) == XDP_PASS);

    const Rules third({kBlocked, kInnocent}, &second.set);
    REQUIRE(third.id(kInnocent) == gone);
    make_live(plane, third, {gone});
    CHECK(packets(plane, gone) == 0);
    CHECK(verdict(plane, kInnocent) == XDP_DROP);
    CHECK(packets(plane, gone) == 1);
}

TEST_CASE("an id that changes its target in one swap hands over the old count and starts anew")
{
    auto plane = detached_plane();
    const Rules first({kBlocked});
    make_live(plane, first, first.ids());
    CHECK(verdict(plane, kBlocked) == XDP_DROP);
    const Rules second({kOther});
    REQUIRE(second.ids() == first.ids());
    const auto published = make_live(plane, second, second.ids(), first.ids());
    REQUIRE(published.removed.size() == 1);
    CHECK(published.removed[0].counter.packets == 1);
    CHECK(packets(plane, second.id(kOther)) == 0);
}

TEST_CASE("rolling back is publishing an earlier rule set")
{
    auto plane = detached_plane();
    const Rules first({kBlocked});
    const Rules second({kOther}, &first.set);
    make_live(plane, first, first.ids());
    make_live(plane, second, second.ids(), first.ids());
    CHECK(verdict(plane, kBlocked) == XDP_PASS);
    CHECK(make_live(plane, first, first.ids(), second.ids()).number == 3);
    CHECK(verdict(plane, kBlocked) == XDP_DROP);
    CHECK(verdict(plane, kOther) == XDP_PASS);
}

TEST_CASE("an empty rule set can be published and passes everything")
{
    auto plane = detached_plane();
    const Rules first({kBlocked});
    make_live(plane, first, first.ids());
    const Rules none(std::vector<std::string>{}, &first.set);
    make_live(plane, none, {}, first.ids());
    CHECK(verdict(plane, kBlocked) == XDP_PASS);
}

TEST_CASE("a hundred swaps leave no packet of a rule in both generations unfiltered")
{
    auto plane = detached_plane();
    const Rules first({kBlocked});
    make_live(plane, first, first.ids());
    const Rules second({kBlocked, kOther}, &first.set);
    std::uint64_t hits = 0;
    for (int swap = 0; swap < 100; ++swap) {
        make_live(plane, swap % 2 ? first : second, {});
        REQUIRE(verdict(plane, kBlocked) == XDP_DROP);
        REQUIRE(verdict(plane, kInnocent) == XDP_PASS);
        ++hits;
    }
    CHECK(packets(plane, first.id(kBlocked)) == hits);
}

TEST_CASE("a rule set beyond the limits is refused with used and limit, and the live generation goes on")
{
    auto plane = detached_plane();
    const Rules first({kBlocked});
    make_live(plane, first, first.ids());
    const Rules second({kOther, kInnocent}, &first.set);

    plane::Limits limits;
    limits.targets = 1;
    CHECK_THAT(plane.stage(second.image, limits).error().message,
               ContainsSubstring("2 targets, the limit is 1"));
    limits = {};
    limits.rules = 1;
    CHECK_THAT(plane.stage(second.image, limits).error().message, ContainsSubstring("the limit is 1"));
    limits = {};
    limits.bytes = 64;
    CHECK_THAT(plane.stage(second.image, limits).error().message, ContainsSubstring("0 MiB are available"));
    limits.bytes = plane::memory_needed(plane.maps(), second.image);
    CHECK(plane.stage(second.image, limits));

    CHECK(plane.generation()->number == 1);
    CHECK(verdict(plane, kBlocked) == XDP_DROP);
    CHECK(verdict(plane, kOther) == XDP_PASS);
}

TEST_CASE("only what was staged last can be published, and only once")
{
    auto plane = detached_plane();
    const Rules first({kBlocked});
    const Rules second({kOther});
    const auto older = plane.stage(first.image).value();
    const auto newer = plane.stage(second.image).value();
    CHECK_THAT(plane.publish(older, {}).error().message, ContainsSubstring("generation 0 stays live"));
    CHECK(verdict(plane, kBlocked) == XDP_PASS);
    REQUIRE(plane.publish(newer, {}));
    CHECK(verdict(plane, kOther) == XDP_DROP);
    CHECK_THAT(plane.publish(newer, {}).error().message, ContainsSubstring("not the one that is staged"));
}

TEST_CASE("an image that does not agree with its header is refused")
{
    auto plane = detached_plane();
    Rules rules({kBlocked});
    rules.image.header.rules += 1;
    CHECK_THAT(plane.stage(rules.image).error().message, ContainsSubstring("does not agree"));
}
