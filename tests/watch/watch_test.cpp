// SPDX-License-Identifier: Apache-2.0
//
// Whole rounds: what resolvers say in, proposals in the book out.
#include <nlohmann/json.hpp>

#include "lab.h"

using namespace interdict;
using namespace interdict::watch;
using namespace interdict::watch::test;

TEST_CASE("watch: an address moves: one proposal, once; approved, it is of the order and not proposed again")
{
    Lab lab({order_on("it-1", {"192.0.2.7/32", "tv.example"}, true)});
    lab.zone(at("tv.example", "192.0.2.7"));
    CHECK(lab.rounds(3).proposed.empty());
    lab.zone(at("tv.example", "192.0.2.8"));
    CHECK(lab.rounds(2).proposed.empty());
    const auto round = lab.rounds(1);
    CHECK(round.checked == 1);
    CHECK(round.undecided == 0);
    CHECK_FALSE(round.degraded());
    REQUIRE(round.proposed.size() == 1);
    CHECK(round.proposed[0].fresh);
    CHECK(round.proposed[0].id == 1);
    CHECK(lab.open() == "1 successor 192.0.2.8/32 of 192.0.2.7/32; ");
    const auto again = lab.rounds(1);
    REQUIRE(again.proposed.size() == 1);
    CHECK_FALSE(again.proposed[0].fresh);
    CHECK(lab.open() == "1 successor 192.0.2.8/32 of 192.0.2.7/32; ");

    REQUIRE(lab.book().proposals().decide(1, true, {.actor = "berta", .time = lab.time}));
    CHECK(lab.rounds(3).proposed.empty());
    const auto items = lab.book().orders().items("it-1", book::ItemState::Active).value();
    REQUIRE(items.size() == 3);
    CHECK(to_string(items[2].item.target) == "192.0.2.8/32");
    CHECK(items[2].item.expires == kEnd);
    CHECK(items[2].successor_of == "192.0.2.7/32");
}

TEST_CASE("watch: nothing is applied: the order stays as it is until a person approves")
{
    Lab lab({order_on("it-1", {"192.0.2.7/32", "tv.example"}, true)});
    lab.zone(at("tv.example", "192.0.2.7"));
    lab.rounds(3);
    lab.zone(at("tv.example", "192.0.2.8"));
    lab.rounds(8);
    CHECK(lab.book().orders().items("it-1").value().size() == 2);
}

TEST_CASE("watch: what was rejected is not asked again, until it begins anew")
{
    Lab lab({order_on("it-1", {"gone.example"}, false)});
    lab.rounds(21);
    CHECK(lab.open() == "1 lift gone.example and below; ");
    REQUIRE(lab.book().proposals().decide(1, false, {.actor = "berta", .time = lab.time}));
    CHECK(lab.rounds(30).proposed.empty());
    lab.zone(at("gone.example", "192.0.2.7"));
    lab.rounds(1);
    lab.zone(R"({"set": "gone.example", "rcode": "SERVFAIL"})");
    CHECK(lab.rounds(20).proposed.empty());
    CHECK(lab.rounds(1).proposed.size() == 1);
    CHECK(lab.open() == "2 lift gone.example and below; ");
}

TEST_CASE("watch: a name moves by an alias")
{
    Lab lab({order_on("it-1", {"old.example"}, true)});
    lab.zone(at("old.example", "192.0.2.7"));
    lab.zone(at("new.test", "192.0.2.9"));
    lab.rounds(3);
    lab.zone(R"({"set": "old.example", "records": {"CNAME": ["new.test"]}})");
    CHECK(lab.rounds(2).proposed.empty());
    const auto round = lab.rounds(1);
    REQUIRE(round.proposed.size() == 1);
    CHECK(round.proposed[0].summary == "old.example is now an alias of new.test");
    CHECK(lab.open() == "1 successor new.test of old.example and below; ");
    const auto evidence = nlohmann::json::parse(round.proposed[0].proposal.evidence);
    CHECK(evidence["views"][2]["aliases"] == nlohmann::json{"new.test"});
    CHECK(evidence["views"][2]["ttl"] == 300);
}

