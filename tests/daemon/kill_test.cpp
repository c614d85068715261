// SPDX-License-Identifier: Apache-2.0
//
// kill -9 under traffic, again and again, at whatever moment it comes.
#include <atomic>
#include <csignal>
#include <random>
#include <sys/wait.h>
#include <thread>

#include <catch2/catch_test_macros.hpp>

#include "client.h"

using namespace interdict;
using namespace interdict::test;

namespace {

constexpr int kKills = 200;

const std::string kBlockedAlways = "198.51.100.7";

} // namespace

TEST_CASE("200 kills under traffic and changes: no packet of a live rule passes, no counter goes backwards")
{
    Running daemon(R"(, "interfaces": {"sub0": "subscriber"})");
    daemon.start();
    const auto added = daemon.post("/v1/orders", address_order("always", kBlockedAlways));
    REQUIRE(added.status == 200);
    const auto rule = added.json()["diff"]["added"][0]["rule"].get<std::uint32_t>();
    const auto plane = plane::Plane::adopt(daemon.pins(), plane::Access::Read).value();
    const auto frame = lifecycle::frame_to(kBlockedAlways);

    std::mt19937 random(7);
    std::uint64_t sent = 0;
    std::uint64_t before = 0;
    for (int kill = 0; kill < kKills; ++kill) {
        INFO("kill " << kill << ": " << daemon.log());
        // A change is under way when the blow falls: the daemon may have answered, or begun, or neither.
        std::atomic<bool> asked = false;
        std::thread changing([&, id = fmt::format("o{}", kill), door = daemon.door()] {
            asked = true;
            static_cast<void>(send(door, "POST", "/v1/orders", address_order(id, "198.51.100.9")));
            static_cast<void>(send(door, "POST", "/v1/orders/" + id + "/lift"));
        });
        while (!asked)
            std::this_thread::yield();
        const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(random() % 60'000);
        while (std::chrono::steady_clock::now() < end) {
            lifecycle::Namespace::send(frame);
            ++sent;
        }
        daemon.end(SIGKILL);
        changing.join();
        lifecycle::Namespace::send(frame); // nobody is there but the kernel
        ++sent;
        // Each of them was judged by the rule: so none passed.
        REQUIRE(lifecycle::reaches(plane, rule, sent));
        REQUIRE(lifecycle::packets(plane, rule) >= before);
        before = lifecycle::packets(plane, rule);
        daemon.start();
    }
    CHECK_FALSE(passes(frame));
    CHECK(daemon.get("/v1/audit/verify").json()["ok"] == true);
    // What the book has is what is live, whatever was cut short.
    const auto orders = daemon.get("/v1/orders?status=active").json()["orders"].size();
    const auto applied = daemon.post("/v1/apply").json();
    CHECK(applied["unchanged"] == true);
    CHECK(orders >= 1);
    CHECK(daemon.end(SIGTERM) == 0);
    CHECK_FALSE(passes(frame));
}
