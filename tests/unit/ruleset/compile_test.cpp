// SPDX-License-Identifier: Apache-2.0
#include "ruleset/compile.h"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "ruleset/judge.h"
#include "unit/ruleset/builder.h"

using namespace interdict;
using namespace interdict::ruleset;
using namespace interdict::ruleset::test;
using order::Order;

namespace {

Ruleset compiled(const std::vector<Order>& orders, const Ruleset* previous = nullptr,
                 std::vector<order::Scope> scopes = {{.name = "north"}, {.name = "south"}})
{
    auto ruleset = compile(orders, std::move(scopes), previous);
    INFO((ruleset ? std::string() : ruleset.error().message));
    REQUIRE(ruleset);
    return *std::move(ruleset);
}

std::vector<std::uint32_t> ids(const Ruleset& ruleset)
{
    std::vector<std::uint32_t> out;
    for (const Rule& rule : ruleset.rules)
        out.push_back(rule.id());
    return out;
}

std::uint32_t id_of(const Ruleset& ruleset, const std::string& name)
{
    const auto rules = Judge(ruleset).on_name(name);
    REQUIRE(rules.size() == 1);
    return rules[0]->id();
}

using Ids = std::vector<std::uint32_t>;

} // namespace

TEST_CASE("one order: a rule per target, ids dense from 1 in the order of the file")
{
    const Ruleset ruleset = compiled({make_order("o", {"b.example", "=a.example", "192.0.2.0/24"})});
    CHECK(ids(ruleset) == Ids{1, 2, 3});
    CHECK(ruleset.max_id == 3);
    CHECK(ruleset.rules[0].target.name.name == "b.example");
    CHECK(ruleset.rules[0].record.flags == (INTERDICT_RULE_PRESENT | INTERDICT_RULE_SUBTREE));
    CHECK(ruleset.rules[0].record.means == order::kNameMeans);
    CHECK(ruleset.rules[0].record.not_before == static_cast<std::uint64_t>(kStart));
    CHECK(ruleset.rules[0].record.not_after == 0);
    CHECK(ruleset.rules[1].record.flags == INTERDICT_RULE_PRESENT);
    CHECK(ruleset.rules[2].record.means == order::kAddressMeans);
    CHECK(ruleset.find(3) == &ruleset.rules[2]);
    CHECK(ruleset.find(0) == nullptr);
    CHECK(ruleset.find(4) == nullptr);
    for (const Rule& rule : ruleset.rules) {
        CHECK(rule.head);
        CHECK(rule.record.next == 0);
        CHECK(rule.orders == Ids{0});
    }
}

TEST_CASE("no orders: an empty rule set")
{
    const Ruleset ruleset = compiled({});
    CHECK(ruleset.rules.empty());
    CHECK(ruleset.max_id == 0);
}

TEST_CASE("orders with equal conditions share a rule and are both cited")
{
    const Ruleset ruleset =
        compiled({make_order("one", {"a.example"}), make_order("two", {"a.example", "b.example"})});
    REQUIRE(ruleset.rules.size() == 2);
    CHECK(ruleset.rules[0].orders == Ids{0, 1});
    CHECK(ruleset.rules[0].record.order == 0);
    CHECK(ruleset.rules[1].orders == Ids{1});
}

TEST_CASE("lifting one of two citing orders leaves the rule and its id")
{
    std::vector<Order> orders{make_order("one", {"a.example"}), make_order("two", {"a.example"})};
    const Ruleset before = compiled(orders);
    orders[0].status = order::Status::Lifted;
    const Ruleset after = compiled(orders, &before);
    REQUIRE(after.rules.size() == 1);
    CHECK(after.rules[0].id() == 1);
    CHECK(after.rules[0].orders == Ids{1});
    CHECK(after.orders.size() == 2);
}

