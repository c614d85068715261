// SPDX-License-Identifier: Apache-2.0
//
// The live generation changed where it is, judged by the real programs.
#include "in_place.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <csignal>
#include <random>
#include <thread>

#include <catch2/matchers/catch_matchers_string.hpp>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "harness/hello.h"
#include "plane/interfaces.h"
#include "plane/sketches.h"

using namespace interdict;
using namespace interdict::lifecycle;
using Catch::Matchers::ContainsSubstring;
using ruleset::test::item_of;
using ruleset::test::make_order;

namespace {

std::vector<std::uint8_t> hello_for(const std::string& name, std::uint16_t port)
{
    using namespace harness;
    return build(Ethernet{} / IPv4{.destination = "192.0.2.200"} / Tcp{.source_port = port} /
                 Payload(client_hello(name)));
}

std::uint32_t verdict_on_name(const plane::Plane& plane, const std::string& name)
{
    static std::uint16_t port = 1024;
    auto runner = plane.runner().value();
    return runner.run(hello_for(name, ++port)).value().action;
}

std::vector<order::Order> one_order(std::initializer_list<std::string_view> targets)
{
    return {make_order("one", targets)};
}

std::string hex(const interdict_generation& generation)
{
    std::string text;
    for (const auto byte : generation.digest)
        text += fmt::format("{:02x}", byte);
    return text;
}

} // namespace

TEST_CASE("in place: a target comes and goes, with a number and a digest that say so; others keep counting")
{
    auto plane = detached_plane();
    Following live(plane, one_order({"198.51.100.7/32", "old.example"}));
    const auto kept = live.id("198.51.100.7/32");
    CHECK(verdict(plane, kBlocked) == XDP_DROP);
    CHECK(verdict(plane, kOther) == XDP_PASS);
    CHECK(verdict_on_name(plane, "www.old.example") == XDP_TX);

    REQUIRE(live.change(one_order({"198.51.100.7/32", "198.51.100.8/32", "old.example", "new.example"})));
    CHECK(live.last().number == 3);
    CHECK(live.last().removed.empty());
    CHECK(plane.maps().live() == 3);
    CHECK(plane.generation()->number == 3);
    CHECK(hex(*plane.generation()) == live.digest());
    CHECK(plane.generation()->targets == 4);
    CHECK(verdict(plane, kBlocked) == XDP_DROP);
    CHECK(verdict(plane, kOther) == XDP_DROP);
    CHECK(verdict(plane, kInnocent) == XDP_PASS);
    CHECK(verdict_on_name(plane, "new.example") == XDP_TX);
    CHECK(verdict_on_name(plane, "old.example") == XDP_TX);
    CHECK(verdict_on_name(plane, "other.example") == XDP_PASS);
    CHECK(live.id("198.51.100.7/32") == kept);
    CHECK(packets(plane, kept) == 2);
    CHECK(packets(plane, live.id("198.51.100.8/32")) == 1);

    const auto gone = live.id("old.example");
    REQUIRE(live.change(one_order({"198.51.100.7/32", "198.51.100.8/32", "new.example"})));
    CHECK(live.last().number == 5);
    REQUIRE(live.last().removed.size() == 1);
    CHECK(live.last().removed[0].id == gone);
    CHECK(live.last().removed[0].counter.packets == 2);
    CHECK(verdict_on_name(plane, "old.example") == XDP_PASS);
    CHECK(verdict_on_name(plane, "new.example") == XDP_TX);
    CHECK(packets(plane, kept) == 2);

    live.publish(one_order({"198.51.100.7/32"}));
    CHECK(plane.maps().live() == 6);
    CHECK(live.id("198.51.100.7/32") == kept);
    CHECK(verdict(plane, kBlocked) == XDP_DROP);
    CHECK(packets(plane, kept) == 3);
    CHECK(verdict(plane, kOther) == XDP_PASS);
}

TEST_CASE("in place: the first name, prefix and address of IPv6 in a generation that had none of the kind")
{
    auto plane = detached_plane();
    Following live(plane, one_order({"198.51.100.7/32"}));
    const auto v6 = [](const std::string& address) {
        using namespace harness;
        return build(Ethernet{} / IPv6{.destination = address} / Tcp{});
    };
    auto runner = plane.runner().value();
    CHECK(verdict_on_name(plane, "a.example") == XDP_PASS);
    CHECK(runner.run(v6("2001:db8::7")).value().action == XDP_PASS);
    REQUIRE(live.change(
        one_order({"198.51.100.7/32", "a.example", "203.0.113.0/24", "2001:db8::7/128", "2001:db8:1::/48"})));
    CHECK(verdict_on_name(plane, "www.a.example") == XDP_TX);
    CHECK(verdict(plane, "203.0.113.200") == XDP_DROP);
    CHECK(verdict(plane, "203.0.112.200") == XDP_PASS);
    CHECK(runner.run(v6("2001:db8::7")).value().action == XDP_DROP);
    CHECK(runner.run(v6("2001:db8::8")).value().action == XDP_PASS);
    CHECK(runner.run(v6("2001:db8:1:2::8")).value().action == XDP_DROP);
}

