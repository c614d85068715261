// SPDX-License-Identifier: Apache-2.0
//
// One row per thing that can be wrong in an order file: the path, a part of the message and of the remedy.
#include "order/parse.h"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

using namespace interdict::order;

namespace {

struct Row {
    const char* title;
    std::string json; // of the whole file
    const char* path;
    const char* message;
    const char* remedy;
};

const std::string kHead = R"("id": "o", "kind": "court-order", "authority": "Court", "reference": "1/22",
    "jurisdiction": "IT", "issued": "2022-07-11", "effective": "2022-07-12T00:00:00Z")";

// An order with these targets and further fields.
std::string order_with(const std::string& targets, const std::string& more = "")
{
    return fmt::format(R"({{"orders": [{{{}{}, "targets": [{}]}}]}})", kHead, more.empty() ? "" : ", " + more,
                       targets);
}

std::string target(const std::string& fields) { return order_with("{" + fields + "}"); }

std::string named(const std::string& name) { return target(fmt::format(R"("name": "{}")", name)); }

std::string prefixed(const std::string& prefix)
{
    return target(fmt::format(R"("prefix": "{}", "expires": "2030-01-01T00:00:00Z")", prefix));
}

std::string field(const std::string& more) { return order_with(R"({"name": "a.example"})", more); }

// The head with one field replaced.
std::string head_with(const std::string& from, const std::string& to)
{
    std::string json = field("");
    const auto at = json.find(from);
    REQUIRE(at != json.npos);
    return json.replace(at, from.size(), to);
}

std::string labels(unsigned count)
{
    std::string name;
    for (unsigned i = 1; i < count; ++i)
        name += "a.";
    return name + "example";
}

