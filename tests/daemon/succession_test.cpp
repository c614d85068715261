// SPDX-License-Identifier: Apache-2.0
//
// A daemon that finds the plane of a build with another map layout takes it over under traffic; that is an
// upgrade, and a rollback. The other layout is this one under another number, with a map of another shape.
#include <array>
#include <atomic>
#include <csignal>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <random>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>

#include <bpf/bpf.h>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "client.h"
#include "control/archive.h"
#include "maps/control.h"
#include "plane/kernel.h"
#include "plane/mapping.h"
#include "plane/succession.h"

using namespace interdict;
using namespace interdict::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string kBlocked = "198.51.100.7";
constexpr int kKills = 8;

// 0: there is none, or it has just been moved.
std::uint32_t layout_of(const std::filesystem::path& pins)
{
    const auto map = plane::open_pin(pins / "maps/control");
    if (!map)
        return 0;
    return plane::Mapping<interdict_control>::open(map->get(), 1, "control").value()[0].layout;
}

// As a build would have left it whose layout is another one.
void make_foreign(const std::filesystem::path& pins, std::uint32_t layout)
{
    {
        const auto map = plane::open_pin(pins / "maps/control").value();
        plane::Mapping<interdict_control>::open(map.get(), 1, "control").value()[0].layout = layout;
    }
    const auto sketches = pins / "maps/sketches";
    REQUIRE(::unlink(sketches.c_str()) == 0);
    const Fd other(bpf_map_create(BPF_MAP_TYPE_ARRAY, "other", 4, 16, 3, nullptr));
    REQUIRE(bpf_obj_pin(other.get(), sketches.c_str()) == 0);
}

// A subscriber who never stops asking for what is blocked.
class Traffic {
public:
    Traffic() : frame_(lifecycle::frame_to(kBlocked)), thread_([this] { send(); }) {}
    Traffic(const Traffic&) = delete;
    Traffic& operator=(const Traffic&) = delete;
    ~Traffic() { stop(); }

    std::uint64_t stop()
    {
        stopping_ = true;
        if (thread_.joinable())
            thread_.join();
        return sent_;
    }

private:
    void send()
    {
        while (!stopping_) {
            lifecycle::Namespace::send(frame_);
            ++sent_;
        }
    }

    const std::vector<std::uint8_t> frame_;
    std::atomic<bool> stopping_ = false;
    std::atomic<std::uint64_t> sent_ = 0;
    std::thread thread_;
};

// What got past the filter on sub0 since this was made: frames that the kernel's stack was given.
class Leaks {
public:
    Leaks() : raw_(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL)))
    {
        sockaddr_ll at = {};
        at.sll_family = AF_PACKET;
        at.sll_protocol = htons(ETH_P_ALL);
        at.sll_ifindex = static_cast<int>(::if_nametoindex("sub0"));
        REQUIRE(::bind(raw_.get(), reinterpret_cast<const sockaddr*>(&at), sizeof(at)) == 0);
    }

    [[nodiscard]] int count() const
    {
        const auto frame = lifecycle::frame_to(kBlocked);
        int leaks = 0;
        std::vector<std::uint8_t> got(2048);
        for (ssize_t length = 0; (length = ::recv(raw_.get(), got.data(), got.size(), 0)) > 0;)
            if (static_cast<std::size_t>(length) >= frame.size() &&
                std::equal(frame.begin(), frame.end(), got.begin()))
                ++leaks;
        return leaks;
    }

private:
    Fd raw_;
};

} // namespace

