// SPDX-License-Identifier: Apache-2.0
#include "order/parse_answer.h"

#include <string>

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include "order/parse.h"

using namespace interdict::order;

namespace {

std::string order_text(const std::string& fields, const std::string& id = "o")
{
    return fmt::format(R"({{"id": "{}", "kind": "court-order", "authority": "Court", "reference": "1",
        "jurisdiction": "ZZ", "issued": "2020-01-01", "effective": "2020-01-01T00:00:00Z",
        "targets": [{{"name": "a.example"}}]{}{}}})",
                       id, fields.empty() ? "" : ", ", fields);
}

Parsed parse(const std::string& fields, const std::string& root = "")
{
    return parse_orders(
        fmt::format(R"({{"orders": [{}]{}{}}})", order_text(fields), root.empty() ? "" : ", ", root), "f");
}

Order order_of(const std::string& fields, const std::string& root = "")
{
    const Parsed parsed = parse(fields, root);
    for (const Problem& problem : parsed.problems)
        FAIL_CHECK(to_string(problem));
    REQUIRE(parsed.orders.size() == 1);
    return parsed.orders[0];
}

// The only problem, as it is told.
std::string problem_of(const std::string& fields, const std::string& root = "")
{
    const Parsed parsed = parse(fields, root);
    std::string all;
    for (const Problem& problem : parsed.problems)
        all += to_string(problem) + "\n";
    INFO(fields << root << "\n" << all);
    CHECK(parsed.problems.size() == 1);
    return all;
}

bool has(const std::string& text, const std::string& part)
{
    INFO(text);
    return text.find(part) != std::string::npos;
}

const std::string kSinkholed = R"("actions": {"dns": "sinkhole"}, "sinkhole": )";

std::string blocked_by(const std::string& url)
{
    return fmt::format(R"("notice": {{"blocked_by": "{}"}})", url);
}

} // namespace

TEST_CASE("sinkhole: one family or both, private and documentation addresses")
{
    const Order both = order_of(kSinkholed + R"({"ipv4": "10.0.0.53", "ipv6": "2001:db8::53"})");
    CHECK(both.actions[INTERDICT_CHANNEL_DNS] == INTERDICT_ACTION_SINKHOLE);
    REQUIRE(both.sinkhole.ipv4);
    CHECK(to_string(*both.sinkhole.ipv4) == "10.0.0.53/32");
    REQUIRE(both.sinkhole.ipv6);
    CHECK(to_string(*both.sinkhole.ipv6) == "2001:db8::53/128");
    const Order one = order_of(kSinkholed + R"({"ipv6": "2001:db8::53", "ipv4": null})");
    CHECK_FALSE(one.sinkhole.ipv4);
    CHECK(one.sinkhole.ipv6);
    CHECK(order_of("").sinkhole == Sinkhole{});
}

TEST_CASE("sinkhole: there exactly with the dns action, with an address of the right family")
{
    CHECK(has(problem_of(R"("actions": {"dns": "sinkhole"})"), "$.orders[0].sinkhole: is missing"));
    CHECK(has(problem_of(R"("sinkhole": {"ipv4": "192.0.2.53"})"), "actions.dns is not \"sinkhole\""));
    CHECK(has(problem_of(R"("actions": {"dns": "nxdomain"}, "sinkhole": {"ipv4": "192.0.2.53"})"),
              "actions.dns is not \"sinkhole\""));
    CHECK(has(problem_of(kSinkholed + "{}"), "has no address"));
    CHECK(has(problem_of(kSinkholed + "\"192.0.2.53\""), "is a string"));
    CHECK(has(problem_of(kSinkholed + R"({"ipv5": "192.0.2.53", "ipv4": "192.0.2.53"})"),
              "is not a known key; write \"ipv4\""));
    CHECK(has(problem_of(kSinkholed + R"({"ipv4": "2001:db8::53"})"), "is not an IPv4 address"));
    CHECK(has(problem_of(kSinkholed + R"({"ipv6": "192.0.2.53"})"), "is not an IPv6 address"));
    CHECK(has(problem_of(kSinkholed + R"({"ipv4": "192.0.2.0/24"})"), "is not an IPv4 address"));
    CHECK(has(problem_of(kSinkholed + R"({"ipv4": "stop.isp.example"})"), "is not an IPv4 address"));
}