std::vector<Row> rows()
{
    constexpr const char* kName = "$.orders[0].targets[0].name";
    constexpr const char* kPrefix = "$.orders[0].targets[0].prefix";
    constexpr const char* kPorts = "$.orders[0].targets[0].ports";
    const std::string soon = R"("expires": "2030-01-01T00:00:00Z")";
    return {
        {"root is a list", "[]", "$", "is a list", "an object"},
        {"no orders", "{}", "$.orders", "is missing", "{\"orders\": [...]}"},
        {"orders is an object", R"({"orders": {}})", "$.orders", "is an object", "a list"},
        {"unknown key at the root", R"({"orders": [], "order": 1})", "$.order", "is not a known key",
         "\"orders\""},
        {"an order is a string", R"({"orders": ["x"]})", "$.orders[0]", "is a string", "an object"},
        {"unknown key in an order, nearest", field(R"("juristiction": "IT")"), "$.orders[0].juristiction",
         "is not a known key", "\"jurisdiction\""},
        {"unknown key with a dot", field(R"("a.b": 1)"), "$.orders[0][\"a.b\"]", "is not a known key",
         "one of id"},
        {"repeated key", field(R"("mode": "enforce", "mode": "observe")"), "$.orders[0].mode",
         "repeats a key", "keep one"},
        {"id missing", head_with(R"("id": "o", )", ""), "$.orders[0].id", "is missing", "a name of your own"},
        {"id null", head_with(R"("id": "o")", R"("id": null)"), "$.orders[0].id", "is missing",
         "a name of your own"},
        {"id with a space", head_with(R"("id": "o")", R"("id": "o o")"), "$.orders[0].id", "printable ASCII",
         "letters, digits"},
        {"id of 129 bytes", head_with(R"("id": "o")", R"("id": ")" + std::string(129, 'i') + '"'),
         "$.orders[0].id", "is not 1 to 128", "letters, digits"},
        {"id a number", head_with(R"("id": "o")", R"("id": 7)"), "$.orders[0].id", "is an integer",
         "a string"},
        {"kind misspelt", head_with("court-order", "cuort-order"), "$.orders[0].kind", "is not a kind",
         "\"court-order\""},
        {"kind disclosure", head_with("court-order", "disclosure"), "$.orders[0].kind", "who somebody is",
         "only a court-order or an administrative-order"},
        {"kind report", head_with("court-order", "report"), "$.orders[0].kind", "obliges nobody",
         "only a court-order or an administrative-order"},
        {"authority empty", head_with(R"("Court")", R"(" ")"), "$.orders[0].authority", "is empty",
         "the court"},
        {"authority with an escape sequence", head_with(R"("Court")", R"("\u001b[2J")"),
         "$.orders[0].authority", "control characters", "remove"},
        {"jurisdiction lower case", head_with(R"("IT")", R"("it")"), "$.orders[0].jurisdiction",
         "is not a country code", "two capital letters"},
        {"jurisdiction of three letters", head_with(R"("IT")", R"("ITA")"), "$.orders[0].jurisdiction",
         "is not a country code", "two capital letters"},
        {"issued on an impossible day", head_with("2022-07-11", "2022-02-29"), "$.orders[0].issued",
         "is not a date", "year-month-day"},
        {"issued as a timestamp", head_with("2022-07-11", "2022-07-11T00:00:00Z"), "$.orders[0].issued",
         "is not a date", "year-month-day"},
        {"effective without a time", head_with("2022-07-12T00:00:00Z", "2022-07-12"), "$.orders[0].effective",
         "is not a timestamp", "2022-07-12T00:00:00Z"},
        {"effective without an offset", head_with("2022-07-12T00:00:00Z", "2022-07-12T00:00:00"),
         "$.orders[0].effective", "is not a timestamp", "offset"},
        {"effective in month 13", head_with("2022-07-12T00:00:00Z", "2022-13-12T00:00:00Z"),
         "$.orders[0].effective", "is not a timestamp", "2022-07-12T00:00:00Z"},
        {"effective at the epoch", head_with("2022-07-12T00:00:00Z", "1970-01-01T00:00:00Z"),
         "$.orders[0].effective", "lies before 1970-01-01T00:00:01Z", "check the year"},
        {"effective missing", head_with(R"(, "effective": "2022-07-12T00:00:00Z")", ""),
         "$.orders[0].effective", "is missing", "from when"},
        {"expires equal to effective", field(R"("expires": "2022-07-12T02:00:00+02:00")"),
         "$.orders[0].expires", "is not after effective", "null"},
        {"comply_within in months", field(R"("comply_within": "P1M")"), "$.orders[0].comply_within",
         "fixed length", "P30D"},
        {"comply_within a number", field(R"("comply_within": 30)"), "$.orders[0].comply_within",
         "is an integer", "a string"},
        {"status misspelt", field(R"("status": "actve")"), "$.orders[0].status", "is not a status",
         "\"active\""},
        {"mode misspelt", field(R"("mode": "observed")"), "$.orders[0].mode", "is not a mode", "\"observe\""},
        {"dynamic a string", field(R"("dynamic": "yes")"), "$.orders[0].dynamic", "is a string",
         "true or false"},
        {"means empty", field(R"("means": [])"), "$.orders[0].means", "is empty", "leave it out"},
        {"means unknown", field(R"("means": ["sni"])"), "$.orders[0].means[0]", "is not a means",
         "one of dns, tls, quic, http, address"},
        {"means twice", field(R"("means": ["tls", "tls"])"), "$.orders[0].means[1]", "twice", "keep one"},
        {"means address alone with a name", field(R"("means": ["address"])"), "$.orders[0].targets[0]",
         "means are \"address\" alone", "add means"},
        {"action of another channel", field(R"("actions": {"quic": "reset"})"), "$.orders[0].actions.quic",
         "is not an action of quic", "drop"},
        {"action for a means that is not there", field(R"("means": ["tls"], "actions": {"dns": "refused"})"),
         "$.orders[0].actions.dns", "does not have", "add \"dns\" to means"},
        {"action default", field(R"("actions": {"tls": "default"})"), "$.orders[0].actions.tls",
         "is not an action", "drop, reset"},
        {"action for an unknown channel", field(R"("actions": {"tsl": "drop"})"), "$.orders[0].actions.tsl",
         "is not a known key", "\"tls\""},
        {"scope twice", field(R"("scope": ["a", "a"])"), "$.orders[0].scope[1]", "twice", "keep one"},
        {"scope a string", field(R"("scope": "italy")"), "$.orders[0].scope", "is a string", "a list"},
        {"document without digest", field(R"("document": {"uri": "x"})"), "$.orders[0].document.sha256",
         "is missing", "64 hex digits"},
        {"document digest too short", field(R"("document": {"sha256": "abc"})"),
         "$.orders[0].document.sha256", "is not a SHA-256", "64 hex digits"},
        {"targets missing", fmt::format(R"({{"orders": [{{{}}}]}})", kHead), "$.orders[0].targets",
         "is missing", "names and prefixes"},
        {"targets empty", order_with(""), "$.orders[0].targets", "is empty", "what the order blocks"},
        {"target a string", order_with(R"("a.example")"), "$.orders[0].targets[0]", "is a string",
         "an object"},
        {"target without name or prefix", target(R"("match": "exact")"), "$.orders[0].targets[0]",
         "names no target", "\"name\" or \"prefix\""},
        {"target with both", target(R"("name": "a.example", "prefix": "192.0.2.1/32")"),
         "$.orders[0].targets[0]", "both a name and a prefix", "two targets"},
        {"ports beside a name", target(R"("name": "a.example", "ports": [443])"),
         "$.orders[0].targets[0].ports", "is not a known key", "name, match, expires"},
        {"match misspelt", target(R"("name": "a.example", "match": "subtre")"),
         "$.orders[0].targets[0].match", "is not a way to match", "\"subtree\""},
        {"name null", target(R"("name": null)"), kName, "is null", "host's name"},
        {"name empty", named(""), kName, "is empty", "host's name"},
        {"name a URL with a path", named("https://t.example/channel"), kName, "is a URL",
         "\"t.example\" only if the order means the whole host"},
        {"name with a path", named("t.example/channel"), kName, "is a URL", "\"t.example\""},
        {"name a wildcard", named("*.a.example"), kName, "is a wildcard",
         "\"a.example\" with \"match\": \"subtree\""},
        {"name a wildcard inside", named("a.*.example"), kName, "contains \"*\"", "letters, digits"},
        {"name with a port", named("a.example:443"), kName, "has a port", "\"a.example\""},
        {"name an e-mail address", named("me@a.example"), kName, "e-mail", "host's name"},
        {"name with a space", named("a example.org"), kName, "contains \" \"", "letters, digits"},
        {"name with NUL", named("a.example\\u0000.org"), kName, "NUL", "check"},
        {"name an IPv4 address", named("192.0.2.7"), kName, "is an address", "\"prefix\": \"192.0.2.7/32\""},
        {"name an IPv6 address", named("2001:db8::7"), kName, "is an address",
         "\"prefix\": \"2001:db8::7/128\""},
        {"name an IPv6 literal", named("[2001:db8::7]"), kName, "is an address", "2001:db8::7/128"},
        {"name a prefix", named("192.0.2.0/24"), kName, "is an address", "\"prefix\": \"192.0.2.0/24\""},
        {"name of digits alone", named("1.2.3"), kName, "is a number", "\"prefix\""},
        {"name a single label", named("localhost"), kName, "single label", "full name"},
        {"name a single label with a dot", named("com."), kName, "single label", "full name"},
        {"name a public suffix", named("co.uk"), kName, "public suffix", "\"match\": \"exact\""},
        {"name a private public suffix", named("ddns.net"), kName, "public suffix", "hosts below it"},
        {"name with an empty label", named("a..example"), kName, "empty label", "superfluous dot"},
        {"name with a leading dot", named(".a.example"), kName, "empty label", "superfluous dot"},
        {"name with two final dots", named("a.example.."), kName, "empty label", "superfluous dot"},
        {"name with a label of 64", named(std::string(64, 'a') + ".example"), kName, "label of 64 bytes",
         "check"},
        {"name of 254 bytes",
         named(std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." +
               std::string(62, 'd')),
         kName, "is 254 bytes long, 1 more", "check"},
        {"subtree of 17 labels", named(labels(17)), kName, "has 17 labels", "\"match\": \"exact\""},
        {"name with a label that does not decode", named("xn--99999999999.example"), kName, "does not decode",
         "in Unicode"},
        {"name with a disallowed character", named("\u2603.example"), kName,
         "no valid internationalised name", "xn--"},
        {"name ending in a misprint", named("kickasstorrents.\u00e0"), kName, "no top-level domain",
         "misprints"},
        {"name a number", target(R"("name": 7)"), kName, "is an integer", "a string"},
        {"exclusive and acknowledged at once",
         target(R"("prefix": "192.0.2.7/32", "expires": "2030-01-01T00:00:00Z", "exclusive": true,
                   "sharing_acknowledged": "x")"),
         "$.orders[0].targets[0].sharing_acknowledged", "stands beside \"exclusive\": true", "keep one"},
        {"an empty acknowledgement",
         target(
             R"("prefix": "192.0.2.7/32", "expires": "2030-01-01T00:00:00Z", "sharing_acknowledged": " ")"),
         "$.orders[0].targets[0].sharing_acknowledged", "is empty", "on what grounds"},
        {"a name with exclusive", target(R"("name": "a.example", "exclusive": true)"),
         "$.orders[0].targets[0].exclusive", "is not a known key", "name, match, expires"},
        {"prefix with host bits", prefixed("192.0.2.7/24"), kPrefix, "bits set beyond its length",
         "192.0.2.7/32 for the one address or 192.0.2.0/24"},
        {"prefix with host bits, IPv6", prefixed("2001:db8::7/64"), kPrefix, "bits set beyond its length",
         "2001:db8::7/128 for the one address or 2001:db8::/64"},
        {"prefix without a length", prefixed("192.0.2.7"), kPrefix, "has no prefix length", "192.0.2.7/32"},
        {"prefix of length 0", prefixed("0.0.0.0/0"), kPrefix, "covers every address", "that are meant"},
        {"prefix of length 33", prefixed("192.0.2.0/33"), kPrefix, "above 32", "1 to 32"},
        {"prefix of length 129", prefixed("2001:db8::/129"), kPrefix, "above 128", "1 to 128"},
        {"prefix with a padded length", prefixed("10.0.0.0/08"), kPrefix, "no plain number",
         "ADDRESS/LENGTH"},
        {"prefix with a signed length", prefixed("10.0.0.0/+8"), kPrefix, "no plain number",
         "ADDRESS/LENGTH"},
        {"prefix IPv4-mapped", prefixed("::ffff:192.0.2.7/128"), kPrefix, "IPv4-mapped", "192.0.2.7/32"},
        {"prefix IPv4-mapped whole", prefixed("::ffff:0:0/96"), kPrefix, "IPv4-mapped", "IPv4 prefixes"},
        {"prefix a name", prefixed("a.example/32"), kPrefix, "is not an address prefix", "ADDRESS/LENGTH"},
        {"prefix with leading zeros", prefixed("192.000.002.007/32"), kPrefix, "is not an address prefix",
         "ADDRESS/LENGTH"},
        {"address without expiry", target(R"("prefix": "192.0.2.7/32")"), "$.orders[0].targets[0].expires",
         "must end", "add \"expires\""},
        {"address expiring before effective",
         target(R"("prefix": "192.0.2.7/32", "expires": "2022-07-12T00:00:00Z")"),
         "$.orders[0].targets[0].expires", "is not after", "later time"},
        {"protocol unknown", target(R"("prefix": "192.0.2.7/32", "protocol": "sctp", )" + soon),
         "$.orders[0].targets[0].protocol", "is not a protocol", "\"tcp\""},
        {"protocol 0", target(R"("prefix": "192.0.2.7/32", "protocol": 0, )" + soon),
         "$.orders[0].targets[0].protocol", "is not a protocol", "1 to 255"},
        {"protocol 256", target(R"("prefix": "192.0.2.7/32", "protocol": 256, )" + soon),
         "$.orders[0].targets[0].protocol", "is not a protocol", "1 to 255"},
        {"ports without a protocol", target(R"("prefix": "192.0.2.7/32", "ports": [443], )" + soon), kPorts,
         "needs a protocol", "\"tcp\" or \"udp\""},
        {"ports of icmp", target(R"("prefix": "192.0.2.7/32", "protocol": "icmp", "ports": [8], )" + soon),
         kPorts, "has no ports", "leave the ports out"},
        {"ports empty", target(R"("prefix": "192.0.2.7/32", "protocol": "tcp", "ports": [], )" + soon),
         kPorts, "is empty", "leave it out"},
        {"port 0", target(R"("prefix": "192.0.2.7/32", "protocol": "tcp", "ports": [0], )" + soon),
         "$.orders[0].targets[0].ports[0]", "outside of the ports 1 to 65535", "8000"},
        {"port 65536",
         target(R"("prefix": "192.0.2.7/32", "protocol": "tcp", "ports": [80, 65536], )" + soon),
         "$.orders[0].targets[0].ports[1]", "outside of the ports 1 to 65535", "8000"},
        {"port range backwards",
         target(R"("prefix": "192.0.2.7/32", "protocol": "tcp", "ports": ["90-80"], )" + soon),
         "$.orders[0].targets[0].ports[0]", "ends before it starts", "\"80-90\""},
        {"port as a string",
         target(R"("prefix": "192.0.2.7/32", "protocol": "tcp", "ports": ["443"], )" + soon),
         "$.orders[0].targets[0].ports[0]", "is not a port or a range", "\"8000-8100\""},
        {"five port ranges",
         target(R"("prefix": "192.0.2.7/32", "protocol": "tcp", "ports": [1, 3, 5, 7, 9], )" + soon), kPorts,
         "has 5 separate ranges, a target can have 4", "several targets"},
        {"target twice, in another case", order_with(R"({"name": "a.example"}, {"name": "A.Example."})"),
         "$.orders[0].targets[1].name", "is already $.orders[0].targets[0]", "keep one"},
        {"target twice, exact and subtree",
         order_with(R"({"name": "a.example"}, {"name": "a.example", "match": "exact"})"),
         "$.orders[0].targets[1].name", "is already $.orders[0].targets[0]", "keep one"},
        {"prefix twice", order_with(R"({"prefix": "192.0.2.7/32"}, {"prefix": "192.0.2.7/32"})", soon),
         "$.orders[0].targets[1].prefix", "is already $.orders[0].targets[0]", "keep one"},
        {"exempt outside of the targets", field(R"("exempt": [{"name": "b.example"}])"),
         "$.orders[0].exempt[0].name", "is not below any subtree target", "remove it"},
        {"exempt below an exact target",
         order_with(R"({"name": "a.example", "match": "exact"})", R"("exempt": [{"name": "b.a.example"}])"),
         "$.orders[0].exempt[0].name", "is not below any subtree target", "remove it"},
        {"exempt that ends like a target", field(R"("exempt": [{"name": "ba.example"}])"),
         "$.orders[0].exempt[0].name", "is not below any subtree target", "remove it"},
        {"exempt and target at once", field(R"("exempt": [{"name": "a.example"}])"),
         "$.orders[0].exempt[0].name", "both a target and exempt", "remove one"},
        {"exempt twice", field(R"("exempt": [{"name": "b.a.example"}, {"name": "b.a.example"}])"),
         "$.orders[0].exempt[1].name", "exempt twice", "keep one"},
        {"exempt with an expiry", field(R"("exempt": [{"name": "b.a.example", "expires": null}])"),
         "$.orders[0].exempt[0].expires", "is not a known key", "name, match"},
        {"exempt without a name", field(R"("exempt": [{"match": "exact"}])"), "$.orders[0].exempt[0].name",
         "is missing", "stays reachable"},
    };
}

} // namespace

