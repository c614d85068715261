// SPDX-License-Identifier: Apache-2.0
//
// A plane of another layout takes over, is cut short between two interfaces, and the build of before has to
// make its own plane good again.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "plane/succession.h"
#include "takeover.h"

using namespace interdict;
using namespace interdict::lifecycle;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a takeover that stopped between two interfaces is taken back under traffic: no packet passes, "
          "every one is counted, and the old plane is the one that filters")
{
    const PinSet pins;
    const Namespace space;
    auto means = plane::Means::Link;
    SECTION("links") {}
    SECTION("members of a dispatcher")
    {
        if (!plane::dispatcher_available())
            SKIP(plane::dispatcher_available().error().message);
        means = plane::Means::Dispatcher;
    }
    const Rules rules({kBlocked, kOther});
    INFO(static_cast<int>(means));
    auto config = pins.config();
    config.attach.means = means;
    {
        auto plane = plane::Plane::up(config, std::vector{subscriber("sub0"), subscriber("sub1")}).value();
        make_live(plane, rules, rules.ids());
    }
    const plane::Pins set(pins.path());
    const auto second = means == plane::Means::Link ? set.link("sub1") : set.member("sub1");
    const auto kept = plane::open_pin(second).value();

    const Leaks leaks;
    Traffic traffic;
    set_layout(pins.path(), INTERDICT_LAYOUT_VERSION + 1);
    {
        auto succession =
            plane::Succession::begin(pins.path(), plane::predecessor(set).value().value()).value();
        make_live(succession.successor(), rules, rules.ids());
        REQUIRE(succession.filled());
        // The first interface is given over; the second one cannot be.
        REQUIRE(::unlink(second.c_str()) == 0);
        REQUIRE(::mkdir(second.c_str(), 0700) == 0);
        const auto taken = succession.take_over();
        REQUIRE_FALSE(taken);
        CHECK_THAT(taken.error().message, ContainsSubstring("sub1"));
    }
    const auto rule = rules.id(kBlocked);
    {
        const auto next = plane::Plane::adopt(set.next().root(), plane::Access::Read).value();
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (packets(next, rule) == 0 && std::chrono::steady_clock::now() < end)
            ::sched_yield();
        REQUIRE(packets(next, rule) > 0);
    }
    REQUIRE(::rmdir(second.c_str()) == 0);
    REQUIRE(bpf_obj_pin(kept.get(), second.c_str()) == 0);

    set_layout(pins.path(), INTERDICT_LAYOUT_VERSION);
    auto plane = plane::Plane::up(config, {}).value();
    CHECK_FALSE(fs::exists(set.next().root()));
    const auto sent = traffic.stop();
    CHECK(leaks.count() == 0);
    CHECK(reaches(plane, rule, sent));
    CHECK(plane.generation()->number == 1);
    const auto interfaces = plane.interfaces().value();
    REQUIRE(interfaces.size() == 2);
    CHECK(interfaces[0].attachment.attached);
    CHECK(interfaces[1].attachment.attached);
    // No program of the other one is left that judges by its rules.
    make_live(plane, Rules({kOther}, &rules.set), {}, {rule});
    Namespace::send(frame_to(kBlocked));
    Namespace::send(frame_to(kOther));
    CHECK(reaches(plane, rules.id(kOther), 1));
    CHECK(leaks.count() == 1);
}
