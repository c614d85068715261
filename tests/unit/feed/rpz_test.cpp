// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include "reading.h"

using namespace interdict;
using namespace interdict::feed;

namespace {

constexpr char kZone[] = R"($TTL 30m
$ORIGIN rpz.example.
@  3600 IN SOA localhost. root.localhost. (
        2026040101 ; serial
        1h 15m 30d 2h )
   IN NS localhost.
; both: the subtree
bad.example          CNAME .
*.bad.example        CNAME .
; the name alone
worse.example        CNAME *.
drop.example         600 IN CNAME rpz-drop.
; what is below alone
*.below.example      CNAME .
landing.example      A 192.0.2.80
                     AAAA 2001:db8::80
landing2.example.rpz.example. CNAME stop.isp.example.
good.bad.example     CNAME rpz-passthru.
self.bad.example     CNAME self.bad.example.
tcp.example          CNAME rpz-tcp-only.
24.0.2.0.192.rpz-ip  CNAME .
32.zz.db8.2001.rpz-ip CNAME .
32.7.100.51.198.rpz-ip CNAME rpz-passthru.
32.1.0.0.10.rpz-client-ip CNAME .
ns1.bad.example.rpz-nsdname CNAME .
24.0.2.0.192.rpz-nsip CNAME .
text.example         TXT "only; text"
)";

} // namespace

TEST_CASE("rpz: a zone with every kind of trigger and policy")
{
    const List list = read_good(Format::Rpz, kZone);
    CHECK(list.serial == "2026040101");
    CHECK(accepted(list) == Texts{"21 192.0.2.0/24", "22 2001:db8::/32", "8 bad.example and below",
                                  "11 worse.example", "12 drop.example", "15 landing.example",
                                  "17 landing2.example"});
    REQUIRE(list.passthru.size() == 2);
    CHECK(order::to_string(list.passthru[0]) == "good.bad.example");
    CHECK(order::to_string(list.passthru[1]) == "self.bad.example");
    REQUIRE(list.passthru_prefixes.size() == 1);
    CHECK(order::to_string(list.passthru_prefixes[0]) == "198.51.100.7/32");
    CHECK(refused(list) ==
          Texts{"20 quarantined tcp.example: asks for an answer over TCP, which blocks nothing",
                "24 quarantined 32.1.0.0.10.rpz-client-ip: is about a subscriber's address",
                "25 quarantined ns1.bad.example.rpz-nsdname: blocks every name of a name server",
                "26 quarantined 24.0.2.0.192.rpz-nsip: blocks every name of a name server",
                "27 quarantined text.example: answers TXT only, which is no block",
                "14 quarantined *.below.example: names only what is below the name, which a rule cannot keep "
                "apart "
                "from the name itself"});
    CHECK(list.notes == std::map<std::string, std::size_t>{{"answer nodata", 1},
                                                           {"answer none (rpz-drop)", 1},
                                                           {"answer nxdomain", 8},
                                                           {"landing 192.0.2.80", 1},
                                                           {"landing 2001:db8::80", 1},
                                                           {"landing stop.isp.example.", 1}});
}

TEST_CASE("rpz: --wildcards takes a wildcard alone for the subtree")
{
    CHECK(accepted(read_good(Format::Rpz, "*.below.example CNAME .\n", {.wildcards = true})) ==
          Texts{"1 below.example and below"});
}

TEST_CASE("rpz: without a zone name, relative owners are the triggers")
{
    const List list = read_good(Format::Rpz, "@ SOA a. b. 1 2 3 4 5\n@ NS a.\nbad.example CNAME .\n");
    CHECK(list.serial == "1");
    CHECK(accepted(list) == Texts{"3 bad.example"});
    const List absolute = read_good(Format::Rpz, "bad.example.rpz.example. CNAME .\n");
    CHECK(refused(absolute) == Texts{"1 quarantined bad.example.rpz.example.: is not inside the zone"});
    CHECK(absolute.refused[0].remedy == "say the zone's name with --origin");
    CHECK(accepted(read_good(Format::Rpz, "bad.example.rpz.example. CNAME .\n",
                             {.origin = "RPZ.example."})) == Texts{"1 bad.example"});
}