TEST_CASE("draft, stayed, lifted and expired orders give no rule")
{
    for (const order::Status status :
         {order::Status::Draft, order::Status::Stayed, order::Status::Lifted, order::Status::Expired}) {
        Order order = make_order("o", {"a.example"}, {"b.a.example"});
        order.status = status;
        CHECK(compiled({order}).rules.empty());
    }
}

TEST_CASE(
    "different conditions chain on the target: enforce before observe, unconditional before conditional")
{
    Order watched = make_order("watched", {"a.example"});
    watched.mode = order::Mode::Observe;
    Order local = make_order("local", {"a.example"});
    local.scope = {"south"};
    Order ending = make_order("ending", {"a.example"});
    ending.expires = kEnd;
    Order later = make_order("later", {"a.example"});
    later.expires = kEnd + 1;
    const Order plain = make_order("plain", {"a.example"});
    const Ruleset ruleset = compiled({watched, local, ending, later, plain});
    std::vector<std::string> chain;
    for (const Rule* rule : Judge(ruleset).on_name("a.example"))
        chain.push_back(ruleset.orders[rule->orders[0]].id);
    CHECK(chain == std::vector<std::string>{"plain", "later", "ending", "local", "watched"});
    CHECK(std::ranges::count_if(ruleset.rules, &Rule::head) == 1);
    CHECK(ids(ruleset) == Ids{1, 2, 3, 4, 5});
    CHECK(ruleset.rules[1].record.scope == 2);
}

TEST_CASE("exact and subtree of one name are two rules of one chain")
{
    const Ruleset ruleset = compiled({make_order("one", {"a.example"}), make_order("two", {"=a.example"})});
    CHECK(ruleset.rules.size() == 2);
    CHECK(std::ranges::count_if(ruleset.rules, &Rule::head) == 1);
}

TEST_CASE("the window ends with the order or the target, whichever is earlier")
{
    Order order = make_order("o", {});
    order.expires = kEnd;
    order.targets = {item_of("a.example", kEnd - 1), item_of("b.example", kEnd + 1), item_of("c.example")};
    const Ruleset ruleset = compiled({order});
    CHECK(ruleset.rules[0].record.not_after == static_cast<std::uint64_t>(kEnd - 1));
    CHECK(ruleset.rules[1].record.not_after == static_cast<std::uint64_t>(kEnd));
    CHECK(ruleset.rules[2].record.not_after == static_cast<std::uint64_t>(kEnd));
}

TEST_CASE("actions count only for the channels of the rule")
{
    Order one = make_order("one", {"a.example", "192.0.2.1/32"});
    one.means = INTERDICT_MEANS(INTERDICT_CHANNEL_TLS);
    one.actions[INTERDICT_CHANNEL_TLS] = INTERDICT_ACTION_RESET;
    one.actions[INTERDICT_CHANNEL_ADDRESS] = INTERDICT_ACTION_DROP;
    Order two = one;
    two.id = "two";
    two.actions[INTERDICT_CHANNEL_ADDRESS] = INTERDICT_ACTION_RESET;
    const Ruleset ruleset = compiled({one, two});
    REQUIRE(ruleset.rules.size() == 3);
    CHECK(ruleset.rules[0].orders == Ids{0, 1});
    CHECK(ruleset.rules[0].record.action[INTERDICT_CHANNEL_TLS] == INTERDICT_ACTION_RESET);
    CHECK(ruleset.rules[0].record.action[INTERDICT_CHANNEL_ADDRESS] == INTERDICT_ACTION_DEFAULT);
    CHECK(ruleset.rules[1].record.action[INTERDICT_CHANNEL_ADDRESS] == INTERDICT_ACTION_DROP);
}

