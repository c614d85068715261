// SPDX-License-Identifier: Apache-2.0
//
// Blocks that went on for nothing, because nobody looked: what the watch proposes there.
#include <nlohmann/json.hpp>

#include "lab.h"

using namespace interdict;
using namespace interdict::watch;
using namespace interdict::watch::test;

// CUII, Germany: names of a library stayed blocked after the United States had seized them; their visitors
// could not see the notice.
TEST_CASE("incident: CUII, libgen.rocks and library.lol: seized elsewhere, still blocked")
{
    auto order = order_on("de-cuii", {"libgen.rocks", "library.lol", "libgen.test"}, false);
    Lab lab({order});
    for (const char* name : {"libgen.rocks", "library.lol"})
        lab.zone(fmt::format(
            R"({{"set": "{}", "records": {{"A": ["192.0.2.110"], "NS": ["ns1.seizedservers.com", "ns2.seizedservers.com"]}}}})",
            name));
    lab.zone(at("libgen.test", "192.0.2.7"));
    CHECK(lab.rounds(2).proposed.empty());
    const auto round = lab.rounds(1);
    REQUIRE(round.proposed.size() == 2);
    CHECK(lab.open() == "1 suspend libgen.rocks and below; 2 suspend library.lol and below; ");
    CHECK(nlohmann::json::parse(round.proposed[0].proposal.evidence)["banner"]["label"] ==
          "United States Homeland Security Investigations");

    // Once a person agrees, the users reach the notice, and the live site stays blocked.
    for (const std::int64_t id : {1, 2})
        REQUIRE(lab.book().proposals().decide(id, true, {.actor = "berta", .time = lab.time}));
    const auto left = lab.book().orders().items("de-cuii", book::ItemState::Active).value();
    REQUIRE(left.size() == 1);
    CHECK(to_string(left[0].item.target) == "libgen.test and below");
}

// CNMC, Spain, found by a study at A Coruna: lists were passed on whose names had been dead for a decade.
TEST_CASE("incident: CNMC, A Coruna: lists with names that have been dead for years")
{
    auto order =
        order_on("es-cnmc", {"dead-1.example", "dead-2.example", "lapsed.example", "live.example"}, false);
    Lab lab({order});
    lab.zone(R"({"set": "lapsed.example", "rcode": "SERVFAIL"})");
    lab.zone(at("live.example", "192.0.2.7"));
    CHECK(lab.rounds(20).proposed.empty());
    CHECK(lab.rounds(1).proposed.size() == 3);
    CHECK(lab.open() == "1 lift dead-1.example and below; 2 lift dead-2.example and below; "
                        "3 lift lapsed.example and below; ");
}

// 123Movies: the domain was seized, showed a banner of the studios, then offers of their own, under name
// servers of a registrar. A banner is known by its hosts, which the operator names.
TEST_CASE("incident: 123Movies, seized by the studios: the operator's own banner list")
{
    Lab lab({order_on("us-1", {"123movies.example"}, true)});
    lab.settings.banners.push_back({.label = "ACE", .names = {"alliance.example"}});
    lab.zone(at("123movies.example", "192.0.2.7"));
    lab.zone(at("www.alliance.example", "192.0.2.50"));
    lab.rounds(3);
    lab.zone(R"({"set": "123movies.example", "records": {"CNAME": ["www.alliance.example"]}})");
    CHECK(lab.rounds(3).proposed.size() == 1);
    // Where the banner stands is no successor, though the order is dynamic.
    CHECK(lab.open() == "1 suspend 123movies.example and below; ");
}

// IPTV services, Italy: the block holds when name or address change; found, and decided by a person.
TEST_CASE("incident: IPTV, Italy: a dynamic block follows the service, never by itself")
{
    Lab lab({order_on("it-iptv", {"192.0.2.7/32"}, true)});
    lab.settings.candidates = {{"it-iptv", {"portal.example"}}};
    lab.zone(at("portal.example", "192.0.2.7"));
    // The portal itself is proposed by name; its new address once it moves.
    lab.rounds(3);
    CHECK(lab.open() == "1 successor portal.example of 192.0.2.7/32; ");
    lab.zone(at("portal.example", "192.0.2.8"));
    lab.rounds(3);
    CHECK(lab.open() ==
          "1 successor portal.example of 192.0.2.7/32; 2 successor 192.0.2.8/32 of 192.0.2.7/32; ");
    CHECK(lab.book().orders().items("it-iptv").value().size() == 1);
}
