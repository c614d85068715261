// SPDX-License-Identifier: Apache-2.0
#include "watch/settings.h"

#include <filesystem>
#include <fstream>

#include <catch2/catch_test_macros.hpp>

using namespace interdict;
using namespace interdict::watch;

namespace {

Settings good(const std::string& text)
{
    const auto parsed = parse_settings(text, "watch.json");
    for (const auto& problem : parsed.problems)
        FAIL_CHECK(to_string(problem));
    return parsed.settings;
}

// The paths of what is wrong, each with a space behind it.
std::string bad(const std::string& text)
{
    std::string paths;
    for (const auto& problem : parse_settings(text, "watch.json").problems)
        paths += problem.json_path + " ";
    return paths;
}

} // namespace

TEST_CASE("settings: resolvers alone are enough; the quorum is the majority")
{
    CHECK(good(R"({"resolvers": ["192.0.2.53"]})").quorum == 1);
    CHECK(good(R"({"resolvers": ["192.0.2.53", "192.0.2.54"]})").quorum == 2);
    const auto three = good(R"({"resolvers": ["192.0.2.53", "192.0.2.53:54", "[2001:db8::53]:5353"]})");
    CHECK(three.quorum == 2);
    REQUIRE(three.resolvers.size() == 3);
    CHECK(to_string(three.resolvers[0]) == "192.0.2.53");
    CHECK(to_string(three.resolvers[1]) == "192.0.2.53:54");
    CHECK(to_string(three.resolvers[2]) == "[2001:db8::53]:5353");
    CHECK(three.banners.size() == built_in_banners().size());
}

TEST_CASE("settings: everything at once")
{
    const auto settings = good(R"({
        "resolvers": ["192.0.2.1", "192.0.2.2", "192.0.2.3"], "quorum": 3, "interval": "PT2H", "ask_mx": true,
        "settled_after": {"checks": 5, "for": "P2D"}, "dead_after": {"checks": 9, "for": "P30D"},
        "built_in_banners": false,
        "banners": [{"label": "Police", "name_servers": ["Seized.Example."], "names": ["banner.example"],
                     "prefixes": ["198.51.100.0/24"]}, {"label": "Lot", "kind": "parked", "names": ["lot.example"]}],
        "stop_pages": ["203.0.113.1/32"],
        "candidates": [{"order": "it-1", "names": ["mirror.example"]}],
        "limits": {"names_per_check": 7, "per_second": 8, "concurrent": 9, "timeout_ms": 100, "tries": 1}})");
    CHECK(settings.quorum == 3);
    CHECK(settings.interval == 7200);
    CHECK(settings.mx);
    CHECK(settings.settled.checks == 5);
    CHECK(settings.settled.seconds == 2 * 86'400);
    CHECK(settings.dead.checks == 9);
    CHECK(settings.dead.seconds == 30 * 86'400);
    REQUIRE(settings.banners.size() == 2);
    CHECK(settings.banners[0].kind == Takeover::Seized);
    CHECK(settings.banners[0].name_servers == std::vector<std::string>{"seized.example"});
    CHECK(settings.banners[1].kind == Takeover::Parked);
    CHECK(settings.stop_pages.size() == 1);
    REQUIRE(settings.candidates.size() == 1);
    CHECK(settings.candidates[0].names == std::vector<std::string>{"mirror.example"});
    CHECK(settings.names_per_check == 7);
    CHECK(settings.pace.per_second == 8);
    CHECK(settings.pace.concurrent == 9);
    CHECK(settings.pace.timeout == 100);
    CHECK(settings.pace.tries == 1);
}

TEST_CASE("settings: resolvers are required, and each has one vote")
{
    CHECK(bad("{}") == "$.resolvers ");
    CHECK(bad(R"({"resolvers": []})") == "$.resolvers ");
    CHECK(bad(R"({"resolvers": ["192.0.2.53", "192.0.2.53:53"]})") == "$.resolvers[1] ");
    CHECK(bad(R"({"resolvers": ["dns.example"]})") == "$.resolvers[0] ");
    CHECK(bad(R"({"resolvers": ["192.0.2.53:"]})") == "$.resolvers[0] ");
    CHECK(bad(R"({"resolvers": ["192.0.2.53:0"]})") == "$.resolvers[0] ");
    CHECK(bad(R"({"resolvers": ["192.0.2.53:65536"]})") == "$.resolvers[0] ");
    CHECK(bad(R"({"resolvers": ["[2001:db8::53]53"]})") == "$.resolvers[0] ");
}

TEST_CASE("settings: a quorum below the majority would let two truths stand side by side")
{
    const std::string three = R"({"resolvers": ["192.0.2.1", "192.0.2.2", "192.0.2.3"], "quorum": )";
    CHECK(bad(three + "1}") == "$.quorum ");
    CHECK(bad(three + "2}").empty());
    CHECK(bad(three + "4}") == "$.quorum ");
}

TEST_CASE("settings: banner lists are loaded beside the settings; one that is not there is a problem")
{
    std::string pattern = (std::filesystem::temp_directory_path() / "interdict-watch-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()));
    const std::filesystem::path folder(pattern);
    std::ofstream(folder / "parking.json")
        << R"({"name": "Parking", "description": "", "version": 1, "type": "hostname",
               "list": ["parked.example", "lot.example"]})";
    std::ofstream(folder / "police.txt") << "seized.example # theirs\n203.0.113.0/24\n";
    std::ofstream(folder / "watch.json") << R"({"resolvers": ["192.0.2.1"], "built_in_banners": false,
        "banner_lists": [{"label": "MISP", "kind": "parked", "file": "parking.json", "format": "misp"},
                         {"label": "Police", "kind": "seized", "file": "police.txt"}]})";
    const auto loaded = load_settings(folder / "watch.json");
    for (const auto& problem : loaded.problems)
        FAIL_CHECK(to_string(problem));
    REQUIRE(loaded.settings.banners.size() == 2);
    CHECK(loaded.settings.banners[0].kind == Takeover::Parked);
    CHECK(loaded.settings.banners[0].name_servers ==
          std::vector<std::string>{"lot.example", "parked.example"});
    CHECK(loaded.settings.banners[1].kind == Takeover::Seized);
    CHECK(loaded.settings.banners[1].names == std::vector<std::string>{"seized.example"});
    CHECK(loaded.settings.banners[1].prefixes.size() == 1);

    std::filesystem::remove(folder / "police.txt");
    const auto again = load_settings(folder / "watch.json");
    REQUIRE(again.problems.size() == 1);
    CHECK(again.problems[0].file == (folder / "police.txt").string());
    CHECK(load_settings(folder / "none.json").problems.size() == 1);
    std::filesystem::remove_all(folder);
}