TEST_CASE("bad input: every fault is told with path, message and remedy")
{
    for (const Row& row : rows()) {
        const Parsed parsed = parse_orders(row.json, "orders.json");
        INFO(row.title << "\n" << row.json);
        for (const Problem& problem : parsed.problems)
            INFO(to_string(problem));
        CHECK_FALSE(parsed.ok());
        CHECK(parsed.problems.size() == 1);
        const bool found = std::ranges::any_of(parsed.problems, [&](const Problem& problem) {
            return problem.json_path == row.path && problem.message.find(row.message) != std::string::npos &&
                   problem.remedy.find(row.remedy) != std::string::npos && problem.file == "orders.json" &&
                   problem.line > 0;
        });
        std::string all;
        for (const Problem& problem : parsed.problems)
            all += to_string(problem) + "\n";
        INFO(all);
        CHECK(found);
    }
}

TEST_CASE("a duplicate order id in one file is a problem, the first order stands")
{
    const std::string one = fmt::format(R"({{{}, "targets": [{{"name": "a.example"}}]}})", kHead);
    const Parsed parsed = parse_orders(fmt::format(R"({{"orders": [{}, {}]}})", one, one), "f");
    REQUIRE(parsed.problems.size() == 1);
    CHECK(parsed.problems[0].json_path == "$.orders[1].id");
    CHECK(parsed.problems[0].message == "is already the id of $.orders[0]");
    REQUIRE(parsed.orders.size() == 1);
    CHECK(parsed.orders[0].json_path == "$.orders[0]");
}