TEST_CASE("in place: a rule that comes under a number of one that has gone counts from zero")
{
    auto plane = detached_plane();
    Following live(plane, one_order({"198.51.100.7/32"}));
    CHECK(verdict(plane, kBlocked) == XDP_DROP);
    // All of the room that was never used, so that the numbers of rules that went come next.
    std::vector<order::Order> full = live.orders();
    for (int i = 0; i < 1000; ++i)
        full[0].targets.push_back(item_of(fmt::format("203.0.{}.{}/32", i / 256, i % 256)));
    REQUIRE(live.change(full));
    const auto used = live.id("203.0.0.0/32");
    CHECK(verdict(plane, "203.0.0.0") == XDP_DROP);
    CHECK(packets(plane, used) == 1);
    full[0].targets.erase(full[0].targets.begin() + 1, full[0].targets.begin() + 500);
    REQUIRE(live.change(full));
    CHECK(live.last().removed.size() == 499);
    std::uint32_t highest = 0;
    for (int i = 0; highest != used && i < 500; ++i) {
        full[0].targets.push_back(item_of(fmt::format("192.0.2.{}/32", i)));
        REQUIRE(live.change(full));
        highest = live.id(fmt::format("192.0.2.{}/32", i));
    }
    REQUIRE(highest == used);
    CHECK(packets(plane, used) == 0);
}

TEST_CASE("in place: an order that varies in mode and end is felt at once, under the same rule")
{
    auto plane = detached_plane();
    Following live(plane, one_order({"198.51.100.7/32"}));
    const auto id = live.id("198.51.100.7/32");
    auto orders = live.orders();
    orders[0].mode = order::Mode::Observe;
    REQUIRE(live.change(orders));
    CHECK(verdict(plane, kBlocked) == XDP_PASS);
    CHECK(packets(plane, id) == 1);
    orders[0].mode = order::Mode::Enforce;
    REQUIRE(live.change(orders));
    CHECK(verdict(plane, kBlocked) == XDP_DROP);
    orders[0].expires = ruleset::test::kEnd; // long ago
    REQUIRE(live.change(orders));
    CHECK(verdict(plane, kBlocked) == XDP_PASS);
    CHECK(packets(plane, id) == 2);
}

TEST_CASE("in place: an address that is observed counts the names behind it, from none, one for each name")
{
    auto plane = detached_plane();
    Following live(plane, one_order({"198.51.100.7/32"}));
    auto watched = make_order("two", {"192.0.2.200/32"});
    watched.mode = order::Mode::Observe;
    REQUIRE(live.change({one_order({"198.51.100.7/32"})[0], watched}));
    const auto id = live.id("192.0.2.200/32");
    REQUIRE(plane::names_behind(plane.maps(), id));
    CHECK(*plane::names_behind(plane.maps(), id) == 0);
    for (const auto* name : {"one.example", "two.example", "one.example"})
        CHECK(verdict_on_name(plane, name) == XDP_PASS);
    CHECK(std::lround(*plane::names_behind(plane.maps(), id)) == 2);
    CHECK(plane.maps().counter(id)->packets == 3);
    CHECK_FALSE(plane::names_behind(plane.maps(), live.id("198.51.100.7/32")));
}

TEST_CASE("in place: errors name the reason and change nothing")
{
    auto plane = detached_plane();
    CHECK_FALSE(plane.live_tables());
    Following live(plane, one_order({"198.51.100.7/32"}));
    auto tables = plane.live_tables().value();
    const auto next = one_order({"198.51.100.7/32", "198.51.100.8/32"});
    const auto made = live.make(tables, next).value();
    const auto digest = plane::digest_of(made.digest).value();
    live.publish(one_order({"198.51.100.7/32"}));
    CHECK_THAT(plane.patch(tables, made.image, digest).error().message,
               ContainsSubstring("generation 2 is live, the change is of generation 1"));
    CHECK(verdict(plane, kOther) == XDP_PASS);
    CHECK_FALSE(plane::digest_of("ab"));
    CHECK_FALSE(plane::digest_of(std::string(64, 'g')));
    CHECK_FALSE(plane::digest_of(std::string(63, 'a') + "-"));
}