TEST_CASE("rpz: the SOA's owner is the zone's name; $ORIGIN below it prefixes triggers")
{
    const List list = read_good(Format::Rpz, "rpz.isp. SOA a. b. 9 2 3 4 5\n"
                                             "a.example.rpz.isp. CNAME .\n"
                                             "$ORIGIN example.rpz.isp.\n"
                                             "b CNAME .\n"
                                             "*.b CNAME .\n"
                                             "outside.org. CNAME .\n"
                                             "rpz.isp. CNAME .\n");
    CHECK(accepted(list) == Texts{"2 a.example", "4 b.example and below"});
    CHECK(refused(list) == Texts{"6 quarantined outside.org.: is not inside the zone",
                                 "7 quarantined rpz.isp.: is not inside the zone"});
}

TEST_CASE("rpz: a policy that lost its final dot is no block and no passthru")
{
    const List list = read_good(
        Format::Rpz, "a.example CNAME rpz-passthru\nb.example CNAME *\nc.example CNAME rpz-what.\n");
    CHECK(accepted(list).empty());
    CHECK(list.passthru.empty());
    CHECK(refused(list) ==
          Texts{"1 quarantined a.example: has a CNAME to \"rpz-passthru\", which lacks its final dot",
                "2 quarantined b.example: has a CNAME to \"*\", which lacks its final dot",
                "3 quarantined c.example: has a CNAME to \"rpz-what.\", which is no known policy"});
}

TEST_CASE("rpz: address triggers, good and bad")
{
    const auto target = [](std::string_view owner) {
        const List list = read_good(Format::Rpz, std::string(owner) + " CNAME .\n");
        return list.accepted.empty() ? list.refused.at(0).reason
                                     : order::to_string(list.accepted[0].item.target);
    };
    CHECK(target("32.7.2.0.192.rpz-ip") == "192.0.2.7/32");
    CHECK(target("128.7.zz.db8.2001.rpz-ip") == "2001:db8::7/128");
    CHECK(target("128.8.7.6.5.4.3.db8.2001.rpz-ip") == "2001:db8:3:4:5:6:7:8/128");
    CHECK(target("128.1.zz.rpz-ip") == "::1/128");
    CHECK(target("24.1.2.0.192.rpz-ip") == "has bits set beyond its length of 24");
    CHECK(target("33.1.2.0.192.rpz-ip") == "has a prefix length above 32");
    CHECK(target("24.2.0.192.rpz-ip") == "is no prefix");
    CHECK(target("rpz-ip") == "is a trigger of an unknown kind");
    CHECK(target("0.0.0.0.0.rpz-ip") == "covers every address");
}

TEST_CASE("rpz: a zone that is not whole, or made of more than this file, is an error")
{
    CHECK(error_of(Format::Rpz, "@ SOA a. b. ( 1 2\nbad.example CNAME .\n") ==
          "line 1: a parenthesis is opened and never closed; is the zone whole?");
    CHECK(error_of(Format::Rpz, "a TXT \"open\n") == "line 1: a quote is opened and not closed on its line");
    CHECK(error_of(Format::Rpz, "a.example CNAME . )\n") ==
          "line 1: a parenthesis is closed that was not opened");
    CHECK(error_of(Format::Rpz, "$TTL 5\n$INCLUDE more.zone\n") ==
          "line 2: $INCLUDE makes records out of more than this file; flatten the zone first, e.g. with "
          "named-compilezone");
    CHECK(error_of(Format::Rpz, "$GENERATE 1-9 a$ CNAME .\n").starts_with("line 1: $GENERATE"));
    CHECK(error_of(Format::Rpz, "  CNAME .\n") == "line 1: a record without an owner, and none before it");
    CHECK(error_of(Format::Rpz, "a.example 300 IN\n") == "line 1: a record without a type");
}

TEST_CASE("rpz: a public suffix with everything below it is refused, alone it is one name")
{
    const List list = read_good(Format::Rpz, "co.uk CNAME .\n*.co.uk CNAME .\ngithub.io CNAME .\n");
    CHECK(accepted(list) == Texts{"3 github.io"});
    CHECK(list.count(Status::Quarantined) == 1);
}
