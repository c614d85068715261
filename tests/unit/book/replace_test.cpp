// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

#include <algorithm>

#include <catch2/matchers/catch_matchers_string.hpp>

using namespace interdict;
using namespace interdict::book;
using namespace interdict::testing;
using Catch::Matchers::ContainsSubstring;
using order::Status;
using Ids = std::vector<std::string>;

namespace {

ListChange replace(Book& book, const std::vector<Incoming>& list, std::int64_t time = kNoon)
{
    return must(book.orders().replace("feed x", list, act(time, "feed x")));
}

std::vector<std::string> targets(const Book& book, const std::string& id)
{
    std::vector<std::string> out;
    const auto record = must(book.orders().find(id));
    REQUIRE(record);
    for (const order::Item& item : record->order.targets)
        out.push_back(to_string(item.target));
    return out;
}

} // namespace

TEST_CASE("a list is replaced by the next: added, varied, lifted, unchanged, one line of the journal each")
{
    const BookDirectory directory;
    Book book = directory.open();
    must(book.orders().add(incoming("mine", {name("m.example")}), "cli", act()));
    auto change = replace(book, {incoming("a", {name("a1.example"), name("a2.example")}),
                                 incoming("b", {name("b.example")}), incoming("c", {name("c.example")})});
    CHECK(change.added == Ids{"a", "b", "c"});
    CHECK(change.items_added == 4);
    const auto key = must(book.orders().items("a")).at(1).key;
    const std::int64_t lines = must(book.journal().last());
    CHECK(lines == 4);

    change = replace(book, {incoming("a", {name("a3.example"), name("a2.example")}),
                            incoming("b", {name("b.example")}), incoming("d", {name("d.example")})});
    CHECK(change.added == Ids{"d"});
    CHECK(change.varied == Ids{"a"});
    CHECK(change.lifted == Ids{"c"});
    CHECK(change.unchanged == 1);
    CHECK(change.items_added == 2);
    CHECK(change.items_lifted == 2);
    CHECK(must(book.journal().last()) == lines + 3);
    CHECK(targets(book, "a") == Ids{"a2.example and below", "a3.example and below"});
    CHECK(must(book.orders().items("a")).at(1).key == key);
    CHECK(must(book.orders().find("a"))->order.status == Status::Active);
    CHECK(must(book.orders().find("c"))->order.status == Status::Lifted);
    CHECK(must(book.orders().find("mine"))->order.status == Status::Active);
    CHECK_THAT(must(book.journal().history("c")).back().record,
               ContainsSubstring("no longer in the list of feed x"));

    change = replace(book, {});
    CHECK(change.lifted == Ids{"a", "b", "d"});
    CHECK(must(book.orders().in_force()).size() == 1);
    CHECK_FALSE(must(book.journal().verify()).fault.has_value());
}

TEST_CASE("the same list again writes nothing, whether or not its digest is known")
{
    const BookDirectory directory;
    Book book = directory.open();
    Incoming in = incoming("a", {name("a1.example"), prefix("192.0.2.0/24"), name("held.example")});
    in.held = {{.item = 2, .reason = "protected", .alternative = ""}};
    in.tickets = {"t1", "t2", ""};
    replace(book, {in});
    const std::int64_t lines = must(book.journal().last());
    CHECK(replace(book, {in}).unchanged == 1);
    // The other sequence has another digest and is the same list all the same.
    std::swap(in.order.targets[0], in.order.targets[1]);
    std::swap(in.tickets[0], in.tickets[1]);
    CHECK(replace(book, {in}).unchanged == 1);
    CHECK(must(book.journal().last()) == lines);
}

TEST_CASE("a source that repeats its list does not undo what a person decided")
{
    const BookDirectory directory;
    Book book = directory.open();
    Incoming a = incoming("a", {name("a1.example"), name("a2.example")});
    a.order.dynamic = true;
    const std::vector<Incoming> list{a, incoming("b", {name("b.example")}),
                                     incoming("c", {name("c.example")})};
    replace(book, list);
    must(book.orders().lift_item("a", name("a1.example").target, act()));
    must(book.orders().add_item("a", name("mirror.example"), "a1.example", "", act()));
    must(book.orders().step("b", Status::Lifted, act()));
    must(book.orders().step("c", Status::Stayed, act()));
    CHECK(replace(book, list).unchanged == 3);
    std::vector<Incoming> other = list;
    other[0].order.targets.push_back(name("a9.example"));
    other[2].order.targets.push_back(name("c9.example"));
    const auto change = replace(book, other);
    CHECK(change.varied == Ids{"a", "c"});
    CHECK(targets(book, "a") ==
          Ids{"a2.example and below", "mirror.example and below", "a9.example and below"});
    CHECK(must(book.orders().find("b"))->order.status == Status::Lifted);
    CHECK(must(book.orders().find("c"))->order.status == Status::Stayed);
}