TEST_CASE("in place: what is staged meanwhile is given up")
{
    auto plane = detached_plane();
    Following live(plane, one_order({"198.51.100.7/32"}));
    const auto rules = ruleset::compile(one_order({"198.51.100.9/32"}), {}).value();
    const auto staged = plane.stage(image::build_image(rules).value()).value();
    REQUIRE(live.change(one_order({"198.51.100.7/32", "198.51.100.8/32"})));
    CHECK_THAT(plane.publish(staged, {.added = {}, .removed = {}}).error().message,
               ContainsSubstring("is not the one that is staged"));
    CHECK(verdict(plane, kOther) == XDP_DROP);
}

namespace {

// Judged all the time while rules change around them.
struct Traffic {
    std::vector<std::vector<std::uint8_t>> stopped; // at every moment
    std::vector<std::vector<std::uint8_t>> passing;
};

struct Faults {
    std::atomic<std::uint64_t> passed = 0;
    std::atomic<std::uint64_t> stopped = 0;
    std::atomic<std::uint64_t> frames = 0;
};

void judge(const plane::Plane& plane, const Traffic& traffic, Faults& faults, const std::atomic<bool>& stop)
{
    auto runner = plane.runner().value();
    std::size_t at = 0;
    while (!stop) {
        const auto blocked = runner.run(traffic.stopped[at % traffic.stopped.size()]);
        const auto free = runner.run(traffic.passing[at % traffic.passing.size()]);
        faults.passed += !blocked || blocked->action == XDP_PASS;
        faults.stopped += !free || free->action != XDP_PASS;
        faults.frames += 2;
        ++at;
    }
}

} // namespace

TEST_CASE("in place: under traffic nothing that stays is missed, nothing else is hit, through 300 changes")
{
    auto plane = detached_plane();
    std::vector<order::Order> orders = {
        make_order("steady", {"198.51.100.0/28", "203.0.113.9/32", "s.example"}), make_order("moving", {})};
    for (int i = 0; i < 700; ++i)
        orders[0].targets.push_back(item_of(fmt::format("n{}.steady.example", i)));
    Following live(plane, orders);
    Traffic traffic;
    for (std::uint16_t i = 0; i < 64; ++i) {
        traffic.stopped.push_back(frame_to(fmt::format("198.51.100.{}", i % 16)));
        traffic.stopped.push_back(frame_to("203.0.113.9"));
        traffic.stopped.push_back(hello_for("www.s.example", static_cast<std::uint16_t>(2000 + i)));
        traffic.stopped.push_back(
            hello_for(fmt::format("n{}.steady.example", i * 10), static_cast<std::uint16_t>(3000 + i)));
        traffic.passing.push_back(frame_to(fmt::format("198.51.100.{}", 16 + i)));
        traffic.passing.push_back(
            hello_for(fmt::format("n{}.other.example", i), static_cast<std::uint16_t>(4000 + i)));
    }
    Faults faults;
    std::atomic<bool> stop = false;
    std::thread reader([&] { judge(plane, traffic, faults, stop); });
    std::mt19937 random(1);
    unsigned in_place = 0;
    for (unsigned step = 0; step < 300; ++step) {
        auto next = live.orders();
        auto& moving = next[1];
        for (unsigned i = 0; i < 8; ++i) {
            const unsigned number = random() % 200;
            // The same addresses and names as what stays, above it and below it, so that every look-up of it
            // goes by what moves.
            const std::string text = number % 4 == 0   ? fmt::format("198.51.100.{}/32", number % 16)
                                     : number % 4 == 1 ? fmt::format("198.51.{}.0/24", 101 + number % 50)
                                     : number % 4 == 2 ? fmt::format("n{}.s.example", number)
                                                       : fmt::format("m{}.example", number);
            const auto item = item_of(text);
            const auto same = std::ranges::find_if(
                moving.targets, [&](const order::Item& other) { return other.target == item.target; });
            if (same == moving.targets.end())
                moving.targets.push_back(item);
            else
                moving.targets.erase(same);
        }
        in_place += live.change(next);
    }
    stop = true;
    reader.join();
    CHECK(faults.passed == 0);
    CHECK(faults.stopped == 0);
    CHECK(faults.frames > 1000);
    CHECK(in_place > 290);
}

