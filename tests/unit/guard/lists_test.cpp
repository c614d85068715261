// SPDX-License-Identifier: Apache-2.0
#include "guard/lists.h"

#include <catch2/catch_test_macros.hpp>

#include "orders.h"

using namespace interdict;
using namespace interdict::guard;

namespace {

ReadList read(Format format, std::string_view text, bool shared = false)
{
    return read_list(
        text,
        {.label = "list", .file = {}, .format = format, .shared = shared, .because = {}, .services = {}},
        "list.txt");
}

// "a.example and below, 192.0.2.0/24".
std::string entries(const ReadList& read)
{
    std::string out;
    for (const auto& entry : read.list.names)
        out += (out.empty() ? "" : ", ") + order::to_string(entry.name);
    for (const auto& entry : read.list.prefixes)
        out += (out.empty() ? "" : ", ") + order::to_string(entry.prefix);
    return out;
}

} // namespace

TEST_CASE("plain lists: names, prefixes, addresses, comments and any line end")
{
    const auto list = read(Format::Plain, "# ips-v4\r\n104.16.0.0/13\r\n\n 5.5.5.5 # one\n2606:4700::/32\n"
                                          "Google.COM.\n*.kept.example\n.also.example\nblogspot.com");
    CHECK(list.problems.empty());
    // blogspot.com is a public suffix: its entry is about itself alone.
    CHECK(entries(list) ==
          "also.example and below, blogspot.com, google.com and below, kept.example and below, "
          "5.5.5.5/32, 104.16.0.0/13, 2606:4700::/32");
}

TEST_CASE("plain lists: each bad line is told with its number, the others stand")
{
    const auto list =
        read(Format::Plain, "5.5.5.5/24\ncom\n\nhttps://a.example/\n300.1.1.1\n0.0.0.0/0\ngood.example\n");
    CHECK(entries(list) == "good.example and below");
    REQUIRE(list.problems.size() == 5);
    CHECK(order::to_string(list.problems[0]).starts_with("list.txt:1: entry: \"5.5.5.5/24\" has bits set"));
    CHECK(list.problems[1].line == 2);
    CHECK(list.problems[2].line == 4);
    CHECK(list.problems[3].line == 5);
    CHECK(list.problems[4].message == "covers every address");
}

TEST_CASE("lists have each entry once, sorted")
{
    const auto list = read(Format::Plain, "b.example\na.example\nB.example\n5.5.5.5\n5.5.5.5/32\n");
    CHECK(entries(list) == "a.example and below, b.example and below, 5.5.5.5/32");
}

TEST_CASE("MISP warninglists: cidr, hostname and string; others are refused")
{
    const auto misp = [](const std::string& type, const std::string& list) {
        return read(Format::Misp, R"({"name": "n", "description": "d", "version": 3, "type": ")" + type +
                                      R"(", "list": )" + list + R"(, "matching_attributes": ["ip-src"]})");
    };
    CHECK(entries(misp("cidr", R"(["188.114.96.0/20", "8.8.8.8", "2001:4860::/32"])")) ==
          "8.8.8.8/32, 188.114.96.0/20, 2001:4860::/32");
    CHECK(entries(misp("hostname", R"(["google.com", ".apple.com"])")) ==
          "apple.com and below, google.com and below");
    CHECK(entries(misp("string", R"(["google.com", "8.8.4.4"])")) == "google.com and below, 8.8.4.4/32");
    const auto substring = misp("substring", R"(["google"])");
    REQUIRE(substring.problems.size() == 1);
    CHECK(substring.problems[0].json_path == "$");
    CHECK(substring.problems[0].message.find("type \"substring\"") != std::string::npos);
    CHECK(substring.list.entries() == 0);

    const auto bad = misp("cidr", "[\n\"google.com\", 7]");
    REQUIRE(bad.problems.size() == 2);
    CHECK(bad.problems[0].json_path == "$.list[0]");
    CHECK(bad.problems[0].line == 2);
    CHECK(bad.problems[1].message == "is an integer");
    CHECK(read(Format::Misp, R"({"type": "cidr"})").problems.size() == 1);
    CHECK(read(Format::Misp, R"({"type": "cidr", "list": {}})").problems.size() == 1);
}

