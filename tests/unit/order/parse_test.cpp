// SPDX-License-Identifier: Apache-2.0
#include "order/parse.h"

#include <fstream>
#include <iterator>
#include <string>

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include "base/clock.h"

using namespace interdict;
using namespace interdict::order;

namespace {

std::string example(const std::string& name)
{
    std::ifstream file(std::string(INTERDICT_SOURCE_DIR) + "/examples/" + name);
    REQUIRE(file);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string file_of(const std::string& fields)
{
    return fmt::format(
        R"({{"orders": [{{"id": "o", "kind": "court-order", "authority": "Court", "reference": "1",
        "jurisdiction": "ZZ", "issued": "2020-01-01", "effective": "2020-01-01T00:00:00Z", {}}}]}})",
        fields);
}

Order only(const Parsed& parsed)
{
    for (const Problem& problem : parsed.problems)
        FAIL_CHECK(to_string(problem));
    REQUIRE(parsed.orders.size() == 1);
    return parsed.orders[0];
}

Order order_of(const std::string& fields) { return only(parse_orders(file_of(fields), "f")); }

} // namespace

TEST_CASE("defaults: active, enforced, everywhere, by dns, tls, quic and http, as a subtree")
{
    const Order order = order_of(R"("targets": [{"name": "a.example"}])");
    CHECK(order.status == Status::Active);
    CHECK(order.mode == Mode::Enforce);
    CHECK(order.means == kNameMeans);
    CHECK(order.scope.empty());
    CHECK(order.expires == 0);
    CHECK_FALSE(order.comply_within);
    CHECK_FALSE(order.dynamic);
    CHECK_FALSE(order.document);
    CHECK(order.actions == Actions{});
    CHECK(order.targets.at(0).target.name == NameTarget{"a.example", Match::Subtree});
    CHECK(order.targets.at(0).expires == 0);
}

TEST_CASE("every field set")
{
    const std::string sum(64, 'A');
    const Order order = order_of(R"("expires": "2021-01-01T00:00:00+01:00", "comply_within": "PT30M",
        "status": "final", "means": ["tls", "address"], "scope": ["x", "y"], "mode": "observe", "dynamic": true,
        "document": {"sha256": ")" +
                                 sum + R"(", "uri": "file:1.pdf"},
        "actions": {"tls": "reset", "address": "drop"}, "exempt": [{"name": "ok.a.example", "match": "exact"}],
        "targets": [{"name": "a.example", "match": "subtree", "expires": "2020-06-01T00:00:00Z"},
                    {"prefix": "2001:db8::/48", "protocol": "udp", "ports": [53, "8000-8100"]}])");
    CHECK(order.expires == parse_timestamp("2020-12-31T23:00:00Z"));
    CHECK(order.comply_within == 1800);
    CHECK(order.status == Status::Final);
    CHECK(order.means == INTERDICT_MEANS(INTERDICT_CHANNEL_TLS));
    CHECK(order.scope == std::vector<std::string>{"x", "y"});
    CHECK(order.mode == Mode::Observe);
    CHECK(order.dynamic);
    CHECK(order.document == Document{std::string(64, 'a'), "file:1.pdf"});
    CHECK(order.actions[INTERDICT_CHANNEL_TLS] == INTERDICT_ACTION_RESET);
    CHECK(order.actions[INTERDICT_CHANNEL_ADDRESS] == INTERDICT_ACTION_DROP);
    CHECK(order.actions[INTERDICT_CHANNEL_DNS] == INTERDICT_ACTION_DEFAULT);
    CHECK(order.exempt == std::vector<NameTarget>{{"ok.a.example", Match::Exact}});
    CHECK(order.targets.at(0).expires == parse_timestamp("2020-06-01T00:00:00Z"));
    CHECK(to_string(order.targets.at(1).target) == "2001:db8::/48 udp 53,8000-8100");
}

TEST_CASE("explicit nulls stand for absent fields")
{
    const Order order = order_of(R"("expires": null, "comply_within": null, "document": null, "scope": null,
        "targets": [{"name": "a.example", "expires": null}])");
    CHECK(order.expires == 0);
    CHECK_FALSE(order.document);
}

