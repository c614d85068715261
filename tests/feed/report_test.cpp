// SPDX-License-Identifier: Apache-2.0
//
// report_test.cpp: what of the book the authority is told.
#include <catch2/catch_test_macros.hpp>

#include "control/import.h"
#include "server.h"

using namespace interdict;
using namespace interdict::feed;
using nlohmann::json;

TEST_CASE("only what is proven is reported as processed, what is held as unprocessed, the rest not at all")
{
    std::string why;
    Server* server = Server::get(why);
    if (!server)
        SKIP(why);
    json items = json::array();
    for (const char* value : {"Proven.example", "held.example", "later.example", "unknown.example"})
        items.push_back({{"value", value}, {"status", "pending"}});
    items.push_back({{"value", "done.example"}, {"status", "processed"}});
    const auto ticket = [](const char* id, const char* status, const char* created) {
        return json{{"ticket_id", id}, {"status", status}, {"metadata", {{"created_at", created}}}};
    };
    server->set(
        {{"tickets",
          {ticket("t1", "open", "2026-04-01T18:00:00Z"), ticket("old", "open", "2026-03-30T17:59:00Z"),
           ticket("failed", "failed", "2026-04-01T18:00:00Z"),
           ticket("closed", "closed", "2026-04-01T18:00:00Z")}},
         {"items", {{"t1", items}, {"closed", json::array()}}}});

    control::Import import;
    import.name = "shield";
    import.received = 1775066400; // 2026-04-01T18:00:00Z
    import.basis = Template{};
    auto& order = import.basis->order;
    order.id = "ps";
    order.authority = "A";
    order.reference = "1";
    order.jurisdiction = "IT";
    order.issued = order.effective = 1;
    auto shield = PiracyShield::make({.url = server->url(), .http = {.ca_file = server->ca_file()}},
                                     {"isp@example.org", "correct horse"}, real_world())
                      .value();
    import.tickets = shield.tickets().value();

    auto book = book::Book::open(server->folder() / "book.db", book::Access::Write).value();
    book::Incoming incoming{.order = import.basis->order};
    for (const char* name : {"proven.example", "held.example"})
        incoming.order.targets.push_back({.target = {.name = {name, order::Match::Subtree}, .address = {}}});
    incoming.held.push_back({1, "shared", ""});
    const auto act = [](std::int64_t time) {
        return book::Act{.actor = "test", .reason = {}, .document = {}, .time = time};
    };
    REQUIRE(book.orders().replace("feed shield", {&incoming, 1}, act(1775066000)));
    const auto change = book.journal().last().value();
    for (const auto fact : {book::Fact::Staged, book::Fact::Published, book::Fact::Proven})
        REQUIRE(book.facts().note(fact, 7, std::string(64, 'a'), change, act(1775066100)));
    // Came later. While it is not proven, nothing is told as processed: it might have taken something out.
    incoming.order.targets.push_back(
        {.target = {.name = {"later.example", order::Match::Subtree}, .address = {}}});
    REQUIRE(book.orders().replace("feed shield", {&incoming, 1}, act(1775066200)));

    const auto early = control::report_outcomes(book, shield, import);
    REQUIRE(early);
    CHECK(early->processed == 0);
    CHECK(early->unprocessed == 1);
    const auto later = book.journal().last().value();
    for (const auto fact : {book::Fact::Staged, book::Fact::Published, book::Fact::Proven})
        REQUIRE(book.facts().note(fact, 8, std::string(64, 'b'), later, act(1775066300)));

    import.cursor = {};
    (void)server->requests();
    const auto result = control::report_outcomes(book, shield, import);
    REQUIRE(result);
    CHECK(result->processed == 2);
    CHECK(result->unprocessed == 0);
    std::vector<json> told;
    std::vector<std::string> asked;
    for (const auto& request : server->requests())
        if (request["path"].get<std::string>().find("/set/") != std::string::npos)
            told.push_back(request["body"]);
        else if (request["path"] == "/api/v1/ticket/item/get/all")
            asked.push_back(request["body"]["ticket_id"]);
    // Neither the ticket whose 48 hours are over nor the failed one.
    CHECK(asked == std::vector<std::string>{"t1", "closed"});
    // Each with the time of its own proof; the held one was told before.
    CHECK(told == std::vector<json>{{{"value", "Proven.example"}, {"timestamp", "2026-04-01T17:55:00Z"}},
                                    {{"value", "later.example"}, {"timestamp", "2026-04-01T17:58:20Z"}}});
    CHECK(import.cursor.reported == std::set<std::string>{"closed"});
}