TEST_CASE("sinkhole: addresses where no stop page can be are refused, their neighbours are not")
{
    const auto fault = [](const char* key, const char* address) {
        return problem_of(fmt::format(R"({}{{"{}": "{}"}})", kSinkholed, key, address));
    };
    CHECK(has(fault("ipv4", "0.0.0.0"), "this network"));
    CHECK(has(fault("ipv4", "127.0.0.1"), "loopback"));
    CHECK(has(fault("ipv4", "169.254.169.254"), "link-local"));
    CHECK(has(fault("ipv4", "224.0.0.251"), "multicast"));
    CHECK(has(fault("ipv4", "239.255.255.255"), "multicast"));
    CHECK(has(fault("ipv4", "255.255.255.255"), "broadcast"));
    CHECK(has(fault("ipv6", "::"), "unspecified"));
    CHECK(has(fault("ipv6", "::1"), "loopback"));
    CHECK(has(fault("ipv6", "::ffff:192.0.2.53"), "IPv4-mapped"));
    CHECK(has(fault("ipv6", "fe80::1"), "link-local"));
    CHECK(has(fault("ipv6", "ff02::1"), "multicast"));
    for (const char* good : {"1.0.0.0", "126.255.255.255", "128.0.0.1", "223.255.255.255", "100.64.0.1"})
        CHECK(order_of(fmt::format(R"({}{{"ipv4": "{}"}})", kSinkholed, good)).sinkhole.ipv4);
    for (const char* good : {"::2", "fec0::1", "fd00::53"})
        CHECK(order_of(fmt::format(R"({}{{"ipv6": "{}"}})", kSinkholed, good)).sinkhole.ipv6);
}

TEST_CASE("dns may be dropped; a sinkhole action without its means is told once")
{
    CHECK(order_of(R"("actions": {"dns": "drop"})").actions[INTERDICT_CHANNEL_DNS] == INTERDICT_ACTION_DROP);
    CHECK(has(problem_of(R"("means": ["tls"], "actions": {"dns": "sinkhole"})"), "does not have"));
}

TEST_CASE("notice: the file's holds for every order, an order's own replaces it whole")
{
    const std::string root = R"("notice": {"blocked_by": "https://isp.example/blocked",
        "complaint": "https://isp.example/c?a=1&b=2", "text": "Ist das ein Irrtum? \u00dcber uns."})";
    const Notice shared = order_of("", root).notice;
    CHECK(shared.blocked_by == "https://isp.example/blocked");
    CHECK(shared.complaint == "https://isp.example/c?a=1&b=2");
    CHECK(shared.text == "Ist das ein Irrtum? \u00dcber uns.");
    const Notice own = order_of(blocked_by("http://other.example"), root).notice;
    CHECK(own == Notice{.blocked_by = "http://other.example", .complaint = "", .text = ""});
    CHECK(order_of("").notice == Notice{});
    // The file's says nothing about an order that shows no page, and does not stand in its way.
    CHECK(order_of(R"("means": ["dns"])", root).notice == shared);
}

TEST_CASE("notice: a fault of the file's is told once, whatever number of orders it has")
{
    const Parsed parsed = parse_orders(fmt::format(R"({{"notice": {{"text": "x"}}, "orders": [{}, {}]}})",
                                                   order_text("", "one"), order_text("", "two")),
                                       "f");
    REQUIRE(parsed.problems.size() == 1);
    CHECK(has(to_string(parsed.problems[0]), "$.notice.blocked_by: is missing"));
}