TEST_CASE("protocol and ports stand in the record, several of them chain on the prefix")
{
    Order order = make_order("o", {"192.0.2.7/32", "192.0.2.7/32"});
    order.targets[0].target.address.protocol = 6;
    order.targets[0].target.address.ports = {{80, 80}, {443, 444}};
    order.targets[1].target.address.protocol = 17;
    const Ruleset ruleset = compiled({order});
    REQUIRE(ruleset.rules.size() == 2);
    CHECK(ruleset.rules[0].record.protocol == 6);
    CHECK(ruleset.rules[0].record.ports_count == 2);
    CHECK(ruleset.rules[0].record.ports[1].last == 444);
    CHECK(ruleset.rules[0].record.next == 2);
    CHECK_FALSE(ruleset.rules[1].head);
}

TEST_CASE("eight rules fit on a target, the ninth is an error that names target and orders")
{
    std::vector<Order> orders;
    for (int i = 0; i < 8; ++i) {
        orders.push_back(make_order("order-" + std::to_string(i), {"a.example"}));
        orders.back().expires = kEnd + i;
    }
    CHECK(compiled(orders).rules.size() == 8);
    orders.push_back(make_order("order-8", {"a.example"}));
    const auto ruleset = compile(orders, {});
    REQUIRE_FALSE(ruleset);
    CHECK(ruleset.error().message.find(
              "a.example: 9 different rules meet on this target, the kernel reads 8") == 0);
    CHECK(ruleset.error().message.find("order-8") != std::string::npos);
}

TEST_CASE("unknown scopes are all named, with the known ones as the remedy")
{
    Order one = make_order("one", {"a.example"});
    one.scope = {"nrth", "south"};
    Order two = make_order("two", {"a.example"});
    two.scope = {"east"};
    const std::vector orders{one, two};
    const auto ruleset = compile(orders, {{.name = "north"}, {.name = "south"}});
    REQUIRE_FALSE(ruleset);
    CHECK(ruleset.error().message.find("\"nrth\" is not defined; known are north, south") !=
          std::string::npos);
    CHECK(ruleset.error().message.find("\n") != std::string::npos);
    CHECK(ruleset.error().message.find("\"east\"") != std::string::npos);
    CHECK(compile(orders, {}).error().message.find("no scopes file was given") != std::string::npos);
}

TEST_CASE("an id used by two orders and too many rules are errors")
{
    const std::vector twice{make_order("o", {"a.example"}), make_order("o", {"b.example"})};
    CHECK(compile(twice, {}).error().message.find("used by two orders") != std::string::npos);
    const std::vector one{make_order("o", {"a.example", "b.example"})};
    CHECK(compile(one, {}, nullptr, {.max_rules = 2}));
    CHECK(compile(one, {}, nullptr, {.max_rules = 1}).error().message.find("limit is 1") !=
          std::string::npos);
}

TEST_CASE("ids: unchanged targets keep theirs, whatever their place in the file")
{
    const Ruleset before = compiled({make_order("o", {"a.example", "b.example", "c.example"})});
    const Ruleset after =
        compiled({make_order("o", {"d.example", "c.example", "a.example", "b.example"})}, &before);
    CHECK(id_of(after, "a.example") == 1);
    CHECK(id_of(after, "b.example") == 2);
    CHECK(id_of(after, "c.example") == 3);
    CHECK(id_of(after, "d.example") == 4);
}

TEST_CASE(
    "ids: one that is freed is not reused by the compilation that frees it, but by the next, lowest first")
{
    const Ruleset first = compiled({make_order("o", {"a.example", "b.example", "c.example", "d.example"})});
    const Ruleset second = compiled({make_order("o", {"a.example", "d.example", "e.example"})}, &first);
    CHECK(id_of(second, "e.example") == 5);
    CHECK(second.max_id == 5);
    const Ruleset third = compiled(
        {make_order("o", {"a.example", "d.example", "e.example", "f.example", "g.example", "h.example"})},
        &second);
    CHECK(id_of(third, "f.example") == 2);
    CHECK(id_of(third, "g.example") == 3);
    CHECK(id_of(third, "h.example") == 6);
}

