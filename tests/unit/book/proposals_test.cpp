// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

#include <catch2/matchers/catch_matchers_string.hpp>
#include <nlohmann/json.hpp>

using namespace interdict;
using namespace interdict::book;
using namespace interdict::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

Proposal proposal(ProposalKind kind, order::Item item, std::string of = {})
{
    Proposal out;
    out.kind = kind;
    out.order = "o";
    out.item = std::move(item);
    out.of = std::move(of);
    out.evidence = R"({"seen":"ns1.parking.example"})";
    return out;
}

// One dynamic order, its second target held.
Book book_in(const BookDirectory& directory)
{
    Book book = directory.open();
    Incoming in = incoming("o", {name("a.example"), name("held.example")});
    in.order.dynamic = true;
    in.order.comply_within = 60;
    in.held = {{.item = 1, .reason = "protected", .alternative = "name the host"}};
    must(book.orders().add(in, "cli", act()));
    return book;
}

} // namespace

TEST_CASE(
    "an approved successor is a target of the order, with what it follows on and the evidence journalled")
{
    const BookDirectory directory;
    Book book = book_in(directory);
    const auto id = must(book.proposals().propose(
        proposal(ProposalKind::Successor, name("a2.example", order::Match::Exact, kNoon + 999), "a.example"),
        act(kNoon + 1, "watch")));
    CHECK(id == 1);
    CHECK(must(book.orders().items("o")).size() == 2);
    must(book.proposals().decide(id, true, act(kNoon + 2, "bert", "same shop")));
    const auto items = must(book.orders().items("o"));
    REQUIRE(items.size() == 3);
    CHECK(items[2].item.target.name == order::NameTarget{"a2.example", order::Match::Exact});
    CHECK(items[2].item.expires == kNoon + 999);
    CHECK(items[2].successor_of == "a.example");
    CHECK(items[2].received == kNoon + 2);
    const auto line = nlohmann::json::parse(must(book.journal().history("o")).back().record);
    CHECK(line["step"] == "approve");
    CHECK(line["actor"] == "bert");
    CHECK(line["reason"] == "same shop");
    CHECK(line["detail"]["target"] == "a2.example");
    CHECK(line["detail"]["of"] == "a.example");
    CHECK(line["detail"]["proposer"] == "watch");
    CHECK(line["detail"]["evidence"]["seen"] == "ns1.parking.example");
    CHECK(must(book.facts().deliveries("o")).back().due == kNoon + 62);
    const auto decided = must(book.proposals().all(ProposalState::Approved)).at(0);
    CHECK(decided.proposer == "watch");
    CHECK(decided.decider == "bert");
    CHECK(decided.decided == kNoon + 2);
    CHECK(decided.reason == "same shop");
    CHECK(must(book.proposals().all(ProposalState::Open)).empty());
}

TEST_CASE("approved suspensions and lifts end a target, an override lets a held one through")
{
    const BookDirectory directory;
    Book book = book_in(directory);
    must(book.orders().add_item("o", name("dead.example"), "", "", act()));
    for (const auto& one : {proposal(ProposalKind::Suspend, name("a.example")),
                            proposal(ProposalKind::Lift, name("dead.example")),
                            proposal(ProposalKind::Override, name("held.example"))})
        must(book.proposals().decide(must(book.proposals().propose(one, act(kNoon, "anna"))), true,
                                     act(kNoon + 5, "bert")));
    const auto items = must(book.orders().items("o"));
    CHECK(items[0].state == ItemState::Lifted);
    CHECK(items[0].lifted == kNoon + 5);
    CHECK(items[1].state == ItemState::Overridden);
    CHECK(items[1].overridden_by == "anna");
    CHECK(items[1].approved_by == "bert");
    CHECK(items[1].held_by == "protected");
    CHECK(items[2].state == ItemState::Lifted);
    const auto orders = must(book.orders().in_force());
    REQUIRE(orders.size() == 1);
    CHECK(orders[0].targets.size() == 1);
    CHECK(orders[0].targets[0].target.name.name == "held.example");
}