TEST_CASE("port ranges are sorted and merged before they are counted")
{
    const Order order = order_of(R"("targets": [{"prefix": "192.0.2.0/24", "protocol": "tcp",
        "expires": "2030-01-01T00:00:00Z", "ports": [443, "80-90", 91, "85-100", 1, 65535, 444]}])");
    CHECK(order.targets.at(0).target.address.ports ==
          std::vector<PortRange>{{1, 1}, {80, 100}, {443, 444}, {65535, 65535}});
}

TEST_CASE("icmp is the protocol of the prefix's family")
{
    const Order order = order_of(R"("expires": "2030-01-01T00:00:00Z", "targets": [
        {"prefix": "192.0.2.1/32", "protocol": "icmp"}, {"prefix": "2001:db8::1/128", "protocol": "icmp"},
        {"prefix": "192.0.2.1/32", "protocol": 132}])");
    CHECK(order.targets.at(0).target.address.protocol == 1);
    CHECK(order.targets.at(1).target.address.protocol == 58);
    CHECK(order.targets.at(2).target.address.protocol == 132);
}

TEST_CASE("an address takes its end from the order if it has none")
{
    CHECK(order_of(R"("expires": "2030-01-01T00:00:00Z", "targets": [{"prefix": "192.0.2.1/32"}])")
              .targets.size() == 1);
}

TEST_CASE("means address alone is fine for addresses")
{
    const Order order = order_of(R"("means": ["address"], "expires": "2030-01-01T00:00:00Z",
        "targets": [{"prefix": "192.0.2.1/32"}])");
    CHECK(order.means == 0);
}

TEST_CASE("a bad target is quarantined, the rest of its order stands")
{
    const Parsed parsed = parse_orders(
        file_of(R"("targets": [{"name": "a.example"}, {"name": "com"}, {"name": "b.example"}])"), "f");
    CHECK(parsed.problems.size() == 1);
    REQUIRE(parsed.orders.size() == 1);
    CHECK(parsed.orders[0].targets.size() == 2);
}

TEST_CASE("a bad exemption takes the whole order with it: without it the order would block too much")
{
    const Parsed parsed = parse_orders(
        file_of(R"("targets": [{"name": "a.example"}], "exempt": [{"name": "https://ok.a.example/"}])"), "f");
    CHECK(parsed.problems.size() == 1);
    CHECK(parsed.orders.empty());
}

TEST_CASE("an exemption whose target is quarantined is no second problem")
{
    const Parsed parsed = parse_orders(
        file_of(
            R"("targets": [{"name": "a.example/x"}, {"name": "b.example"}], "exempt": [{"name": "ok.a.example"}])"),
        "f");
    CHECK(parsed.problems.size() == 1);
    REQUIRE(parsed.orders.size() == 1);
    CHECK(parsed.orders[0].exempt.empty());
}

TEST_CASE("all problems of all orders are found in one pass")
{
    const Parsed parsed =
        parse_orders(R"({"orders": [{"id": "a"}, {"kind": "x", "targets": [{"name": "com"}]}]})", "f");
    CHECK(parsed.orders.empty());
    // a: kind, authority, reference, jurisdiction, issued, effective, targets; b: id, kind, ..., target.
    CHECK(parsed.problems.size() == 7 + 8);
}

TEST_CASE("merge: an id in two files is a problem, the first order stands")
{
    const std::string json = file_of(R"("targets": [{"name": "a.example"}])");
    std::vector<Parsed> files;
    files.push_back(parse_orders(json, "one.json"));
    files.push_back(parse_orders(json, "two.json"));
    const Parsed all = merge(std::move(files));
    REQUIRE(all.orders.size() == 1);
    CHECK(all.orders[0].file == "one.json");
    REQUIRE(all.problems.size() == 1);
    CHECK(all.problems[0].file == "two.json");
    CHECK(all.problems[0].json_path == "$.orders[0].id");
    CHECK(all.problems[0].line > 0);
    CHECK(all.problems[0].message == "is already the id of $.orders[0] in one.json");
}

TEST_CASE("which statuses give rules")
{
    for (const Status status : {Status::Interim, Status::Active, Status::Varied, Status::Final})
        CHECK(gives_rules(status));
    for (const Status status : {Status::Draft, Status::Stayed, Status::Lifted, Status::Expired})
        CHECK_FALSE(gives_rules(status));
}

TEST_CASE("a run-on top-level domain is accepted with a warning that names the likely one")
{
    const Parsed parsed = parse_orders(file_of(R"("targets": [{"name": "ilcorsaronero.proqui"}])"), "f");
    CHECK(parsed.ok());
    REQUIRE(parsed.warnings.size() == 1);
    CHECK(parsed.warnings[0].remedy.find("\"ilcorsaronero.pro\"") != std::string::npos);
}

TEST_CASE("an order that takes effect before it was issued is accepted with a warning")
{
    std::string json = file_of(R"("targets": [{"name": "a.example"}])");
    json.replace(json.find("2020-01-01"), 10, "2021-01-01");
    const Parsed parsed = parse_orders(json, "f");
    CHECK(parsed.ok());
    CHECK(parsed.warnings.size() == 1);
}

TEST_CASE("an order file of exact names as a capture has them")
{
    const Parsed parsed = parse_orders(R"({"orders": [{"id": "corpus-check", "kind": "court-order",
        "authority": "Test corpus", "jurisdiction": "ZZ", "reference": "corpus/1", "issued": "2020-01-01",
        "effective": "2020-01-01T00:00:00Z", "means": ["dns", "tls", "quic", "http"], "targets": [
        {"name": "_dns.resolver.arpa", "match": "exact"}, {"name": "-a-.b-.example", "match": "exact"},
        {"name": "xn--e1afmkfd.xn--e1aybc", "match": "exact"}, {"name": "co.uk", "match": "exact"},
        {"name": "printer.local", "match": "exact"}, {"name": "a.1", "match": "exact"},
        {"name": "r3---sn-4g5e6nls.googlevideo.com", "match": "exact"},
        {"name": "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.example", "match": "exact"}]}]})",
                                       "f");
    CHECK(only(parsed).targets.size() == 8);
}