TEST_CASE("a plane of another layout is taken over under traffic: no packet passes, every one is counted")
{
    Running daemon(R"(, "interfaces": {"sub0": "subscriber"}, "encapsulations": "gre")");
    daemon.start();
    const auto added = daemon.post("/v1/orders", address_order("one", kBlocked));
    REQUIRE(added.status == 200);
    const auto rule = added.json()["diff"]["added"][0]["rule"].get<std::uint32_t>();
    REQUIRE(daemon.post("/v1/orders", order_file("two", {"a.example"})).status == 200);
    const auto before = daemon.get("/v1/status").json();
    const auto name = control::plane_name(plane::Plane::adopt(daemon.pins(), plane::Access::Read).value());
    CHECK(daemon.end(SIGTERM) == 0);
    make_foreign(daemon.pins(), INTERDICT_LAYOUT_VERSION + 1);

    const Leaks leaks;
    Traffic traffic;
    daemon.start();
    CHECK(layout_of(daemon.pins()) == INTERDICT_LAYOUT_VERSION);
    const auto after = daemon.get("/v1/status").json();
    const auto sent = traffic.stop();
    CHECK(leaks.count() == 0);
    CHECK(after["degraded"] == Json::array());
    CHECK(after["generation"]["number"] == before["generation"]["number"]);
    CHECK(after["generation"]["digest"] == before["generation"]["digest"]);
    CHECK(after["encapsulations"] == before["encapsulations"]);
    CHECK(after["interfaces"] == before["interfaces"]);
    CHECK_FALSE(std::filesystem::exists(daemon.pins() / "next"));
    const auto plane = plane::Plane::adopt(daemon.pins(), plane::Access::Read).value();
    CHECK(lifecycle::reaches(plane, rule, sent));
    CHECK(control::plane_name(plane) == name); // or the book would add its counts once more
    // It is a plane like any other.
    CHECK(daemon.post("/v1/apply").json()["unchanged"] == true);
    CHECK(daemon.post("/v1/orders/one/lift").json()["outcome"] == "ok");
    CHECK(passes(lifecycle::frame_to(kBlocked)));
    CHECK(leaks.count() == 1); // it sees what passes
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE("kill -9 during a takeover, at any moment: no packet passes, and the next daemon goes on")
{
    Running daemon(R"(, "interfaces": {"sub0": "subscriber"})");
    daemon.start();
    const auto added = daemon.post("/v1/orders", address_order("one", kBlocked));
    REQUIRE(added.status == 200);
    const auto rule = added.json()["diff"]["added"][0]["rule"].get<std::uint32_t>();
    CHECK(daemon.end(SIGTERM) == 0);
    std::mt19937 random(11);
    int cut_short = 0;
    const auto done = [](const std::filesystem::path& pins) {
        return layout_of(pins) == INTERDICT_LAYOUT_VERSION && !std::filesystem::exists(pins / "next");
    };
    const Leaks leaks;
    std::uint64_t sent = 0;
    for (int kill = 0; kill < kKills; ++kill) {
        if (done(daemon.pins()))
            make_foreign(daemon.pins(), INTERDICT_LAYOUT_VERSION + 1 + kill % 3);
        Traffic traffic;
        daemon.spawn();
        const auto pins = daemon.pins();
        // Most of the time goes into loading; the steps after it are shorter and matter more.
        const std::array<std::function<bool()>, 4> moments = {
            [&] { return std::filesystem::exists(pins / "next/maps/targets_1"); },
            [&] { return std::filesystem::exists(pins / "next/links/sub0"); },
            [&] { return !std::filesystem::exists(pins / "maps/control"); },
            [&] {
                return std::filesystem::exists(pins / "next/maps") &&
                       !std::filesystem::exists(pins / "next/progs");
            }};
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        const auto& moment = moments[static_cast<std::size_t>(kill) % moments.size()];
        while (!moment() && !done(pins) && std::chrono::steady_clock::now() < end) {
        }
        ::usleep(random() % 500);
        daemon.end(SIGKILL);
        cut_short += done(pins) ? 0 : 1;
        sent += traffic.stop();
        INFO("kill " << kill);
        CHECK(leaks.count() == 0);
    }
    CHECK(cut_short > 0);
    Traffic traffic;
    daemon.start();
    sent += traffic.stop();
    CHECK(leaks.count() == 0);
    CHECK(layout_of(daemon.pins()) == INTERDICT_LAYOUT_VERSION);
    CHECK_FALSE(std::filesystem::exists(daemon.pins() / "next"));
    CHECK(daemon.get("/v1/status").json()["degraded"] == Json::array());
    const auto plane = plane::Plane::adopt(daemon.pins(), plane::Access::Read).value();
    CHECK(lifecycle::packets(plane, rule) > 0);
    CHECK(lifecycle::packets(plane, rule) <= sent);
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE("a takeover that cannot be done leaves the old plane filtering and says why; down ends both")
{
    Running daemon(R"(, "interfaces": {"sub0": "subscriber"})");
    daemon.start();
    REQUIRE(daemon.post("/v1/orders", address_order("one", kBlocked)).status == 200);
    CHECK(daemon.end(SIGTERM) == 0);
    const auto frame = lifecycle::frame_to(kBlocked);
    const auto says = [&](const std::string& what) {
        daemon.start();
        const auto status = daemon.get("/v1/status").json();
        REQUIRE(status["degraded"].size() >= 1);
        CHECK_THAT(status["degraded"][0].get<std::string>(), ContainsSubstring(what));
        CHECK_FALSE(passes(frame));
        CHECK(daemon.end(SIGTERM) == 0);
        CHECK_FALSE(std::filesystem::exists(daemon.pins() / "next"));
    };
    // Versions before the first that can be read.
    make_foreign(daemon.pins(), plane::kFirstReadable - 1);
    says("takes over from version");
    CHECK(layout_of(daemon.pins()) == plane::kFirstReadable - 1);
    make_foreign(daemon.pins(), INTERDICT_LAYOUT_VERSION + 1);
    std::filesystem::remove_all(daemon.folder() / "state/generations");
    says("has no file of the rules of generation 1");
    CHECK(layout_of(daemon.pins()) == INTERDICT_LAYOUT_VERSION + 1);
    // The end of a takeover that nobody finished.
    REQUIRE(::mkdir((daemon.pins() / "next").c_str(), 0700) == 0);
    CHECK(plane::Plane::down(daemon.pins()));
    CHECK_FALSE(std::filesystem::exists(daemon.pins()));
    CHECK(passes(frame));
}