TEST_CASE("the shapes in which networks publish their ranges")
{
    CHECK(entries(read(Format::Cloudflare, R"({"result": {"ipv4_cidrs": ["104.16.0.0/13"],
        "ipv6_cidrs": ["2606:4700::/32"], "etag": "x"}, "success": true})")) ==
          "104.16.0.0/13, 2606:4700::/32");
    CHECK(entries(read(Format::Fastly,
                       R"({"addresses": ["23.235.32.0/20"], "ipv6_addresses": ["2a04:4e40::/32"]})")) ==
          "23.235.32.0/20, 2a04:4e40::/32");
    CHECK(entries(
              read(Format::Gcore,
                   R"({"addresses": ["92.223.74.19/32"], "addresses_v6": ["2a03:90c0:191:2801::8/128"]})")) ==
          "92.223.74.19/32, 2a03:90c0:191:2801::8/128");
    CHECK(entries(
              read(Format::Google, R"({"syncToken": "1", "creationTime": "2024-01-01T00:00:00", "prefixes": [
        {"ipv4Prefix": "8.8.4.0/24"}, {"ipv6Prefix": "2001:4860::/32"}]})")) == "8.8.4.0/24, 2001:4860::/32");

    const std::string aws = R"({"syncToken": "1", "prefixes": [
        {"ip_prefix": "3.5.140.0/22", "region": "x", "service": "AMAZON", "network_border_group": "x"},
        {"ip_prefix": "13.32.0.0/15", "region": "GLOBAL", "service": "CLOUDFRONT", "network_border_group": "x"}],
        "ipv6_prefixes": [{"ipv6_prefix": "2600:9000::/28", "service": "CLOUDFRONT"}]})";
    CHECK(entries(read(Format::Aws, aws)) == "3.5.140.0/22, 13.32.0.0/15, 2600:9000::/28");
    CHECK(entries(read_list(
              aws,
              {.label = "aws", .file = {}, .format = Format::Aws, .because = {}, .services = {"CLOUDFRONT"}},
              "ip-ranges.json")) == "13.32.0.0/15, 2600:9000::/28");
}

TEST_CASE("another shape than the one that was said gives no entries and one problem")
{
    for (const Format format :
         {Format::Misp, Format::Cloudflare, Format::Fastly, Format::Aws, Format::Google, Format::Gcore})
        for (const char* text : {"", "[]", "{}", "<html>", R"({"ranges": ["1.1.1.0/24"]})"}) {
            INFO(to_string(format) << " " << text);
            const auto list = read(format, text);
            CHECK(list.list.entries() == 0);
            REQUIRE(list.problems.size() == 1);
            CHECK(list.problems[0].json_path == "$");
        }
    const auto entry = read(Format::Google, R"({"prefixes": [{"ipv4": "1.1.1.0/24"}, "1.1.1.0/24"]})");
    CHECK(entry.list.entries() == 0);
    CHECK(entry.problems.size() == 2);
}

TEST_CASE("a shared network has prefixes alone")
{
    const auto list = read(Format::Plain, "104.16.0.0/13\ncloudflare.com\n", true);
    CHECK(entries(list) == "104.16.0.0/13");
    CHECK(list.list.kind == ListKind::Shared);
    CHECK(list.problems.size() == 1);
}

TEST_CASE("a list that is empty or shrank may not replace the good one; at the limit it may")
{
    ListSpec spec{
        .label = "list", .file = {}, .min_entries = 2, .max_drop_percent = 20, .because = {}, .services = {}};
    const auto with = [](std::size_t entries) {
        List list;
        list.names.resize(entries);
        return list;
    };
    const List good = with(100);
    CHECK(refusal(with(0), nullptr, spec) == "has 0 entries, fewer than min_entries, 2");
    CHECK(refusal(with(1), nullptr, spec).has_value());
    CHECK_FALSE(refusal(with(2), nullptr, spec));
    CHECK_FALSE(refusal(with(80), &good, spec));
    CHECK(refusal(with(79), &good, spec) ==
          "has 79 entries, 21% fewer than the 100 of the last good copy; max_drop_percent is 20");
    CHECK_FALSE(refusal(with(1000), &good, spec));
    spec.max_drop_percent = 100;
    CHECK_FALSE(refusal(with(2), &good, spec));
}
