// SPDX-License-Identifier: Apache-2.0
#include "ruleset/text.h"

#include <array>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include "ruleset/compile.h"
#include "ruleset/diff.h"
#include "unit/ruleset/builder.h"

using namespace interdict;
using namespace interdict::ruleset;
using namespace interdict::ruleset::test;
using order::Order;

namespace {

// Everything a rule set can hold.
Ruleset rich()
{
    Order one =
        make_order("one", {"a.example", "=b.example", "192.0.2.7/32", "2001:db8::/33"}, {"ok.a.example"});
    one.authority = "Tribunale \"di\" \\ Mil\u00e0no\ttab";
    one.issued = -86400;
    one.expires = kEnd;
    one.comply_within = 1800;
    one.scope = {"south"};
    one.actions[INTERDICT_CHANNEL_DNS] = INTERDICT_ACTION_SINKHOLE;
    one.sinkhole.ipv4 = order::parse_address("192.0.2.53").value();
    one.sinkhole.ipv6 = order::parse_address("2001:db8::53").value();
    one.notice = {.blocked_by = "https://isp.example/blocked",
                  .complaint = "https://isp.example/complain?x=1&y=2",
                  .text = "\"Z\u00fcge\""};
    one.targets[2].target.address.protocol = 6;
    one.targets[2].target.address.ports = {{80, 80}, {443, 8443}};
    Order two = make_order("two", {"a.example", "b.example"});
    two.mode = order::Mode::Observe;
    two.kind = order::Kind::AdministrativeOrder;
    two.status = order::Status::Final;
    Order three = make_order("three", {"c.example"});
    three.status = order::Status::Lifted;
    std::vector<order::Scope> scopes{
        {.name = "north", .interfaces = {"eth0", "eth1"}, .vlans = {{1, 1}, {200, 299}}},
        {.name = "south", .prefixes = {order::parse_prefix("100.64.0.0/10").value()}}};
    return compile(std::vector{one, two, three}, std::move(scopes)).value();
}

std::string with_hash(std::string text)
{
    const auto end = text.find('\n') + 1;
    const auto at = text.find("\"hash\":\"") + 8;
    return text.replace(at, 64, hash_text(std::string_view(text).substr(end)));
}

// The text with one thing changed and the hash made right again.
std::string edited(const std::string& from, const std::string& to)
{
    std::string text = write_ruleset(rich());
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return with_hash(text.replace(at, from.size(), to));
}

std::string error_of(const std::string& text)
{
    const auto read = read_ruleset(text, "set.jsonl");
    REQUIRE_FALSE(read);
    return read.error().message;
}

} // namespace

TEST_CASE("text: written, read and written again it is the same")
{
    const Ruleset before = rich();
    const std::string text = write_ruleset(before);
    const auto read = read_ruleset(text, "f");
    INFO((read ? std::string() : read.error().message));
    REQUIRE(read);
    CHECK(write_ruleset(*read) == text);
    CHECK(read->orders == before.orders);
    CHECK(read->scopes == before.scopes);
    CHECK(read->max_id == before.max_id);
    REQUIRE(read->rules.size() == before.rules.size());
    for (std::size_t i = 0; i < before.rules.size(); ++i) {
        const Rule& one = before.rules[i];
        const Rule& two = read->rules[i];
        CHECK(same_record(one.record, two.record));
        CHECK(one.target == two.target);
        CHECK(one.orders == two.orders);
        CHECK(one.derived_from == two.derived_from);
        CHECK(one.head == two.head);
    }
    CHECK(diff(before, *read).empty());
}

TEST_CASE("text: some rules are found as they are read with all, and others are not there")
{
    const Ruleset all = rich();
    const std::string text = write_ruleset(all);
    std::vector<std::uint32_t> ids;
    for (const Rule& rule : all.rules) {
        const std::array<std::uint32_t, 1> one{rule.id()};
        const auto alone = find_rules(text, "f", one);
        REQUIRE(alone);
        REQUIRE(alone->size() == 1);
        CHECK(alone->front().id == rule.id());
        CHECK(alone->front().target == rule.target);
        CHECK(alone->front().means == rule.record.means);
        CHECK(alone->front().exempt == rule.exempt());
        REQUIRE(alone->front().orders.size() == rule.orders.size());
        for (std::size_t i = 0; i < rule.orders.size(); ++i)
            CHECK(alone->front().orders[i] == all.orders[rule.orders[i]].id);
        ids.push_back(rule.id());
    }
    ids.push_back(all.max_id + 7);
    CHECK(find_rules(text, "f", ids).value().size() == all.rules.size());
    CHECK(find_rules(text, "f", {}).value().empty());
    CHECK(find_rules(text, "f", std::span(ids).last(1)).value().empty());
    std::string damaged = text;
    damaged[damaged.size() - 3] ^= 1;
    CHECK_FALSE(find_rules(damaged, "f", ids));
}

TEST_CASE("text: the empty rule set")
{
    const std::string text = write_ruleset({});
    const auto read = read_ruleset(text, "f");
    REQUIRE(read);
    CHECK(read->rules.empty());
    CHECK(write_ruleset(*read) == text);
}

