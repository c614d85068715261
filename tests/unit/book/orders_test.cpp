// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

#include <algorithm>
#include <array>
#include <map>

#include <netinet/in.h>
#include <sqlite3.h>

#include <catch2/matchers/catch_matchers_string.hpp>

#include "order/write.h"

using namespace interdict;
using namespace interdict::book;
using namespace interdict::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

std::vector<std::string> texts(const std::vector<order::Item>& items)
{
    std::vector<std::string> out;
    for (const order::Item& item : items)
        out.push_back(to_string(item.target));
    return out;
}

std::vector<std::string> texts(const std::vector<ItemRecord>& items)
{
    std::vector<std::string> out;
    for (const ItemRecord& item : items)
        out.push_back(item.order + ": " + to_string(item.item.target) + ", " +
                      std::string(to_string(item.state)));
    return out;
}

using Texts = std::vector<std::string>;

std::vector<std::string> in_force_texts(const Book& book)
{
    Texts out;
    for (const order::Order& order : must(book.orders().in_force()))
        for (const order::Item& item : order.targets)
            out.push_back(order.id + ": " + to_string(item.target));
    return out;
}

order::Order every_field()
{
    Incoming in = incoming("it-2030-1", {name("a.example"), name("b.example", order::Match::Exact, kNoon + 5),
                                         prefix("192.0.2.0/24"), prefix("2001:db8::7/128")});
    order::Order& order = in.order;
    order.kind = order::Kind::AdministrativeOrder;
    order.expires = kNoon + 864000;
    order.comply_within = 1800;
    order.status = order::Status::Interim;
    order.actions[INTERDICT_CHANNEL_DNS] = INTERDICT_ACTION_SINKHOLE;
    order.actions[INTERDICT_CHANNEL_ADDRESS] = INTERDICT_ACTION_RESET;
    order.sinkhole.ipv4 = must(order::parse_address("192.0.2.53"));
    order.sinkhole.ipv6 = must(order::parse_address("2001:db8::53"));
    order.notice = {"https://isp.example/b", "https://isp.example/c", "Geblockt, \"wirklich\""};
    order.scope = {"italy", "north, \"east\""};
    order.mode = order::Mode::Observe;
    order.dynamic = true;
    order.document = order::Document{std::string(64, 'a'), "file:///orders/1.pdf"};
    order.exempt = {{.name = "help.a.example", .match = order::Match::Subtree},
                    {.name = "x.a.example", .match = order::Match::Exact}};
    order.file = "orders.json";
    order.json_path = "$.orders[3]";
    order.line = 17;
    order.targets[2].target.address.protocol = IPPROTO_TCP;
    order.targets[2].target.address.ports = {{80, 80}, {443, 443}, {8000, 8100}};
    return order;
}

} // namespace

TEST_CASE("an order comes out as it went in: every field, ports, exemptions, stop pages")
{
    const BookDirectory directory;
    Incoming in;
    in.order = every_field();
    must(directory.open().orders().add(in, "cli", act()));
    const auto record = must(directory.open(Access::Read).orders().find("it-2030-1"));
    REQUIRE(record);
    CHECK(order::write_order(record->order) == order::write_order(in.order));
    CHECK(record->order.targets.size() == 4);
    CHECK(record->order.targets[2].target == in.order.targets[2].target);
    CHECK(record->order.targets[1].expires == kNoon + 5);
    CHECK(record->order.file == "orders.json");
    CHECK(record->order.json_path == "$.orders[3]");
    CHECK(record->order.line == 17);
    CHECK(record->order.notice == in.order.notice);
    CHECK(record->order.scope == in.order.scope);
    CHECK(record->order.document == in.order.document);
    CHECK(record->order.comply_within == 1800);
    CHECK(record->origin == "cli");
    CHECK(record->received == kNoon);
    CHECK(record->changed == kNoon);
    CHECK(record->held == 0);
    CHECK(record->lifted_items == 0);
}

