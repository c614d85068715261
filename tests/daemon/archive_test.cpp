// SPDX-License-Identifier: Apache-2.0
//
// What rules count is kept in the book, once, for the rule that counted it.
#include <map>

#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/file.h"
#include "book/book.h"
#include "client.h"

using namespace interdict;
using namespace interdict::test;

namespace {

constexpr char kConfig[] = R"(, "interfaces": {"sub0": "subscriber"}, "archive": {"interval": "PT1S"})";

std::string order_on(const std::string& id, const std::string& address)
{
    return fmt::format(R"({{"orders": [{{"id": "{}", "kind": "court-order", "authority": "A court",
        "reference": "1", "jurisdiction": "ZZ", "issued": "2022-01-01", "effective": "2022-01-01T00:00:00Z",
        "targets": [{{"prefix": "{}/32", "expires": "2099-01-01T00:00:00Z"}}]}}]}})",
                       id, address);
}

void hit(const Running& daemon, const std::string& address, std::uint32_t rule, std::uint64_t packets,
         std::uint64_t all)
{
    const auto plane = plane::Plane::adopt(daemon.pins(), plane::Access::Read).value();
    for (std::uint64_t i = 0; i < packets; ++i)
        lifecycle::Namespace::send(lifecycle::frame_to(address.c_str()));
    REQUIRE(lifecycle::reaches(plane, rule, all));
}

// Packets that the book has, by target; all of them by this channel.
std::map<std::string, std::uint64_t> kept(const Running& daemon, const std::string& order,
                                          unsigned channel = INTERDICT_CHANNEL_ADDRESS)
{
    const auto book = book::Book::open(daemon.folder() / "state/book.db", book::Access::Read).value();
    std::map<std::string, std::uint64_t> by_target;
    const auto counts = book.counts().of(order, 0, std::int64_t{1} << 40).value();
    for (const auto& count : counts) {
        CHECK(count.channel[channel] == count.packets);
        CHECK(count.bytes >= count.packets * 42);
        CHECK(count.hour % 3600 == 0);
        by_target[count.target] += count.packets;
    }
    return by_target;
}

// Waits until the book has so many.
void expect_kept(const Running& daemon, const std::string& order, const std::string& target,
                 std::uint64_t packets)
{
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (kept(daemon, order)[target] < packets && std::chrono::steady_clock::now() < end)
        ::usleep(20'000);
    INFO(order << " " << target << "\n" << daemon.log());
    CHECK(kept(daemon, order)[target] == packets);
}

std::uint32_t add(const Running& daemon, const std::string& id, const std::string& address)
{
    const auto json = daemon.post("/v1/orders", order_on(id, address)).json();
    INFO(json.dump());
    REQUIRE(json["published"] == true);
    return json["diff"]["added"][0]["rule"];
}

} // namespace