TEST_CASE("text: the hash is that of the content, and differs with it")
{
    const Ruleset one = rich();
    Ruleset two = one;
    CHECK(content_hash(one) == content_hash(two));
    CHECK(content_hash(one).size() == 64);
    CHECK(write_ruleset(one).find("\"hash\":\"" + content_hash(one)) != std::string::npos);
    two.rules[0].record.not_after += 1;
    CHECK(content_hash(one) != content_hash(two));
    // All that a user is told is part of it: a generation answers one way.
    for (const auto change : {+[](OrderInfo& order) { order.authority += "x"; },
                              +[](OrderInfo& order) { order.notice.blocked_by += "x"; },
                              +[](OrderInfo& order) { order.notice.complaint += "x"; },
                              +[](OrderInfo& order) { order.notice.text += "x"; },
                              +[](OrderInfo& order) { order.sinkhole.ipv4->address[3] ^= 1; },
                              +[](OrderInfo& order) { order.sinkhole.ipv6.reset(); }}) {
        two = one;
        change(two.orders[0]);
        CHECK(content_hash(one) != content_hash(two));
    }
    // RFC 7693 gives BLAKE2b-512; this is b2sum -l 256 of nothing.
    CHECK(hash_text("") == "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
}

TEST_CASE("text: a file cut off anywhere is refused")
{
    const std::string text = write_ruleset(rich());
    for (std::size_t length = 0; length < text.size(); ++length)
        CHECK_FALSE(read_ruleset(std::string_view(text).substr(0, length), "f"));
    CHECK_FALSE(read_ruleset(text + "\n", "f"));
    CHECK(error_of(text.substr(0, text.size() - 1)).find("set.jsonl: the content has the hash") == 0);
}

TEST_CASE("text: a flipped byte is refused")
{
    std::string text = write_ruleset(rich());
    for (std::size_t at = text.find('\n') + 1; at < text.size(); at += 7) {
        text[at] ^= 1;
        CHECK_FALSE(read_ruleset(text, "f"));
        text[at] ^= 1;
    }
}

TEST_CASE("text: a false statement under a right hash is told with its line")
{
    CHECK(error_of(edited("\"version\":1", "\"version\":2")).find("says version 2, this program reads 1") !=
          std::string::npos);
    CHECK(error_of(edited("\"interdict\":\"ruleset\"", "\"interdict\":\"orders\"")).find("header") !=
          std::string::npos);
    CHECK(error_of(edited("\"scopes\":2", "\"scopes\":1")).find("counts") != std::string::npos);
    CHECK(error_of(edited("\"orders\":[0]", "\"orders\":[3]")).find("0 to 2") != std::string::npos);
    CHECK(error_of(edited("\"orders\":[0]", "\"orders\":[]")).find("cites no order") != std::string::npos);
    CHECK(error_of(edited("{\"id\":2,", "{\"id\":1,")).find("set.jsonl:") == 0);
    CHECK(error_of(edited("192.0.2.7/32", "192.0.2.7/24")).find("bits set beyond") != std::string::npos);
    CHECK(error_of(edited("[443,8443]", "[8443,443]")).find("ends before it starts") != std::string::npos);
    CHECK(error_of(edited("\"sinkhole_ipv4\":\"192.0.2.53/32\"", "\"sinkhole_ipv4\":\"192.0.2.0/24\""))
              .find("\"sinkhole_ipv4\" that is not one address") != std::string::npos);
    CHECK(error_of(edited("\"sinkhole_ipv6\":\"2001:db8::53/128\"", "\"sinkhole_ipv6\":\"192.0.2.53/32\""))
              .find("\"sinkhole_ipv6\" that is not one address") != std::string::npos);
    // It would become a line of its own in an HTTP head.
    CHECK(error_of(edited("isp.example/blocked", "isp.example/\\r\\nX: y"))
              .find("has a \"blocked_by\" that has a") != std::string::npos);
    CHECK(error_of(edited("https://isp.example/complain", "javascript:complain"))
              .find("\"complaint\" that is not a URL") != std::string::npos);
    CHECK(error_of(edited("\"kind\":\"court-order\"", "\"kind\":\"wish\"")).find("unknown kind") !=
          std::string::npos);
}

TEST_CASE("text: chains that lead nowhere, to another target or round in a ring are refused")
{
    Ruleset broken = rich();
    Rule* chained = nullptr;
    for (Rule& rule : broken.rules)
        if (rule.record.next != 0)
            chained = &rule;
    REQUIRE(chained);
    const std::uint32_t next = chained->record.next;
    const auto message = [&] { return error_of(write_ruleset(broken)); };
    chained->record.next = broken.rules[0].target == chained->target ? 3 : 1;
    CHECK(message().find("is followed by") != std::string::npos);
    chained->record.next = chained->id();
    CHECK(message().find("ring") != std::string::npos);
    chained->record.next = next;
    CHECK(read_ruleset(write_ruleset(broken), "f"));
}