TEST_CASE("refused: an order without id, without targets, with a target twice, that is there already")
{
    const BookDirectory directory;
    Book book = directory.open();
    CHECK_THAT(error_of(book.orders().add(incoming("", {name("a.example")}), "cli", act())),
               ContainsSubstring("without id"));
    CHECK_THAT(error_of(book.orders().add(incoming("o", {}), "cli", act())),
               ContainsSubstring("order o has no targets"));
    CHECK_THAT(error_of(book.orders().add(incoming("o", {name("a.example"), name("b.example"),
                                                         name("a.example", order::Match::Exact)}),
                                          "cli", act())),
               ContainsSubstring("names the target a.example and below twice"));
    CHECK_THAT(error_of(book.orders().add(incoming("o", {name("a.example")}), "cli", act(kNoon, "  "))),
               ContainsSubstring("name the actor"));
    Act wrong = act();
    wrong.document = "ABC";
    CHECK_THAT(error_of(book.orders().add(incoming("o", {name("a.example")}), "cli", wrong)),
               ContainsSubstring("SHA-256"));
    CHECK(must(book.journal().last()) == 0);
    must(book.orders().add(incoming("o", {name("a.example")}), "cli", act()));
    CHECK_THAT(error_of(book.orders().add(incoming("o", {name("b.example")}), "cli", act())),
               ContainsSubstring("is in the book already, active; use interdict order vary"));
    CHECK(must(book.orders().all(true)).size() == 1);
    CHECK(must(book.journal().last()) == 1);
}

TEST_CASE("the same prefix with other ports or protocol is another target, the same ports are not")
{
    const BookDirectory directory;
    Book book = directory.open();
    order::Item tcp = prefix("192.0.2.7/32");
    tcp.target.address.protocol = IPPROTO_TCP;
    order::Item ports = tcp;
    ports.target.address.ports = {{443, 443}};
    must(book.orders().add(incoming("o", {prefix("192.0.2.7/32"), tcp, ports}), "cli", act()));
    CHECK(texts(must(book.orders().find("o"))->order.targets) ==
          Texts{"192.0.2.7/32", "192.0.2.7/32 tcp", "192.0.2.7/32 tcp 443"});
    CHECK_THAT(error_of(book.orders().add_item("o", ports, "", "", act())),
               ContainsSubstring("has the target 192.0.2.7/32 tcp 443 already"));
    must(book.orders().lift_item("o", tcp.target, act()));
    CHECK(texts(must(book.orders().find("o"))->order.targets) ==
          Texts{"192.0.2.7/32", "192.0.2.7/32 tcp 443"});
}

TEST_CASE("two orders on one target: lifting one leaves the other in force and citing")
{
    const BookDirectory directory;
    Book book = directory.open();
    must(book.orders().add(incoming("one", {name("a.example"), name("only.example")}), "cli", act()));
    must(book.orders().add(incoming("two", {name("a.example")}), "cli", act()));
    CHECK(in_force_texts(book) ==
          Texts{"one: a.example and below", "one: only.example and below", "two: a.example and below"});
    must(book.orders().step("one", order::Status::Lifted, act()));
    CHECK(in_force_texts(book) == Texts{"two: a.example and below"});
    const auto citing = must(book.orders().citing(name("a.example").target));
    CHECK(texts(citing) == Texts{"one: a.example and below, active", "two: a.example and below, active"});
    CHECK(must(book.orders().find("one"))->order.status == order::Status::Lifted);
    CHECK(must(book.orders().find("two"))->order.status == order::Status::Active);
}

TEST_CASE("citing: the name itself however matched, subtrees above it, never an exact name above it")
{
    const BookDirectory directory;
    Book book = directory.open();
    must(book.orders().add(incoming("o", {name("a.b.example", order::Match::Exact), name("b.example"),
                                          name("example"), name("other.example"), prefix("192.0.2.0/24")}),
                           "cli", act()));
    must(book.orders().add(incoming("exact", {name("b.example", order::Match::Exact)}), "cli", act()));
    CHECK(texts(must(book.orders().citing(name("a.b.example").target))) ==
          Texts{"o: a.b.example, active", "o: b.example and below, active", "o: example and below, active"});
    CHECK(
        texts(must(book.orders().citing(name("b.example").target))) ==
        Texts{"o: b.example and below, active", "exact: b.example, active", "o: example and below, active"});
    CHECK(texts(must(book.orders().citing(prefix("192.0.2.0/24").target))) ==
          Texts{"o: 192.0.2.0/24, active"});
    CHECK(must(book.orders().citing(prefix("192.0.2.0/25").target)).empty());
}

