// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <csignal>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/file.h"
#include "client.h"

using namespace interdict;
using namespace interdict::test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a feed is taken at the start and on request; one that shrinks too much leaves the one before it")
{
    Running daemon;
    REQUIRE(write_file(daemon.folder() / "basis.json", kListBasis));
    REQUIRE(write_file(daemon.folder() / "list.txt", "a.example\nb.example\nc.example\n"));
    daemon.write_config(R"(, "feeds": [{"name": "trial", "format": "plain", "file": "list.txt",
        "order": "basis.json", "interval": "P1D", "jitter": "PT0S"}])");
    daemon.start();
    std::uint64_t sequence = 0;
    auto event = daemon.next_event("feed", sequence);
    CHECK(event["message"] ==
          "feed trial: taken: 3 entries (0 before), 3 added, 0 lifted, 0 orders unchanged");
    auto feeds = daemon.get("/v1/feeds").json()["feeds"];
    REQUIRE(feeds.size() == 1);
    CHECK(feeds[0]["entries"] == 3);
    CHECK(feeds[0]["failed"].is_null());
    CHECK(feeds[0]["next"].is_string());
    CHECK(daemon.get("/v1/orders/list").json()["origin"] == "feed trial");
    CHECK(daemon.get("/v1/orders/list/history").json()["history"][0]["actor"] == "feed trial");

    REQUIRE(write_file(daemon.folder() / "list.txt", "a.example\nc.example\nd.example\n"));
    CHECK(daemon.post("/v1/feeds/trial/fetch").status == 200);
    event = daemon.next_event("feed", sequence);
    CHECK(event["message"] ==
          "feed trial: taken: 3 entries (3 before), 1 added, 1 lifted, 0 orders unchanged");

    REQUIRE(write_file(daemon.folder() / "list.txt", "a.example\n"));
    CHECK(daemon.post("/v1/feeds/trial/fetch").status == 200);
    event = daemon.next_event("feed-failed", sequence);
    CHECK_THAT(event["message"].get<std::string>(), ContainsSubstring("with 3 entries stays in force"));
    REQUIRE(std::filesystem::remove(daemon.folder() / "list.txt"));
    CHECK(daemon.post("/v1/feeds/trial/fetch").status == 200);
    event = daemon.next_event("feed-failed", sequence);
    feeds = daemon.get("/v1/feeds").json()["feeds"];
    CHECK(feeds[0]["entries"] == 3);
    CHECK_THAT(feeds[0]["failure"].get<std::string>(), ContainsSubstring("list.txt"));
    CHECK(daemon.get("/v1/status").json()["generation"]["targets"]["used"] == 3);

    // Tried a moment ago: a restart does not fetch again.
    CHECK(daemon.end(SIGTERM) == 0);
    REQUIRE(write_file(daemon.folder() / "list.txt", "a.example\nc.example\nd.example\ne.example\n"));
    daemon.start();
    CHECK(daemon.get("/v1/feeds").json()["feeds"][0]["entries"] == 3);
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE("an order that runs out is noted as expired when its time comes, and told")
{
    Running daemon;
    daemon.start();
    const auto end = now() + 2;
    const auto order =
        order_file("short", {"a.example"}, fmt::format(R"(, "expires": "{}")", format_timestamp(end)));
    REQUIRE(daemon.post("/v1/orders", order).status == 200);
    CHECK(daemon.get("/v1/orders/short").json()["status"] == "active");
    std::uint64_t sequence = 0;
    const auto event = daemon.next_event("expired", sequence);
    CHECK(event["data"]["order"] == "short");
    CHECK(now() >= end);
    CHECK(daemon.get("/v1/orders/short").json()["status"] == "expired");
    const auto history = daemon.get("/v1/orders/short/history").json()["history"];
    CHECK(history.back()["actor"] == "daemon");
    CHECK(daemon.get("/v1/status").json()["generation"]["targets"]["used"] == 0);
    // What had run out while nobody was there is noted at the next start.
    REQUIRE(
        daemon
            .post("/v1/orders", order_file("later", {"b.example"},
                                           fmt::format(R"(, "expires": "{}")", format_timestamp(now() + 2))))
            .status == 200);
    CHECK(daemon.end(SIGKILL) != 0);
    const auto wait = now() + 3;
    while (now() < wait)
        ::usleep(10'000);
    daemon.start();
    sequence = 0;
    CHECK(daemon.next_event("expired", sequence)["data"]["order"] == "later");
    CHECK(daemon.end(SIGTERM) == 0);
}