TEST_CASE("counts: kept in the book; a restart, kill -9 and another generation add nothing twice and lose "
          "nothing")
{
    Running daemon(kConfig);
    daemon.start();
    const auto rule = add(daemon, "one", "198.51.100.7");
    std::uint64_t sent = 5;
    hit(daemon, "198.51.100.7", rule, 5, sent);
    expect_kept(daemon, "one", "198.51.100.7/32", sent);
    CHECK(daemon.get("/v1/counters?order=one").json()["counts"][0]["channels"] == Json{{"address", 5}});
    // At any moment, also between a look and what is written of it.
    for (int round = 0; round < 12; ++round) {
        hit(daemon, "198.51.100.7", rule, 3, sent += 3);
        if (round % 3 == 2)
            daemon.end(SIGTERM);
        else
            daemon.end(SIGKILL);
        hit(daemon, "198.51.100.7", rule, 2, sent += 2); // nobody looks, the kernel counts
        daemon.start();
        ::usleep(static_cast<useconds_t>(round) * 7000); // into the middle of something else each time
    }
    expect_kept(daemon, "one", "198.51.100.7/32", sent);
    // A whole generation, and one in place: the counter goes on.
    add(daemon, "two", "198.51.100.8");
    REQUIRE(daemon.post("/v1/apply").status == 200);
    hit(daemon, "198.51.100.7", rule, 4, sent += 4);
    expect_kept(daemon, "one", "198.51.100.7/32", sent);
    CHECK(kept(daemon, "two").empty());
    CHECK(daemon.end(SIGTERM) == 0);
    // And nothing more while all is quiet.
    daemon.start();
    hit(daemon, "198.51.100.7", rule, 1, sent += 1);
    expect_kept(daemon, "one", "198.51.100.7/32", sent);
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE("counts: a number that is given again counts for its new rule alone, and the old one loses nothing")
{
    Running daemon(kConfig);
    // No look comes by itself in this test: what is kept is kept because the rule goes.
    daemon.write_config(R"(, "interfaces": {"sub0": "subscriber"}, "archive": {"interval": "PT1H"})");
    daemon.start();
    const auto rule = add(daemon, "old", "198.51.100.7");
    hit(daemon, "198.51.100.7", rule, 3, 3);
    REQUIRE(daemon.post("/v1/reload").status == 200); // keeps
    expect_kept(daemon, "old", "198.51.100.7/32", 3);
    hit(daemon, "198.51.100.7", rule, 4, 7);
    REQUIRE(daemon.post("/v1/orders/old/lift").status == 200);
    REQUIRE(add(daemon, "new", "198.51.100.9") == rule);
    hit(daemon, "198.51.100.9", rule, 9, 9);
    expect_kept(daemon, "old", "198.51.100.7/32", 7);
    // Killed before it was looked at; the number goes once more, twice.
    daemon.end(SIGKILL);
    daemon.start();
    expect_kept(daemon, "new", "198.51.100.9/32", 9);
    hit(daemon, "198.51.100.9", rule, 1, 10);
    REQUIRE(daemon.post("/v1/orders/new/lift").status == 200);
    REQUIRE(add(daemon, "third", "198.51.100.10") == rule);
    hit(daemon, "198.51.100.10", rule, 2, 2);
    REQUIRE(daemon.post("/v1/orders/third/lift").status == 200);
    REQUIRE(add(daemon, "fourth", "198.51.100.11") == rule);
    daemon.end(SIGKILL);
    daemon.start();
    expect_kept(daemon, "new", "198.51.100.9/32", 10);
    expect_kept(daemon, "third", "198.51.100.10/32", 2);
    CHECK(kept(daemon, "old") == std::map<std::string, std::uint64_t>{{"198.51.100.7/32", 7}});
    CHECK(kept(daemon, "fourth").empty());
    CHECK(daemon.end(SIGTERM) == 0);
}

TEST_CASE(
    "counts: another plane's counters begin at zero; what the plane before had counted is kept when it is "
    "taken down; every order that cites a rule has its count")
{
    Running daemon(kConfig);
    daemon.start();
    const auto rule = add(daemon, "one", "198.51.100.7");
    REQUIRE(daemon.post("/v1/orders", order_on("same", "198.51.100.7")).status == 200);
    hit(daemon, "198.51.100.7", rule, 6, 6);
    expect_kept(daemon, "one", "198.51.100.7/32", 6);
    CHECK(daemon.end(SIGTERM) == 0);
    hit(daemon, "198.51.100.7", rule, 2, 8);
    const auto interdict = fmt::format(INTERDICT_BINARY_DIR "/interdict --pin-path {} --state {}/state ",
                                       daemon.pins().string(), daemon.folder().string());
    REQUIRE(lifecycle::shell(interdict + "down > /dev/null") == 0);
    daemon.start(); // a new plane, with the rules of the book
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (daemon.get("/v1/status").json()["generation"].is_null() && std::chrono::steady_clock::now() < end)
        ::usleep(5000);
    hit(daemon, "198.51.100.7", rule, 7, 7);
    expect_kept(daemon, "one", "198.51.100.7/32", 15);
    expect_kept(daemon, "same", "198.51.100.7/32", 15);
    CHECK(daemon.end(SIGTERM) == 0);
    // The report needs no kernel.
    REQUIRE(lifecycle::shell(interdict + "down > /dev/null") == 0);
    const auto out = (daemon.folder() / "report.json").string();
    REQUIRE(lifecycle::shell(interdict + "report one --format json > " + out) == 0);
    const auto report = Json::parse(read_file(out).value());
    CHECK(report["total"]["packets"] == 15);
    CHECK(report["live"].is_null());
}