TEST_CASE("in_force_at: only targets at the places, only orders in force, the exemptions with them")
{
    const BookDirectory directory;
    Book book = directory.open();
    Incoming one = incoming("one", {name("a.example"), name("b.example"), prefix("192.0.2.7/32")});
    CHECK_FALSE(must(book.orders().has_exemptions()));
    one.order.exempt = {{.name = "help.a.example", .match = order::Match::Subtree}};
    must(book.orders().add(one, "cli", act()));
    must(book.orders().add(incoming("two", {name("a.example", order::Match::Exact)}), "cli", act()));
    must(book.orders().add(incoming("draft", {name("a.example")}), "cli", act()));
    must(book.orders().step("draft", order::Status::Stayed, act()));
    CHECK(must(book.orders().has_exemptions()));

    const std::array places{order::place_hash("a.example"), order::place_hash("a.example"),
                            order::place_hash(prefix("192.0.2.7/32").target),
                            order::place_hash("none.example")};
    const auto orders = must(book.orders().in_force_at(places));
    REQUIRE(orders.size() == 2);
    CHECK(orders[0].id == "one");
    CHECK(texts(orders[0].targets) == Texts{"a.example and below", "192.0.2.7/32"});
    CHECK(orders[0].exempt == one.order.exempt);
    CHECK(orders[1].id == "two");
    CHECK(texts(orders[1].targets) == Texts{"a.example"});
    CHECK(must(book.orders().in_force_at({})).empty());
    must(book.orders().step("one", order::Status::Lifted, act()));
    CHECK_FALSE(must(book.orders().has_exemptions()));
}

TEST_CASE("tally and statuses: what is in force and held, beside what only was once")
{
    const BookDirectory directory;
    Book book = directory.open();
    CHECK(must(book.orders().tally()) == book::Tally{});
    CHECK(must(book.orders().by_status()).empty());
    Incoming in = incoming("held", {name("a.example"), name("b.example"), name("c.example")});
    in.held = {{.item = 1, .reason = "protected", .alternative = ""},
               {.item = 2, .reason = "protected", .alternative = ""}};
    must(book.orders().add(in, "cli", act()));
    for (const std::string id : {"lifted", "stayed", "active"})
        must(book.orders().add(incoming(id, {name(id + ".example")}), "cli", act()));
    must(book.orders().step("lifted", order::Status::Lifted, act()));
    must(book.orders().step("stayed", order::Status::Stayed, act()));
    must(book.orders().release_item(must(book.orders().held())[0].key, act()));
    CHECK(must(book.orders().tally()) == book::Tally{.orders = 4, .in_force = 2, .held = 1});
    using order::Status;
    CHECK(must(book.orders().by_status()) ==
          std::map<Status, std::size_t>{{Status::Active, 2}, {Status::Stayed, 1}, {Status::Lifted, 1}});
    const auto all = must(book.orders().all(false));
    REQUIRE(all.size() == 4);
    CHECK(all[0].held == 1);
    CHECK(all[0].lifted_items == 0);
    CHECK(all[1].lifted_items == must(book.orders().find("lifted"))->lifted_items);
}