TEST_CASE("settings: strict: unknown keys, wrong types, bounds, garbled names")
{
    const std::string start = R"({"resolvers": ["192.0.2.1"], )";
    CHECK(bad(start + R"("interva": "PT1H"})") == "$.interva ");
    CHECK(bad(start + R"("interval": 5})") == "$.interval ");
    CHECK(bad(start + R"("interval": "PT59S"})") == "$.interval ");
    CHECK(bad(start + R"("dead_after": {"checks": 0}})") == "$.dead_after.checks ");
    CHECK(bad(start + R"("dead_after": {"days": 3}})") == "$.dead_after.days ");
    CHECK(bad(start + R"("banners": [{"label": "x"}]})") == "$.banners[0] ");
    CHECK(bad(start + R"("banners": [{"names": ["a.example"]}]})") == "$.banners[0].label ");
    CHECK(bad(start + R"("banners": [{"label": "x", "kind": "sold", "names": ["a.example"]}]})") ==
          "$.banners[0].kind ");
    CHECK(bad(start + R"("banners": [{"label": "x", "prefixes": ["192.0.2.1/24"]}]})") ==
          "$.banners[0].prefixes[0] ");
    CHECK(bad(start + R"("banner_lists": [{"label": "x", "file": "y", "format": "pdf"}]})") ==
          "$.banner_lists[0].format ");
    CHECK(bad(start + R"("banner_lists": [{"label": "x"}]})") == "$.banner_lists[0].file ");
    CHECK(bad(start + R"("candidates": [{"order": "o", "names": ["https://a.example/"]}]})") ==
          "$.candidates[0].names[0] ");
    CHECK(bad(start + R"("limits": {"tries": 11}})") == "$.limits.tries ");
    CHECK(bad("[]") == "$ ");
    CHECK(bad("{") == "$ ");
}