TEST_CASE("notice: only in an order that shows one")
{
    const std::string notice = ", " + blocked_by("https://isp.example");
    CHECK(has(problem_of(R"("means": ["dns", "tls"])" + notice), "answers no HTTP request"));
    CHECK(has(problem_of(R"("actions": {"http": "reset"})" + notice), "answers no HTTP request"));
    CHECK(order_of(R"("actions": {"http": "notice"})" + notice).notice.blocked_by == "https://isp.example");
}

TEST_CASE("notice: URLs are safe in a header field and in a link")
{
    const auto fault = [](const std::string& url) { return problem_of(blocked_by(url)); };
    CHECK(has(fault("isp.example"), "is not a URL with http or https"));
    CHECK(has(fault("javascript://isp.example"), "is not a URL with http or https"));
    CHECK(has(fault("ftp://isp.example"), "is not a URL with http or https"));
    CHECK(has(fault("https://"), "without a host"));
    CHECK(has(fault("https:///path"), "without a host"));
    CHECK(has(fault("https://isp.example/\\r\\nX: y"), "no URL may have"));
    CHECK(has(fault("https://isp.example/>; rel=next"), "no URL may have"));
    CHECK(has(fault("https://isp.example/\\\"x"), "no URL may have"));
    CHECK(has(fault("https://b\u00fccher.example/"), "no URL may have"));
    CHECK(url_fault("https://isp.example/a%20b?x=[1]#f").empty());
}

TEST_CASE("notice: the longest URL and text pass, one byte more does not")
{
    const std::string start = "https://isp.example/";
    const std::string longest = start + std::string(kNoticeUrlMax - start.size(), 'p');
    CHECK(order_of(blocked_by(longest)).notice.blocked_by == longest);
    CHECK(has(problem_of(blocked_by(longest + "p")), "the limit is 120 bytes"));
    // In a link an ampersand takes five bytes.
    CHECK(url_fault(start + std::string((kNoticeUrlMax - start.size()) / 5, '&')).empty());
    CHECK_FALSE(url_fault(start + std::string((kNoticeUrlMax - start.size()) / 5 + 1, '&')).empty());
    const auto with_text = [](const std::string& text) {
        return fmt::format(R"("notice": {{"blocked_by": "https://isp.example", "text": "{}"}})", text);
    };
    CHECK(order_of(with_text(std::string(kNoticeTextMax, 't'))).notice.text.size() == kNoticeTextMax);
    CHECK(has(problem_of(with_text(std::string(kNoticeTextMax + 1, 't'))), "longer than 300 bytes"));
    CHECK(has(problem_of(with_text(std::string(1025, 't'))), "longer than 1024 bytes"));
    CHECK(has(problem_of(with_text("")), "is empty"));
    CHECK(has(problem_of(with_text("a\\nb")), "control characters"));
}

TEST_CASE("what a channel does by default is what the programs do")
{
    CHECK(resolved_action(INTERDICT_CHANNEL_ADDRESS, INTERDICT_ACTION_DEFAULT) == INTERDICT_ACTION_DROP);
    CHECK(resolved_action(INTERDICT_CHANNEL_TLS, INTERDICT_ACTION_DEFAULT) == INTERDICT_ACTION_RESET);
    CHECK(resolved_action(INTERDICT_CHANNEL_QUIC, INTERDICT_ACTION_DEFAULT) == INTERDICT_ACTION_DROP);
    CHECK(resolved_action(INTERDICT_CHANNEL_DNS, INTERDICT_ACTION_DEFAULT) == INTERDICT_ACTION_NXDOMAIN);
    CHECK(resolved_action(INTERDICT_CHANNEL_HTTP, INTERDICT_ACTION_DEFAULT) == INTERDICT_ACTION_NOTICE);
    CHECK(resolved_action(INTERDICT_CHANNEL_HTTP, INTERDICT_ACTION_RESET) == INTERDICT_ACTION_RESET);
}