TEST_CASE("ids: a target of which every citing order is new gets a new one")
{
    const Ruleset before = compiled({make_order("one", {"a.example"})});
    const Ruleset after = compiled({make_order("two", {"a.example"})}, &before);
    CHECK(after.rules[0].id() == 2);
}

TEST_CASE("ids: changed conditions keep the id, and a rule that stays is served first")
{
    Order one = make_order("one", {"a.example"});
    Order two = make_order("two", {"a.example"});
    two.expires = kEnd;
    const Ruleset before = compiled({one, two});
    REQUIRE(before.rules.size() == 2);
    one.expires = kEnd + 5;
    const Ruleset after = compiled({one, two}, &before);
    for (const Rule& rule : after.rules)
        CHECK(rule.id() == (rule.orders == Ids{0} ? 1u : 2u));
    // Now both are equal and share one rule, which keeps the id of the one that does not change.
    one.expires = kEnd;
    const Ruleset joined = compiled({one, two}, &after);
    REQUIRE(joined.rules.size() == 1);
    CHECK(joined.rules[0].id() == 2);
}

TEST_CASE("ids: an order that moves in the list, or a scope that moves, changes nothing")
{
    Order one = make_order("one", {"a.example"});
    Order two = make_order("two", {"b.example"});
    two.scope = {"south"};
    const Ruleset before = compiled({one, two});
    const Ruleset after = compiled({two, one}, &before, {{.name = "south"}, {.name = "north"}});
    CHECK(id_of(after, "a.example") == 1);
    CHECK(id_of(after, "b.example") == 2);
    CHECK(after.find(2)->record.scope == 1);
    CHECK(after.find(2)->record.order == 0);
}

TEST_CASE("compilation is a function: the same input gives the same rules")
{
    const std::vector orders{make_order("o", {"a.example", "b.example", "192.0.2.1/32"}, {"x.a.example"}),
                             make_order("p", {"a.example", "c.example"})};
    const Ruleset one = compiled(orders);
    const Ruleset two = compiled(orders);
    REQUIRE(one.rules.size() == two.rules.size());
    for (std::size_t i = 0; i < one.rules.size(); ++i)
        CHECK(same_record(one.rules[i].record, two.rules[i].record));
    const Ruleset again = compiled(orders, &one);
    for (std::size_t i = 0; i < one.rules.size(); ++i)
        CHECK(same_record(one.rules[i].record, again.rules[i].record));
}

TEST_CASE("orders that lead to different stop pages do not share a rule; to the same one they do")
{
    const auto sinking = [](std::string id, const char* address) {
        Order order = make_order(std::move(id), {"a.example"});
        order.actions[INTERDICT_CHANNEL_DNS] = INTERDICT_ACTION_SINKHOLE;
        order.sinkhole.ipv4 = order::parse_address(address).value();
        return order;
    };
    const Ruleset apart = compiled({sinking("o", "192.0.2.53"), sinking("p", "192.0.2.54")});
    REQUIRE(apart.rules.size() == 2);
    CHECK(apart.rules[0].orders == Ids{0});
    CHECK(apart.rules[1].orders == Ids{1});
    CHECK(apart.orders[1].sinkhole.ipv4 == order::parse_address("192.0.2.54").value());
    const Ruleset together = compiled({sinking("o", "192.0.2.53"), sinking("p", "192.0.2.53")});
    REQUIRE(together.rules.size() == 1);
    CHECK(together.rules[0].orders == Ids{0, 1});
}

TEST_CASE("the text of a notice is no condition: orders that differ in it share a rule")
{
    Order other = make_order("p", {"a.example"});
    other.notice.blocked_by = "https://isp.example";
    const Ruleset ruleset = compiled({make_order("o", {"a.example"}), other});
    REQUIRE(ruleset.rules.size() == 1);
    CHECK(ruleset.rules[0].orders == Ids{0, 1});
    CHECK(ruleset.orders[1].notice == other.notice);
}