TEST_CASE("watch: seized by its name servers: suspend, also of an order that is not dynamic")
{
    Lab lab({order_on("it-1", {"site.test"}, false)});
    lab.zone(at("site.test", "192.0.2.7"));
    lab.rounds(3);
    lab.zone(
        R"({"set": "site.test", "records": {"A": ["203.0.113.9"], "NS": ["ns1.fbi.seized.gov", "ns2.fbi.seized.gov"], "SOA": ["ns1.fbi.seized.gov h.seized.gov"]}})");
    CHECK(lab.rounds(2).proposed.empty());
    const auto round = lab.rounds(1);
    REQUIRE(round.proposed.size() == 1);
    CHECK(lab.open() == "1 suspend site.test and below; ");
    const auto evidence = nlohmann::json::parse(round.proposed[0].proposal.evidence);
    CHECK(evidence["banner"]["label"] == "United States agencies (seized.gov)");
    CHECK(evidence["views"][0]["soa"] == "ns1.fbi.seized.gov h.seized.gov");
    CHECK(evidence["changes"][0]["before"] == nlohmann::json{"192.0.2.7"});
}

TEST_CASE("watch: death takes four checks and ten days, by NXDOMAIN and SERVFAIL")
{
    Lab lab({order_on("it-1", {"a.example"}, false)});
    lab.zone(at("a.example", "192.0.2.7"));
    lab.rounds(2);
    lab.zone(R"({"set": "a.example", "rcode": "NXDOMAIN"})");
    lab.rounds(10);
    lab.zone(R"({"set": "a.example", "rcode": "SERVFAIL"})");
    CHECK(lab.rounds(10).proposed.empty());
    CHECK(lab.rounds(1).proposed.size() == 1);
    CHECK(lab.open() == "1 lift a.example and below; ");
}

TEST_CASE("watch: one lying resolver of three proposes nothing, whatever it says")
{
    Lab lab({order_on("it-1", {"192.0.2.7/32", "tv.example", "b.example"}, true)});
    lab.zone(at("tv.example", "192.0.2.7"));
    lab.zone(at("b.example", "192.0.2.7"));
    lab.rounds(3);
    lab.zone(R"({"servers": [1], "set": "b.example", "rcode": "NXDOMAIN"})");
    lab.zone(
        R"({"servers": [1], "set": "tv.example", "records": {"A": ["203.0.113.66"], "NS": ["ns1.fbi.seized.gov"]}})");
    const auto round = lab.rounds(30);
    CHECK(round.proposed.empty());
    CHECK(round.undecided == 0);
    CHECK_FALSE(round.degraded());
    CHECK(lab.open().empty());
}

TEST_CASE(
    "watch: filters have no vote: extended error 16 and stop pages; without a quorum nothing is decided")
{
    auto order = order_on("it-1", {"a.example", "b.example"}, true);
    order.actions[INTERDICT_CHANNEL_DNS] = INTERDICT_ACTION_SINKHOLE;
    order.sinkhole.ipv4 = order::parse_address("203.0.113.1").value();
    Lab lab({order});
    lab.zone(R"({"set": "a.example", "error": 16, "rcode": "NXDOMAIN"})");
    lab.zone(at("b.example", "203.0.113.1"));
    lab.zone(at("c.example", "192.0.2.7"));
    const auto round = lab.try_round();
    REQUIRE_FALSE(round);
    CHECK(round.error().message.find("0 of 3 resolvers answered, 2 must agree: nothing was checked") == 0);
    // Two of the three are no filters: the name lives.
    lab.zone(R"({"servers": [0, 2], "set": "a.example", "records": {"A": ["192.0.2.7"]}})");
    lab.zone(R"({"servers": [0, 2], "set": "b.example", "records": {"A": ["192.0.2.7"]}})");
    const auto better = lab.rounds(30);
    CHECK(better.undecided == 0);
    CHECK(better.degraded()); // the filter alone said nothing at all
    CHECK(better.resolvers[1].votes == 0);
    CHECK(better.resolvers[1].fault == "a filter answers (extended error 16)");
    CHECK(lab.open().empty());
}

TEST_CASE("watch: rotating addresses, and ones by place, propose nothing")
{
    Lab lab({order_on("it-1", {"192.0.2.7/32", "pool.example", "geo.example"}, true)});
    lab.zone(
        R"({"set": "pool.example", "rotate": {"A": [["192.0.2.7", "192.0.2.8"], ["192.0.2.9", "192.0.2.10"], ["192.0.2.11", "192.0.2.7"], ["192.0.2.8", "192.0.2.9"]]}})");
    for (int i = 0; i < 3; ++i)
        lab.zone(fmt::format(
            R"({{"servers": [{}], "set": "geo.example", "records": {{"A": ["192.0.2.{}"]}}}})", i, 7 + i));
    CHECK(lab.rounds(30).proposed.empty());
    CHECK(lab.open().empty());
}

