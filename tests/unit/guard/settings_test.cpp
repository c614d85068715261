// SPDX-License-Identifier: Apache-2.0
#include "guard/settings.h"

#include <catch2/catch_test_macros.hpp>

#include "orders.h"

using namespace interdict;
using namespace interdict::guard;

TEST_CASE("settings: every field")
{
    const auto parsed = parse_settings(R"({
        "own": [{"label": "stop pages", "prefixes": ["93.184.216.0/24"],
                 "names": ["Stop.ISP.example", {"name": "www.isp.example", "match": "exact"}]}],
        "lists": [{"label": "AWS", "file": "aws.json", "format": "aws", "shared": true, "min_entries": 10,
                   "max_drop_percent": 5, "max_age": "P7D", "because": "many are there", "services": ["CLOUDFRONT"]},
                  {"label": "top", "file": "top.txt"}],
        "canaries": ["www.isp.example", "5.8.0.1", "2001:db8::1"],
        "max_width": {"ipv4": 28, "ipv6": 64}, "sharing": "hold", "require_expiry": false,
        "allow_special_purpose": ["10.66.0.0/16"]})",
                                       "guard.json");
    REQUIRE(parsed.ok());
    const Settings& settings = parsed.settings;
    REQUIRE(settings.own.size() == 1);
    CHECK(settings.own[0].label == "own: stop pages");
    CHECK(settings.own[0].kind == ListKind::Own);
    REQUIRE(settings.own[0].names.size() == 2);
    CHECK(settings.own[0].names[0].name == order::NameTarget{"stop.isp.example", order::Match::Subtree});
    CHECK(settings.own[0].names[1].name == order::NameTarget{"www.isp.example", order::Match::Exact});
    CHECK(settings.own[0].prefixes[0].prefix == prefix("93.184.216.0/24"));
    REQUIRE(settings.lists.size() == 2);
    const ListSpec& aws = settings.lists[0];
    CHECK(aws.format == Format::Aws);
    CHECK(aws.shared);
    CHECK(aws.min_entries == 10);
    CHECK(aws.max_drop_percent == 5);
    CHECK(aws.max_age == 7 * 86'400);
    CHECK(aws.services == std::vector<std::string>{"CLOUDFRONT"});
    CHECK(settings.lists[1].format == Format::Plain);
    CHECK(settings.lists[1].min_entries == 1);
    CHECK(settings.lists[1].max_age == 0);
    CHECK(settings.canary_names == std::vector<std::string>{"www.isp.example"});
    CHECK(settings.canary_addresses.size() == 2);
    CHECK(settings.max_width_v4 == 28);
    CHECK(settings.max_width_v6 == 64);
    CHECK(settings.sharing == Sharing::Hold);
    CHECK_FALSE(settings.require_expiry);
    CHECK(settings.allow_special_purpose == std::vector{prefix("10.66.0.0/16")});
}

TEST_CASE("settings: what holds where nothing is said")
{
    const auto parsed = parse_settings("{}", "guard.json");
    REQUIRE(parsed.ok());
    CHECK(parsed.settings.max_width_v4 == 24);
    CHECK(parsed.settings.max_width_v6 == 48);
    CHECK(parsed.settings.sharing == Sharing::Acknowledge);
    CHECK(parsed.settings.require_expiry);
    CHECK(parsed.settings.allow_special_purpose == Settings::documentation_space());
    CHECK(parse_settings(R"({"allow_special_purpose": []})", "").settings.allow_special_purpose.empty());
}

TEST_CASE("settings: every problem in one pass, with its path")
{
    const auto parsed = parse_settings(R"({
        "owns": [], "own": [{"label": "x", "prefixes": ["10.0.0.1/8"], "names": ["com", {"name": "a.example", "match": "all"}]},
                            {"label": "nothing"}, {"names": ["a.example"]}],
        "lists": [{"label": "a", "file": "f", "format": "mips", "min_entries": 0, "max_drop_percent": 101,
                   "max_age": "P1M", "shared": "yes", "services": ["S3"]}, {"label": "a", "file": "g"}, {}],
        "canaries": ["https://a.example/", 7], "max_width": {"ipv4": 0, "ipv5": 1}, "sharing": "maybe",
        "require_expiry": 1, "allow_special_purpose": ["10.0.0.0"]})",
                                       "guard.json");
    std::vector<std::string> paths;
    for (const auto& problem : parsed.problems)
        paths.push_back(problem.json_path);
    CHECK(paths == std::vector<std::string>{"$.owns",
                                            "$.own[0].names[0]",
                                            "$.own[0].names[1].match",
                                            "$.own[0].prefixes[0]",
                                            "$.own[1]",
                                            "$.own[2].label",
                                            "$.lists[0].format",
                                            "$.lists[0].shared",
                                            "$.lists[0].min_entries",
                                            "$.lists[0].max_drop_percent",
                                            "$.lists[0].max_age",
                                            "$.lists[0].services",
                                            "$.lists[1].label",
                                            "$.lists[2].label",
                                            "$.lists[2].file",
                                            "$.canaries[0]",
                                            "$.canaries[1]",
                                            "$.max_width.ipv5",
                                            "$.max_width.ipv4",
                                            "$.sharing",
                                            "$.require_expiry",
                                            "$.allow_special_purpose[0]"});
    CHECK(parsed.problems[6].remedy == "write \"misp\"");
    CHECK(parse_settings("{", "guard.json").problems.size() == 1);
    CHECK(parse_settings("[]", "guard.json").problems.size() == 1);
}