namespace {

// Runs the change in a process of its own that is killed at its step-th store. False: it came to its end.
bool dies_at(unsigned step, const PinSet& pins,
             const std::function<void(plane::Plane&, std::function<void()>)>& act)
{
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        auto plane = plane::Plane::adopt(pins.path(), plane::Access::Write);
        unsigned at = 0;
        if (plane)
            act(*plane, [&] {
                if (at++ == step)
                    ::raise(SIGKILL);
            });
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status);
}

} // namespace

TEST_CASE(
    "in place: killed at every store, what stays is stopped, what is no target passes, the next one mends it")
{
    bool died = true;
    for (unsigned step = 0; died; ++step) {
        REQUIRE(step < 100);
        INFO("killed at store " << step);
        const PinSet pins;
        std::string digest_before;
        std::string digest_after;
        const auto before = one_order({"198.51.100.7/32", "198.51.100.8/32", "old.example", "kept.example"});
        auto after = one_order({"198.51.100.7/32", "new.example", "kept.example", "203.0.113.0/24"});
        after.push_back(make_order("two", {"kept.example"}));
        after[1].mode = order::Mode::Observe;
        {
            auto plane = bring_up(pins, {});
            REQUIRE(plane::set_interface(plane.maps().control(), plane::kTestInterface,
                                         INTERDICT_ROLE_SUBSCRIBER, {}));
            Following live(plane, before);
            digest_before = live.digest();
            const auto tables = plane.live_tables().value();
            const auto made = live.make(tables, after);
            INFO(live.why());
            REQUIRE(made);
            digest_after = made->digest;
            const auto digest = plane::digest_of(made->digest).value();
            // The writer's lock goes with this plane; the child takes it.
            auto moved = std::make_optional(std::move(plane));
            moved.reset();
            died = dies_at(step, pins, [&](plane::Plane& own, const std::function<void()>& between) {
                const auto own_tables = own.live_tables().value();
                static_cast<void>(own.patch(own_tables, made->image, digest, between));
            });
        }
        auto plane = plane::Plane::adopt(pins.path(), plane::Access::Write).value();
        CHECK(verdict(plane, "198.51.100.7") == XDP_DROP);
        CHECK(verdict(plane, kInnocent) == XDP_PASS);
        CHECK(verdict_on_name(plane, "kept.example") == XDP_TX);
        CHECK(verdict_on_name(plane, "other.example") == XDP_PASS);
        const auto generation = plane.generation().value();
        const bool cut = plane::cut_short(plane.maps()) != 0;
        CHECK(hex(generation) == (generation.number == 1 ? digest_before : digest_after));
        CHECK((cut || generation.number == 3 || step == 0));
        if (cut) {
            CHECK(plane::cut_short(plane.maps()) == 3);
            const auto tables = plane.live_tables().value();
            CHECK_THAT(plane.patch(tables, {}, {}).error().message, ContainsSubstring("was cut short"));
        }
        Following mended(plane, after);
        CHECK(plane::cut_short(plane.maps()) == 0);
        CHECK(verdict(plane, "198.51.100.7") == XDP_DROP);
        CHECK(verdict(plane, "198.51.100.8") == XDP_PASS);
        CHECK(verdict(plane, "203.0.113.1") == XDP_DROP);
        CHECK(verdict_on_name(plane, "old.example") == XDP_PASS);
        CHECK(verdict_on_name(plane, "new.example") == XDP_TX);
        CHECK(verdict_on_name(plane, "kept.example") == XDP_TX);
        if (!died)
            CHECK(step > 5);
    }
}

TEST_CASE("in place: without CAP_SYS_ADMIN, by the pins of the tables")
{
    const PinSet pins;
    const auto before = one_order({"198.51.100.7/32"});
    {
        auto plane = bring_up(pins, {});
        const Following live(plane, before);
    }
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        constexpr std::uint64_t kept =
            1ull << 39 | 1ull << CAP_NET_ADMIN | 1ull << 38; // CAP_BPF, CAP_PERFMON
        __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
        __user_cap_data_struct data[2]{};
        for (unsigned i = 0; i < 2; ++i)
            data[i].effective = data[i].permitted = static_cast<__u32>(kept >> 32 * i);
        if (::syscall(SYS_capset, &header, data) != 0)
            ::_exit(2);
        const auto plane = plane::Plane::adopt(pins.path(), plane::Access::Write);
        const bool works = plane && plane->live_tables();
        ::unlink((pins.path() / "maps" / "rules_1").c_str());
        ::_exit(works && !plane->live_tables() ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    // Privilege makes up for a pin that is gone.
    const auto plane = plane::Plane::adopt(pins.path(), plane::Access::Write).value();
    CHECK(plane.live_tables());
}