TEST_CASE("what a source gave up and gives again is new: an order is reinstated, a target has a new key")
{
    const BookDirectory directory;
    Book book = directory.open();
    const Incoming a = incoming("a", {name("a1.example"), name("a2.example")});
    const Incoming b = incoming("b", {name("b.example")});
    replace(book, {a, b});
    must(book.orders().lift_item("a", name("a1.example").target, act()));
    must(book.orders().step("b", Status::Lifted, act()));
    replace(book, {incoming("a", {name("a2.example")})});
    CHECK(targets(book, "a") == Ids{"a2.example and below"});
    const auto change = replace(book, {a, b});
    CHECK(change.varied == Ids{"a", "b"});
    CHECK(targets(book, "a") == Ids{"a2.example and below", "a1.example and below"});
    CHECK(must(book.orders().items("a")).size() == 3);
    CHECK(must(book.orders().find("b"))->order.status == Status::Active);
    CHECK_THAT(must(book.journal().history("b")).back().record, ContainsSubstring("\"step\":\"reinstate\""));
}

TEST_CASE("a source's own status is followed, an expired order comes back with a later end")
{
    const BookDirectory directory;
    Book book = directory.open();
    Incoming a = incoming("a", {name("a.example")});
    a.order.expires = kNoon + 100;
    replace(book, {a});
    a.order.status = Status::Stayed;
    CHECK(replace(book, {a}).varied == Ids{"a"});
    CHECK(must(book.orders().find("a"))->order.status == Status::Stayed);
    a.order.status = Status::Active;
    CHECK(replace(book, {a}).varied == Ids{"a"});
    must(book.orders().step("a", Status::Expired, act()));
    CHECK(replace(book, {a}, kNoon + 200).unchanged == 1);
    a.order.expires = kNoon + 300;
    CHECK(replace(book, {a}, kNoon + 300).unchanged == 1);
    CHECK(replace(book, {a}, kNoon + 299).varied == Ids{"a"});
    CHECK(must(book.orders().find("a"))->order.status == Status::Active);
    CHECK(must(book.orders().find("a"))->order.expires == kNoon + 300);
}

TEST_CASE("holds follow the list, an override stays")
{
    const BookDirectory directory;
    Book book = directory.open();
    Incoming in = incoming("a", {name("a1.example"), name("a2.example")});
    replace(book, {in});
    in.held = {{.item = 0, .reason = "protected", .alternative = "x"},
               {.item = 1, .reason = "r", .alternative = ""}};
    CHECK(replace(book, {in}).varied == Ids{"a"});
    CHECK(must(book.orders().held()).size() == 2);
    in.held[0].reason = "other";
    replace(book, {in});
    CHECK(must(book.orders().held()).at(0).held_by == "other");
    Proposal proposal;
    proposal.kind = ProposalKind::Override;
    proposal.order = "a";
    proposal.item = name("a2.example");
    must(book.proposals().decide(must(book.proposals().propose(proposal, act(kNoon, "anna"))), true,
                                 act(kNoon, "bert")));
    in.held[0].reason = "third";
    replace(book, {in});
    in.held.clear();
    replace(book, {in});
    const auto items = must(book.orders().items("a"));
    CHECK(items[0].state == ItemState::Active);
    CHECK(items[0].held_by.empty());
    CHECK(items[1].state == ItemState::Overridden);
    CHECK(items[1].held_by == "r");
}

TEST_CASE("refused whole: an id of another origin, an id twice, an order without targets; nothing is kept")
{
    const BookDirectory directory;
    Book book = directory.open();
    must(book.orders().add(incoming("mine", {name("m.example")}), "cli", act()));
    const auto refused = [&](const std::vector<Incoming>& list) {
        return error_of(book.orders().replace("feed x", list, act()));
    };
    const Incoming good = incoming("a", {name("a.example")});
    CHECK_THAT(refused({good, incoming("mine", {name("m.example")})}),
               ContainsSubstring("order mine came from \"cli\""));
    CHECK_THAT(refused({good, good}), ContainsSubstring("order a is in the list twice"));
    CHECK_THAT(refused({good, incoming("b", {})}), ContainsSubstring("order b has no targets"));
    CHECK(must(book.orders().all(false)).size() == 1);
    CHECK(must(book.journal().last()) == 1);
}

TEST_CASE("a long list into a book with other orders: the index by place is there afterwards")
{
    const BookDirectory directory;
    Book book = directory.open();
    must(book.orders().add(incoming("mine", {name("n7.example")}), "cli", act()));
    Incoming in = incoming("a", {});
    for (int i = 0; i < 30000; ++i)
        in.order.targets.push_back(name(fmt::format("n{}.example", i)));
    std::size_t seen = 0;
    const auto change = must(book.orders().replace("feed x", std::vector{in}, act(),
                                                   [&](std::size_t written) { seen = written; }));
    CHECK(change.items_added == 30000);
    CHECK(seen == 30000);
    CHECK(must(book.orders().citing(name("n7.example").target)).size() == 2);
    CHECK(must(book.orders().in_force_at(std::vector{order::place_hash("n29999.example")})).size() == 1);
    // A fault in the middle leaves everything as it was, the index, too.
    Incoming more = incoming("b", {});
    for (int i = 0; i < 30000; ++i)
        more.order.targets.push_back(name(fmt::format("m{}.example", i)));
    CHECK_FALSE(book.orders().replace("feed x", std::vector{in, more, incoming("c", {})}, act()));
    CHECK_FALSE(must(book.orders().find("b")).has_value());
    CHECK(must(book.orders().citing(name("n7.example").target)).size() == 2);
    must(book.check());
}
