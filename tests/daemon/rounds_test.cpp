// SPDX-License-Identifier: Apache-2.0
//
// The watch of names by the daemon, with name servers whose zone changes.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <csignal>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "client.h"
#include "watch/zones.h"

using namespace interdict;
using namespace interdict::test;
using Catch::Matchers::ContainsSubstring;

namespace {

// What is seen in one check counts. The silent one is asked again and again.
void write_settings(const Running& daemon, const watch::test::Zones& zones, unsigned timeout = 300)
{
    Json settings = {{"resolvers", Json::array()},
                     {"settled_after", {{"checks", 1}, {"for", "PT0S"}}},
                     {"dead_after", {{"checks", 1}, {"for", "PT0S"}}},
                     {"limits", {{"timeout_ms", timeout}, {"tries", 2}}}};
    for (const auto& server : zones.servers())
        settings["resolvers"].push_back(to_string(server));
    REQUIRE(write_file(daemon.folder() / "watch.json", settings.dump()));
}

constexpr char kDynamic[] = R"(, "dynamic": {"settings": "watch.json", "interval": "P1D"})";

} // namespace

TEST_CASE("the daemon watches the names of orders: what it finds is proposed, and a person decides")
{
    Running daemon(kDynamic);
    auto zones = watch::test::Zones::start(3);
    if (!zones)
        SKIP(zones.error().message);
    zones->command(R"({"set": "live.example", "records": {"A": ["192.0.2.7"]}})");
    write_settings(daemon, *zones);
    daemon.start();
    std::uint64_t sequence = 0;
    CHECK(daemon.next_event("round", sequence)["data"]["checked"] == 0);
    REQUIRE(daemon.post("/v1/orders", order_file("one", {"dead.example", "live.example"})).status == 200);
    CHECK(daemon.post("/v1/dynamic/check").json()["checking"] == true);
    auto event = daemon.next_event("proposal", sequence);
    CHECK(event["data"]["kind"] == "lift");
    CHECK(event["data"]["target"] == "dead.example and below");
    event = daemon.next_event("round", sequence);
    CHECK(event["data"]["checked"] == 2);
    CHECK(event["data"]["degraded"] == false);
    const auto number = event["data"]["proposals"][0].dump();
    const auto proposals = daemon.get("/v1/proposals").json()["proposals"];
    REQUIRE(proposals.size() == 1);
    CHECK(proposals[0]["proposer"] == "watch");
    // Nothing is applied by itself, and what is open is not proposed anew.
    CHECK(daemon.get("/v1/status").json()["generation"]["targets"]["used"] == 2);
    CHECK(daemon.post("/v1/dynamic/check?all=true").status == 200);
    event = daemon.next_event("round", sequence);
    CHECK(event["data"]["checked"] == 2);
    CHECK(daemon.get("/v1/proposals").json()["proposals"].size() == 1);
    CHECK(daemon.post_as("berta", "/v1/proposals/" + number + "/approve?reason=dead").status == 200);
    CHECK(daemon.get("/v1/status").json()["generation"]["targets"]["used"] == 1);

    zones->command(R"({"servers": [1, 2], "silent": true})");
    CHECK(daemon.post("/v1/dynamic/check?all=true&order=one").status == 200);
    event = daemon.next_event("round-failed", sequence);
    CHECK_THAT(event["message"].get<std::string>(), ContainsSubstring("1 of 3 resolvers answered"));
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE("without \"dynamic\" nothing is watched; settings with a problem are no configuration")
{
    Running daemon;
    daemon.start();
    CHECK(daemon.post("/v1/dynamic/check").status == 409);
    daemon.write_config(kDynamic);
    const auto answer = daemon.post("/v1/reload");
    CHECK(answer.status == 422);
    CHECK_THAT(answer.body, ContainsSubstring("watch.json"));
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE("name servers that never answer do not keep the daemon from ending")
{
    Running daemon(kDynamic);
    auto zones = watch::test::Zones::start(2);
    if (!zones)
        SKIP(zones.error().message);
    zones->command(R"({"silent": true})");
    write_settings(daemon, *zones, 10'000);
    daemon.start();
    std::uint64_t sequence = 0;
    daemon.next_event("round", sequence);
    REQUIRE(daemon.post("/v1/orders", order_file("one", {"a.example"})).status == 200);
    CHECK(daemon.post("/v1/dynamic/check").status == 200);
    CHECK(daemon.post("/v1/dynamic/check").status == 409); // one at a time
    const auto began = std::chrono::steady_clock::now();
    CHECK(daemon.end(SIGTERM) == 0);
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(8)); // not even one time-out
}