TEST_CASE("nobody decides what he proposed, however he writes his name; nobody decides twice")
{
    const BookDirectory directory;
    Book book = book_in(directory);
    const auto id = must(
        book.proposals().propose(proposal(ProposalKind::Override, name("held.example")), act(kNoon, "Anna")));
    const std::int64_t before = must(book.journal().last());
    for (const char* same : {"Anna", "anna", " ANNA\t"})
        CHECK_THAT(error_of(book.proposals().decide(id, true, act(kNoon, same))),
                   ContainsSubstring("was made by Anna, who cannot decide it as well"));
    CHECK_FALSE(book.proposals().decide(id, false, act(kNoon, "anna")));
    CHECK(must(book.journal().last()) == before);
    must(book.proposals().decide(id, false, act(kNoon, "annabel", "no")));
    CHECK_THAT(error_of(book.proposals().decide(id, true, act(kNoon, "bert"))),
               ContainsSubstring("was rejected by annabel already"));
    CHECK_THAT(error_of(book.proposals().decide(99, true, act())),
               ContainsSubstring("there is no proposal 99"));
    CHECK(must(book.orders().items("o")).at(1).state == ItemState::Held);
}

TEST_CASE("the same proposal again keeps its number and first proposer and takes the new evidence")
{
    const BookDirectory directory;
    Book book = book_in(directory);
    Proposal one = proposal(ProposalKind::Suspend, name("a.example"));
    const auto id = must(book.proposals().propose(one, act(kNoon, "watch")));
    one.evidence = "a letter";
    CHECK(must(book.proposals().propose(one, act(kNoon + 1, "bert"))) == id);
    one.kind = ProposalKind::Lift;
    CHECK(must(book.proposals().propose(one, act(kNoon, "watch"))) == id + 1);
    const auto all = must(book.proposals().all());
    REQUIRE(all.size() == 2);
    CHECK(all[0].evidence == "a letter");
    CHECK(all[0].proposer == "watch");
    CHECK(all[0].proposed == kNoon);
    must(book.proposals().decide(id, true, act(kNoon, "anna")));
    CHECK_THAT(error_of(book.proposals().decide(id + 1, true, act(kNoon, "anna"))),
               ContainsSubstring("has no target a.example"));
    CHECK(must(book.proposals().all(ProposalState::Open)).size() == 1);
    must(book.proposals().decide(id + 1, false, act(kNoon, "anna")));
}

TEST_CASE(
    "refused: a successor under an order that is not dynamic, what is there, what is not, an ended order")
{
    const BookDirectory directory;
    Book book = book_in(directory);
    must(book.orders().add(incoming("static", {name("a.example")}), "cli", act()));
    const auto refused = [&](Proposal one, const std::string& order = "o") {
        one.order = order;
        return error_of(book.proposals().propose(one, act()));
    };
    const Proposal successor = proposal(ProposalKind::Successor, name("n.example"));
    CHECK_THAT(refused(successor, "static"), ContainsSubstring("is not dynamic"));
    CHECK_THAT(refused(successor, "none"), ContainsSubstring("there is no order none"));
    CHECK_THAT(refused(proposal(ProposalKind::Successor, name("a.example"))),
               ContainsSubstring("already, active"));
    CHECK_THAT(refused(proposal(ProposalKind::Lift, name("n.example"))), ContainsSubstring("has no target"));
    CHECK_THAT(refused(proposal(ProposalKind::Override, name("a.example"))),
               ContainsSubstring("has no held target"));
    CHECK_THAT(refused(proposal(ProposalKind::Lift, order::Item{})), ContainsSubstring("no target is named"));
    must(book.orders().step("o", order::Status::Lifted, act()));
    CHECK_THAT(refused(successor), ContainsSubstring("is lifted"));
}