TEST_CASE("moments: when orders in force take effect and run out, each boundary, others not")
{
    const BookDirectory directory;
    Book book = directory.open();
    const auto add = [&](const std::string& id, std::int64_t effective, std::int64_t expires) {
        Incoming in = incoming(id, {name(id + ".example")});
        in.order.effective = effective;
        in.order.expires = expires;
        must(book.orders().add(in, "cli", act()));
    };
    const auto& orders = book.orders();
    CHECK_FALSE(must(orders.next_moment(0)));
    add("for ever", kNoon, 0);
    CHECK(must(orders.next_moment(kNoon - 1)) == kNoon);
    CHECK_FALSE(must(orders.next_moment(kNoon)));
    add("late", kNoon + 50, kNoon + 200);
    add("early", kNoon, kNoon + 100);
    add("stayed", kNoon + 10, kNoon + 20);
    must(book.orders().step("stayed", order::Status::Stayed, act()));
    add("lifted", kNoon + 10, kNoon + 20);
    must(book.orders().step("lifted", order::Status::Lifted, act()));

    CHECK(must(orders.next_moment(kNoon)) == kNoon + 50);
    CHECK(must(orders.next_moment(kNoon + 50)) == kNoon + 100);
    CHECK(must(orders.next_moment(kNoon + 100)) == kNoon + 200);
    CHECK_FALSE(must(orders.next_moment(kNoon + 200)));
    CHECK(must(orders.took_effect(kNoon - 1, kNoon)) == Texts{"for ever", "early"});
    CHECK(must(orders.took_effect(kNoon, kNoon + 49)).empty());
    CHECK(must(orders.took_effect(kNoon, kNoon + 50)) == Texts{"late"});
    CHECK(must(orders.ran_out(kNoon + 99)).empty());
    CHECK(must(orders.ran_out(kNoon + 100)) == Texts{"early"});
    CHECK(must(orders.ran_out(kNoon + 1000)) == Texts{"late", "early"});
    must(book.orders().step("early", order::Status::Expired, act()));
    CHECK(must(orders.ran_out(kNoon + 1000)) == Texts{"late"});
}

TEST_CASE("held targets give no rule, and are listed with reason and alternative until they are released")
{
    const BookDirectory directory;
    Book book = directory.open();
    Incoming in = incoming("o", {name("a.example"), name("shared.example")});
    in.held = {{.item = 1, .reason = "protected by list cdn", .alternative = "name the host"}};
    must(book.orders().add(in, "cli", act()));
    CHECK(in_force_texts(book) == Texts{"o: a.example and below"});
    const auto held = must(book.orders().held());
    REQUIRE(held.size() == 1);
    CHECK(held[0].held_by == "protected by list cdn");
    CHECK(held[0].alternative == "name the host");
    CHECK(must(book.orders().find("o"))->held == 1);
    must(book.orders().release_item(held[0].key, act()));
    CHECK(in_force_texts(book) == Texts{"o: a.example and below", "o: shared.example and below"});
    CHECK_THAT(error_of(book.orders().release_item(held[0].key, act())), ContainsSubstring("is active"));
    must(book.orders().hold_item(held[0].key, "again", "", act()));
    CHECK_THAT(error_of(book.orders().hold_item(held[0].key, "again", "", act())),
               ContainsSubstring("is held"));
    CHECK(texts(must(book.orders().items("o", ItemState::Held))) ==
          Texts{"o: shared.example and below, held"});
    CHECK_THAT(error_of(book.orders().hold_item(99, "x", "", act())), ContainsSubstring("no item 99"));
    must(book.orders().step("o", order::Status::Lifted, act()));
    CHECK(must(book.orders().held()).empty());
    in.order.id = "p";
    in.held[0].item = 2;
    CHECK_THAT(error_of(book.orders().add(in, "cli", act())), ContainsSubstring("number 2 cannot be held"));
}

TEST_CASE("a target added and lifted: the lifted one is kept, one added again gets a new key")
{
    const BookDirectory directory;
    Book book = directory.open();
    must(book.orders().add(incoming("o", {name("a.example")}), "cli", act()));
    must(book.orders().add_item("o", name("b.example"), "", "T-7", act(kNoon + 1)));
    CHECK_THAT(error_of(book.orders().add_item("o", name("b.example", order::Match::Exact), "", "", act())),
               ContainsSubstring("has the target b.example and below already, active"));
    must(book.orders().lift_item("o", name("b.example").target, act(kNoon + 2)));
    CHECK_THAT(error_of(book.orders().lift_item("o", name("b.example").target, act())),
               ContainsSubstring("has no target b.example"));
    must(book.orders().add_item("o", name("b.example"), "a.example", "", act(kNoon + 3)));
    const auto items = must(book.orders().items("o"));
    REQUIRE(items.size() == 3);
    CHECK(items[1].state == ItemState::Lifted);
    CHECK(items[1].ticket == "T-7");
    CHECK(items[1].received == kNoon + 1);
    CHECK(items[1].lifted == kNoon + 2);
    CHECK(items[2].state == ItemState::Active);
    CHECK(items[2].successor_of == "a.example");
    CHECK(items[2].key > items[1].key);
    CHECK(must(book.orders().find("o"))->lifted_items == 1);
    CHECK_THAT(error_of(book.orders().add_item("none", name("b.example"), "", "", act())),
               ContainsSubstring("there is no order none"));
    CHECK_THAT(error_of(book.orders().items("none")), ContainsSubstring("there is no order none"));
    must(book.orders().step("o", order::Status::Expired, act()));
    CHECK_THAT(error_of(book.orders().add_item("o", name("c.example"), "", "", act())),
               ContainsSubstring("is expired, which is the end"));
}