TEST_CASE("examples: accepted as a whole")
{
    CHECK(only(parse_orders(example("italy-milan-2022.json"), "f")).targets.size() == 3);
    const Order iptv = only(parse_orders(example("italy-iptv-2021.json"), "f"));
    CHECK(iptv.dynamic);
    CHECK(iptv.targets.size() == 5);
    CHECK(only(parse_orders(example("france-eight-sites.json"), "f")).targets.size() == 8);
    const Parsed lab = parse_orders(example("lab.json"), "f");
    CHECK(lab.ok());
    CHECK(lab.orders.size() == 2);
    const ParsedScopes scopes = parse_scopes(example("scopes.json"), "f");
    CHECK(scopes.ok());
    CHECK(scopes.scopes.size() == 2);
}

TEST_CASE("examples: a disclosure is refused, a misprint quarantined")
{
    const Parsed disclosure = parse_orders(example("disclosure-refused.json"), "f");
    CHECK(disclosure.orders.empty());
    REQUIRE(disclosure.problems.size() == 1);
    CHECK(disclosure.problems[0].json_path == "$.orders[0].kind");

    const Parsed printed = parse_orders(example("italy-milan-2022-as-printed.json"), "f");
    CHECK(printed.problems.size() == 1);
    CHECK(printed.warnings.size() == 1);
    REQUIRE(printed.orders.size() == 1);
    CHECK(printed.orders[0].targets.size() == 2);
}

TEST_CASE("an address says on what terms it is blocked, or does not")
{
    const Order order = order_of(R"("expires": "2021-01-01T00:00:00Z", "targets": [
        {"prefix": "192.0.2.1/32"}, {"prefix": "192.0.2.2/32", "exclusive": true},
        {"prefix": "192.0.2.3/32", "exclusive": false, "sharing_acknowledged": "the court, 12 of the order"}])");
    CHECK_FALSE(order.targets.at(0).exclusive.has_value());
    CHECK(order.targets.at(0).sharing_acknowledged.empty());
    CHECK(order.targets.at(1).exclusive == true);
    CHECK(order.targets.at(2).exclusive == false);
    CHECK(order.targets.at(2).sharing_acknowledged == "the court, 12 of the order");
}

TEST_CASE("a deadline runs from when an order is in effect, or from when it was received if that is later")
{
    Order order;
    order.effective = 1000;
    CHECK(deadline(order, 2000) == 0);
    order.comply_within = 60;
    CHECK(deadline(order, 0) == 1060);
    CHECK(deadline(order, 1000) == 1060);
    CHECK(deadline(order, 1001) == 1061);
    order.comply_within = 0;
    CHECK(deadline(order, 999) == 1000);
}