TEST_CASE("text that is not JSON: one problem with line and column, no order")
{
    const std::string good = field("");
    const auto check = [](const std::string& json, std::size_t line, std::size_t column) {
        const Parsed parsed = parse_orders(json, "f");
        INFO(json);
        REQUIRE(parsed.problems.size() == 1);
        INFO(to_string(parsed.problems[0]));
        CHECK(parsed.orders.empty());
        CHECK(parsed.problems[0].json_path == "$");
        CHECK(parsed.problems[0].line == line);
        CHECK(parsed.problems[0].column == column);
    };
    check("", 1, 1);
    check("{\"orders\": [\n  {\"id\": }\n]}", 2, 10);
    check("{\"orders\": []} x", 1, 16);
    check("{\"orders\": [1,]}", 1, 15);
    check("{\"orders\": [\"\xff\"]}", 1, 14);
    CHECK(parse_orders(good.substr(0, good.size() / 2), "f").problems.size() == 1);
    // Half-written files of any length: never an order, never a crash.
    for (std::size_t length = 0; length < good.size(); ++length)
        CHECK(parse_orders(good.substr(0, length), "f").orders.empty());
}

TEST_CASE("hostile shapes: deep nesting, very many members")
{
    CHECK(parse_orders(std::string(100000, '['), "f").problems.at(0).message.find("nested more than 32") !=
          std::string::npos);
    std::string wide = "{";
    for (int i = 0; i < 65; ++i)
        wide += fmt::format("\"k{}\": 1,", i);
    wide.back() = '}';
    CHECK(parse_orders(wide, "f").problems.at(0).message.find("more than 64 members") != std::string::npos);
}