TEST_CASE("keys are never given out again: items cannot be deleted, not even behind the book's back")
{
    const BookDirectory directory;
    must(directory.open().orders().add(incoming("one", {name("a.example")}), "cli", act()));
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(directory.file().c_str(), &database) == SQLITE_OK);
    CHECK(sqlite3_exec(database, "DELETE FROM items", nullptr, nullptr, nullptr) == SQLITE_CONSTRAINT);
    CHECK(std::string(sqlite3_errmsg(database)) == "items are lifted, never deleted");
    sqlite3_close(database);
    Book book = directory.open();
    must(book.orders().add(incoming("two", {name("a.example")}), "cli", act()));
    CHECK(must(book.orders().items("two")).at(0).key > must(book.orders().items("one")).at(0).key);
}

TEST_CASE("vary: what stays keeps its key, what goes is lifted, what is new is added, fields change")
{
    const BookDirectory directory;
    Book book = directory.open();
    must(book.orders().add(incoming("o", {name("a.example"), name("b.example"), prefix("192.0.2.7/32")}),
                           "cli", act()));
    const auto before = must(book.orders().items("o"));
    Incoming later = incoming("o", {name("c.example"), name("a.example", order::Match::Subtree, kNoon + 99),
                                    prefix("192.0.2.7/32")});
    later.order.comply_within = 60;
    later.order.exempt = {{.name = "x.a.example", .match = order::Match::Exact}};
    must(book.orders().vary(later, act(kNoon + 10)));
    const auto record = must(book.orders().find("o"));
    CHECK(record->order.status == order::Status::Varied);
    CHECK(record->changed == kNoon + 10);
    CHECK(record->order.comply_within == 60);
    CHECK(record->order.exempt == later.order.exempt);
    CHECK(record->lifted_items == 1);
    const auto after = must(book.orders().items("o"));
    CHECK(texts(after) == Texts{"o: a.example and below, active", "o: b.example and below, lifted",
                                "o: 192.0.2.7/32, active", "o: c.example and below, active"});
    CHECK(after[0].key == before[0].key);
    CHECK(after[0].item.expires == kNoon + 99);
    CHECK(after[1].lifted == kNoon + 10);
    CHECK(after[2].key == before[2].key);
    CHECK(after[3].received == kNoon + 10);

    CHECK_THAT(error_of(book.orders().vary(later, act())), ContainsSubstring("is like this already"));
    CHECK_THAT(error_of(book.orders().vary(incoming("none", {name("a.example")}), act())),
               ContainsSubstring("there is no order none"));
    must(book.orders().step("o", order::Status::Lifted, act()));
    later.order.comply_within = 61;
    CHECK_THAT(error_of(book.orders().vary(later, act())), ContainsSubstring("is lifted, which is the end"));
}

TEST_CASE("vary: a name matched otherwise is another target; a draft and a stayed order stay what they are")
{
    const BookDirectory directory;
    Book book = directory.open();
    for (const auto status : {order::Status::Draft, order::Status::Stayed}) {
        Incoming in = incoming("o-" + std::string(to_string(status)), {name("a.example")});
        in.order.status = status;
        must(book.orders().add(in, "cli", act()));
        in.order.targets = {name("a.example", order::Match::Exact)};
        must(book.orders().vary(in, act()));
        CHECK(must(book.orders().find(in.order.id))->order.status == status);
        CHECK(texts(must(book.orders().items(in.order.id))) ==
              Texts{in.order.id + ": a.example and below, lifted", in.order.id + ": a.example, active"});
    }
}
