// SPDX-License-Identifier: Apache-2.0
#include "order/parse.h"

#include <string>

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

using namespace interdict::order;

namespace {

ParsedScopes scope_with(const std::string& fields)
{
    return parse_scopes(fmt::format(R"({{"scopes": [{{"name": "s", {}}}]}})", fields), "s.json");
}

} // namespace

TEST_CASE("scopes: interfaces, VLANs with ranges, prefixes")
{
    const ParsedScopes parsed = scope_with(
        R"("interfaces": ["eth1"], "vlans": [100, "200-299"], "prefixes": ["100.64.0.0/10", "2001:db8::/32"])");
    REQUIRE(parsed.ok());
    REQUIRE(parsed.scopes.size() == 1);
    CHECK(parsed.scopes[0].interfaces == std::vector<std::string>{"eth1"});
    CHECK(parsed.scopes[0].vlans == std::vector<VlanRange>{{100, 100}, {200, 299}});
    CHECK(to_string(parsed.scopes[0].prefixes.at(1)) == "2001:db8::/32");
}

TEST_CASE("scopes: each fault with its path, message and remedy")
{
    struct Row {
        const char* fields;
        const char* path;
        const char* message;
        const char* remedy;
    };
    const Row rows[] = {
        {R"("vlan": [1], "vlans": [1])", "$.scopes[0].vlan", "is not a known key", "\"vlans\""},
        {R"("vlans": [])", "$.scopes[0].vlans", "is empty", "leave it out"},
        {R"("vlans": [0])", "$.scopes[0].vlans[0]", "outside of the VLANs 1 to 4094", "200-299"},
        {R"("vlans": [4095])", "$.scopes[0].vlans[0]", "outside of the VLANs 1 to 4094", "200-299"},
        {R"("vlans": ["20-10"])", "$.scopes[0].vlans[0]", "ends before it starts", "\"10-20\""},
        {R"("vlans": [1.5])", "$.scopes[0].vlans[0]", "is a number", "integer"},
        {R"("interfaces": ["sixteen-bytes-xx"])", "$.scopes[0].interfaces[0]", "name of an interface",
         "15 bytes"},
        {R"("interfaces": ["a/b"])", "$.scopes[0].interfaces[0]", "name of an interface", "ip link"},
        {R"("interfaces": ["eth1", "eth1"])", "$.scopes[0].interfaces[1]", "twice", "keep one"},
        {R"("prefixes": ["100.64.0.1/10"])", "$.scopes[0].prefixes[0]", "bits set", "100.64.0.0/10"},
        {R"("prefixes": ["::/0"])", "$.scopes[0].prefixes[0]", "covers every address", "meant"},
    };
    for (const Row& row : rows) {
        INFO(row.fields);
        const ParsedScopes parsed = scope_with(row.fields);
        REQUIRE(parsed.problems.size() == 1);
        CHECK(parsed.scopes.empty());
        CHECK(parsed.problems[0].json_path == row.path);
        CHECK(parsed.problems[0].message.find(row.message) != std::string::npos);
        CHECK(parsed.problems[0].remedy.find(row.remedy) != std::string::npos);
    }
}

TEST_CASE("scopes: one that holds nowhere in particular, two of one name, no JSON")
{
    CHECK(parse_scopes(R"({"scopes": [{"name": "s"}]})", "f")
              .problems.at(0)
              .message.find("has no interfaces") == 0);
    const ParsedScopes twice =
        parse_scopes(R"({"scopes": [{"name": "s", "vlans": [1]}, {"name": "s", "vlans": [2]}]})", "f");
    REQUIRE(twice.problems.size() == 1);
    CHECK(twice.problems[0].json_path == "$.scopes[1].name");
    CHECK(twice.scopes.size() == 1);
    CHECK(parse_scopes("{", "f").problems.at(0).line == 1);
    CHECK_FALSE(parse_scopes(R"({"scopes": [{"name": "a b", "vlans": [1]}]})", "f").ok());
}

TEST_CASE("scopes: 32 fit, 33 do not")
{
    const auto scopes = [](int count) {
        std::string json = R"({"scopes": [)";
        for (int i = 0; i < count; ++i)
            json += fmt::format(R"({}{{"name": "s{}", "vlans": [{}]}})", i ? ", " : "", i, i + 1);
        return parse_scopes(json + "]}", "f");
    };
    CHECK(scopes(32).ok());
    const ParsedScopes many = scopes(33);
    REQUIRE(many.problems.size() == 1);
    CHECK(many.problems[0].message.find("33 scopes") != std::string::npos);
    CHECK(many.scopes.size() == 32);
}
