// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "daemon/events.h"

using namespace interdict::daemon;
using namespace std::chrono_literals;

TEST_CASE("events: the newest are kept, numbered from 1 without gaps; of the others there is the tally")
{
    Events events(3);
    CHECK(events.last() == 0);
    CHECK(events.after(0, 0ms).empty());
    for (int i = 1; i <= 5; ++i)
        events.add(i % 2 ? Severity::Info : Severity::Error, "feed", "message " + std::to_string(i),
                   {{"number", i}});
    CHECK(events.last() == 5);
    const auto kept = events.after(0, 0ms);
    REQUIRE(kept.size() == 3);
    for (std::uint64_t i = 0; i < 3; ++i) {
        CHECK(kept[i].sequence == i + 3);
        const auto json = Json::parse(kept[i].line);
        CHECK(json["sequence"] == i + 3);
        CHECK(json["severity"] == (i % 2 ? "error" : "info"));
        CHECK(json["kind"] == "feed");
        CHECK(json["message"] == "message " + std::to_string(i + 3));
        CHECK(json["data"]["number"] == i + 3);
        CHECK(json["time"].get<std::string>().ends_with("Z"));
    }
    CHECK(events.after(4, 0ms).size() == 1);
    CHECK(events.after(5, 0ms).empty());
    CHECK(events.tally() == Events::Tally{{{"feed", Severity::Info}, 3}, {{"feed", Severity::Error}, 2}});
}

TEST_CASE("events: a line is one line of UTF-8, whatever was quoted; no data is null")
{
    Events events;
    events.add(Severity::Warning, "warning", "a\nb \xff c");
    const auto kept = events.after(0, 0ms);
    REQUIRE(kept.size() == 1);
    CHECK_FALSE(kept[0].line.contains('\n'));
    const auto json = Json::parse(kept[0].line);
    CHECK(json["message"] == "a\nb \xef\xbf\xbd c");
    CHECK(json["data"].is_null());
}

TEST_CASE("events: what is too long for a line is shortened, and the others stay")
{
    Events events;
    events.add(Severity::Info, "feed", "before");
    events.add(Severity::Error, "reload-failed", std::string(1'000'000, '\x01'), {{"more", "text"}});
    events.add(Severity::Info, "feed", "much data", {{"text", std::string(100'000, 'x')}});
    const auto kept = events.after(0, 0ms);
    REQUIRE(kept.size() == 3);
    CHECK(Json::parse(kept[0].line)["message"] == "before");
    const auto shortened = Json::parse(kept[1].line);
    CHECK(shortened["message"] == std::string(8192, '\x01') + "...");
    CHECK(shortened["kind"] == "reload-failed");
    CHECK(shortened["data"].is_null());
    CHECK(Json::parse(kept[2].line)["message"] == "much data");
}

TEST_CASE("events: long ones push more of the oldest out")
{
    Events events(100, 10'000);
    for (int i = 1; i <= 300; ++i)
        events.add(Severity::Info, "feed", std::string(static_cast<std::size_t>(i * 10), 'x'));
    const auto kept = events.after(0, 0ms);
    REQUIRE(kept.size() == 3); // of about 3,100 bytes
    for (std::size_t i = 0; i < 3; ++i)
        CHECK(Json::parse(kept[i].line)["message"].get<std::string>().size() == (298 + i) * 10);
}

TEST_CASE("events: who waits is woken by an event and by the end")
{
    Events events;
    std::vector<ToldEvent> woken;
    std::thread waiting([&] { woken = events.after(0, 1h); });
    events.add(Severity::Info, "plane", "up");
    waiting.join();
    CHECK(woken.size() == 1);
    std::thread last([&] { woken = events.after(1, 1h); });
    events.close();
    last.join();
    CHECK(woken.empty());
    CHECK(events.closed());
}

TEST_CASE("events: the sink is told of each, also of those that are not kept")
{
    Events events(1);
    std::vector<std::string> told;
    events.set_sink([&](const Event& event) { told.push_back(event.kind + ": " + event.message); });
    events.add(Severity::Info, "feed", "one");
    events.add(Severity::Info, "plane", "two");
    CHECK(told == std::vector<std::string>{"feed: one", "plane: two"});
    CHECK(events.after(0, 0ms).size() == 1);
}