TEST_CASE("problems beyond the limit are counted")
{
    std::string targets;
    for (int i = 0; i < 30; ++i)
        targets += (i ? ", " : "") + fmt::format(R"({{"name": "bad{}"}})", i);
    const Parsed parsed = parse_orders(order_with(targets), "f", {.max_problems = 10});
    CHECK(parsed.problems.size() == 10);
    CHECK(parsed.unlisted == 20);
    CHECK_FALSE(parsed.ok());
    CHECK(parsed.orders.empty());
}

TEST_CASE("lines are those of the value, also for numbers at a line's end")
{
    const std::string json =
        "{\n\"orders\": [{" + kHead + ",\n\"targets\": [\n{\"prefix\": \"192.0.2.7/32\",\n" +
        "\"expires\": \"2030-01-01T00:00:00Z\",\n\"protocol\": 300\n},\n{\"name\": \"com\"}]}]}";
    const Parsed parsed = parse_orders(json, "f");
    REQUIRE(parsed.problems.size() == 2);
    const auto line_of = [&](std::string_view part) {
        return 1 + std::count(json.begin(), json.begin() + static_cast<long>(json.find(part)), '\n');
    };
    CHECK(parsed.problems[0].line == static_cast<std::size_t>(line_of("300")));
    CHECK(parsed.problems[1].line == static_cast<std::size_t>(line_of("\"com\"")));
}

TEST_CASE("a problem is one line without control characters")
{
    const Parsed parsed = parse_orders(named("a\\n\\u001b[31m\\u009b.example"), "f\n.json");
    REQUIRE(parsed.problems.size() == 1);
    const std::string line = to_string(parsed.problems[0]);
    CHECK(std::ranges::none_of(line, [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
    CHECK(line.find("\\x1b[31m\\xc2\\x9b") != std::string::npos);
}
