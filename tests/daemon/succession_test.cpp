// SPDX-License-Identifier: Apache-2.0
//
// A daemon that finds the plane of a build with another map layout takes it over under traffic; that is an
// upgrade, and a rollback. The other layout is this one under another number, with a map of another shape.
#include <array>
#include <csignal>
#include <random>
#include <sys/stat.h>
#include <sys/wait.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "base/file.h"
#include "client.h"
#include "control/archive.h"
#include "maps/control.h"
#include "plane/succession.h"
#include "plane/takeover.h"

using namespace interdict;
using namespace interdict::test;
using namespace interdict::lifecycle;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr int kKills = 8;

// The rule.
std::uint32_t block(const Running& daemon)
{
    const auto added = daemon.post("/v1/orders", address_order("one", kBlocked));
    REQUIRE(added.status == 200);
    return added.json()["diff"]["added"][0]["rule"].get<std::uint32_t>();
}

} // namespace

TEST_CASE("a plane of another layout is taken over under traffic: no packet passes, every one is counted")
{
    Running daemon(R"(, "interfaces": {"sub0": "subscriber"}, "encapsulations": "gre")");
    daemon.start();
    const auto rule = block(daemon);
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
    CHECK(reaches(plane, rule, sent));
    CHECK(control::plane_name(plane) == name); // or the book would add its counts once more
    // It is a plane like any other.
    CHECK(daemon.post("/v1/apply").json()["unchanged"] == true);
    CHECK(daemon.post("/v1/orders/one/lift").json()["outcome"] == "ok");
    CHECK(passes(frame_to(kBlocked)));
    CHECK(leaks.count() == 1); // it sees what passes
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE("kill -9 during a takeover, at any moment: no packet passes, and the next daemon goes on")
{
    Running daemon(R"(, "interfaces": {"sub0": "subscriber"})");
    daemon.start();
    const auto rule = block(daemon);
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
    CHECK(packets(plane, rule) > 0);
    CHECK(packets(plane, rule) <= sent);
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE("a takeover that cannot be done leaves the old plane filtering and says why; down ends both")
{
    Running daemon(R"(, "interfaces": {"sub0": "subscriber"})");
    daemon.start();
    REQUIRE(daemon.post("/v1/orders", address_order("one", kBlocked)).status == 200);
    CHECK(daemon.end(SIGTERM) == 0);
    const auto frame = frame_to(kBlocked);
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

TEST_CASE("without a daemon, interdict up takes over from another layout under traffic; one that cannot says "
          "why")
{
    Running daemon(R"(, "interfaces": {"sub0": "subscriber"})");
    daemon.start();
    const auto rule = block(daemon);
    CHECK(daemon.end(SIGTERM) == 0);
    const auto up = [&](const std::string& state) {
        const auto out = daemon.folder() / "out";
        const int code =
            shell(fmt::format("{}/interdict --json --pin-path {} --state {} up > {}", INTERDICT_BINARY_DIR,
                              daemon.pins().string(), state, out.string()));
        return std::pair(WEXITSTATUS(code), read_file(out).value());
    };
    make_foreign(daemon.pins(), INTERDICT_LAYOUT_VERSION + 1);
    const Leaks leaks;
    Traffic traffic;
    const auto [refused, why] = up((daemon.folder() / "elsewhere").string());
    CHECK(refused == 1);
    CHECK_THAT(why, ContainsSubstring("has no file of the rules of generation 1"));
    CHECK(layout_of(daemon.pins()) == INTERDICT_LAYOUT_VERSION + 1);

    const auto [code, text] = up((daemon.folder() / "state").string());
    CHECK(code == 0);
    const auto said = Json::parse(text);
    CHECK(said["taken_over"] == true);
    CHECK(said["generation"] == 1);
    CHECK(said["interfaces"][0]["attached"] == true);
    CHECK(layout_of(daemon.pins()) == INTERDICT_LAYOUT_VERSION);
    const auto sent = traffic.stop();
    CHECK(leaks.count() == 0);
    CHECK(reaches(plane::Plane::adopt(daemon.pins(), plane::Access::Read).value(), rule, sent));
    CHECK(Json::parse(up((daemon.folder() / "state").string()).second)["taken_over"] == false);
}