TEST_CASE("watch: one resolver down: degraded, and the others decide")
{
    Lab lab({order_on("it-1", {"192.0.2.7/32", "tv.example"}, true)});
    lab.zone(at("tv.example", "192.0.2.7"));
    lab.rounds(3);
    lab.zone(R"({"servers": [2], "silent": true})");
    lab.zone(at("tv.example", "192.0.2.8"));
    const auto round = lab.rounds(3);
    CHECK(round.degraded());
    CHECK(round.resolvers[2].votes == 0);
    CHECK(round.resolvers[2].fault == "no answer");
    CHECK(lab.open() == "1 successor 192.0.2.8/32 of 192.0.2.7/32; ");
}

TEST_CASE("watch: two of three resolvers down: an error, and nothing is forgotten")
{
    Lab lab({order_on("it-1", {"192.0.2.7/32", "tv.example"}, true)});
    lab.zone(at("tv.example", "192.0.2.7"));
    lab.rounds(3);
    lab.zone(R"({"servers": [0, 1], "silent": true})");
    const auto round = lab.try_round();
    REQUIRE_FALSE(round);
    CHECK(round.error().message.find("1 of 3 resolvers answered, 2 must agree") == 0);
    lab.zone(R"({"servers": [0, 1], "silent": false})");
    lab.zone(at("tv.example", "192.0.2.8"));
    lab.rounds(3);
    CHECK(lab.open() == "1 successor 192.0.2.8/32 of 192.0.2.7/32; ");
}

TEST_CASE("watch: a candidate is watched for its order and proposed when it serves from there")
{
    Lab lab({order_on("it-1", {"old.example"}, true)});
    lab.settings.candidates = {{"it-1", {"mirror.test"}}};
    lab.zone(at("old.example", "192.0.2.7"));
    lab.zone(at("mirror.test", "192.0.2.99"));
    CHECK(lab.rounds(4).proposed.empty());
    lab.zone(at("mirror.test", "192.0.2.7"));
    lab.rounds(3);
    CHECK(lab.open() == "1 successor mirror.test of old.example and below; ");
}

TEST_CASE("watch: names checked within the interval wait; the longest unchecked come first")
{
    Lab lab({order_on("it-1", {"a.example", "b.example", "c.example"}, false)});
    lab.settings.names_per_check = 2;
    auto round = lab.try_round().value();
    CHECK(round.checked == 2);
    CHECK(round.left == 1);
    lab.time += 3599;
    round = lab.try_round().value();
    CHECK(round.checked == 1);
    CHECK(round.recent == 2);
    CHECK(round.left == 0);
    lab.time += 1;
    round = lab.try_round().value();
    CHECK(round.checked == 2);
    CHECK(round.recent == 1);
    CHECK(lab.try_round({.order = {}, .all = true}).value().checked == 2);
}

TEST_CASE("watch: a dry run writes nothing; one order alone; an order that is not in force")
{
    Lab lab({order_on("it-1", {"a.example"}, false), order_on("it-2", {"b.example"}, false)});
    lab.settings.dead = {1, 0};
    const auto last = lab.book().journal().last().value();
    const auto dry = lab.try_round({.order = {}, .dry_run = true}).value();
    CHECK(dry.proposed.size() == 2);
    CHECK(dry.proposed[0].id == 0);
    CHECK(lab.book().journal().last().value() == last);
    CHECK(Memory::load(lab.book().counts()).value().snapshots().empty());
    CHECK(lab.try_round({.order = "it-2"}).value().checked == 1);
    CHECK(lab.open() == "1 lift b.example and below; ");
    CHECK_FALSE(lab.try_round({.order = "it-3"}));
}

TEST_CASE("watch: thousands of names, one resolver down: it is not asked for all of them")
{
    order::Order order = order_on("it-1", {"a.example"}, false);
    for (int i = 0; i < 2500; ++i)
        order.targets.push_back(item_of(fmt::format("n{}.example", i)));
    Lab lab({order});
    lab.settings.pace.per_second = 10'000;
    lab.zone(R"({"servers": [1], "silent": true})");
    const auto round = lab.rounds(1);
    CHECK(round.checked == 2501);
    CHECK(round.undecided == 0);
    CHECK(round.degraded());
    CHECK(Memory::load(lab.book().counts()).value().snapshots().size() == 2501);
}
