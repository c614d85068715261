// SPDX-License-Identifier: Apache-2.0
//
// The answers to refused DNS queries over UDP, every byte of the frame. Lengths and checksums of what is
// expected are worked out by the harness.
#include <algorithm>
#include <cstring>

#include <catch2/catch_test_macros.hpp>

#include "harness/dns.h"
#include "harness/plane.h"

using namespace interdict::harness;

namespace {

const std::string kName = "blocked.example";
const Ethernet kBack{.source = "00:00:5e:00:53:02", .destination = "00:00:5e:00:53:01"};
const Udp kAsk{.source_port = 41000, .destination_port = 53};
const Udp kAnswer{.source_port = 53, .destination_port = 41000};

const IPv4 kBack4{.source = "198.51.100.1", .destination = "192.0.2.1", .dont_fragment = true};
const IPv6 kBack6{.source = "2001:db8:2::1", .destination = "2001:db8:1::1"};

const Bytes kSinkhole4{203, 0, 113, 80};
const Bytes kSinkhole6{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80};

interdict_answer says(const std::string& text, const Bytes& ipv4 = {}, const Bytes& ipv6 = {})
{
    interdict_answer out{};
    out.text_length = static_cast<std::uint16_t>(text.size());
    std::copy(text.begin(), text.end(), out.text);
    if (!ipv4.empty()) {
        out.flags |= INTERDICT_ANSWER_IPV4;
        std::copy(ipv4.begin(), ipv4.end(), out.sinkhole_ipv4);
    }
    if (!ipv6.empty()) {
        out.flags |= INTERDICT_ANSWER_IPV6;
        std::copy(ipv6.begin(), ipv6.end(), out.sinkhole_ipv6);
    }
    return out;
}

const std::string kText = "A court, 1/2022";

Packet query4(const Query& query) { return Ethernet{} / IPv4{} / kAsk / Payload(message(query)); }

Packet answer4(const Query& query, const Response& response)
{
    return kBack / kBack4 / kAnswer / Payload(message(query, response));
}

std::string acting(const std::string& action)
{
    const std::string sinkhole = action == "sinkhole" ? R"(, "sinkhole": {"ipv4": "203.0.113.80"})" : "";
    return blocking({block_name(kName)}, R"(, "actions": {"dns": ")" + action + R"("})" + sinkhole);
}

struct Rig {
    Edge edge;

    explicit Rig(const std::string& orders, const interdict_answer& answer = says(kText))
        : edge(orders, {.encapsulations = INTERDICT_ENCAP_ALL, .answer = answer})
    {
    }

    void expect(const Query& query, const Response& response)
    {
        edge.expect(query4(query), answers(kName));
        CHECK(edge.output() == build(answer4(query, response)));
    }
};

} // namespace

TEST_CASE("dns_answer: NXDOMAIN by default, with the identifier and the question as they were asked")
{
    Rig rig(blocking({block_name(kName)}));
    for (const std::uint16_t type : {dns::A, dns::Aaaa, dns::Https, dns::Txt, dns::Any})
        for (const std::string name : {"blocked.example", "wWw.BloCKed.eXAmple"}) {
            Query query = ask(name, type);
            query.id = static_cast<std::uint16_t>(0xff00 + type);
            rig.expect(query, {});
        }
    Query chaos = ask(kName, dns::Txt);
    chaos.questions[0].klass = dns::Chaos;
    rig.expect(chaos, {});
}

TEST_CASE("dns_answer: of the flags only RD and CD come back")
{
    Rig rig(blocking({block_name(kName)}));
    Query query = ask(kName);
    for (const std::uint16_t flags :
         {0x0000, 0x0100, 0x0010, 0x0110, 0x07ff, 0x0020, 0x0200, 0x0400, 0x0080, 0x000f}) {
        query.flags = flags;
        rig.expect(query, {});
    }
}

TEST_CASE("dns_answer: a query with EDNS is told by Extended DNS Error 16 and the order's text")
{
    for (const auto& text : {std::string(), std::string("x"), kText, std::string(64, 't')}) {
        Rig rig(blocking({block_name(kName)}), says(text));
        Query query = ask(kName);
        rig.expect(query, {});
        query.edns = Edns{};
        rig.expect(query, {.error = text});
        query.edns = Edns{.size = 512, .dnssec_ok = true, .options = {0, 10, 0, 2, 1, 2}};
        rig.expect(query, {.error = text, .dnssec_ok = true});
    }
}

TEST_CASE("dns_answer: an EDNS version that is not known is answered as version 0")
{
    Rig rig(blocking({block_name(kName)}));
    Query query = ask(kName);
    query.edns = Edns{.version = 7};
    rig.expect(query, {.error = kText});
}

TEST_CASE("dns_answer: the OPT record is found behind others, and only where one is")
{
    Rig rig(blocking({block_name(kName)}));
    Query query = ask(kName);
    const Bytes other = dns_record(dns_name("a.b.example"), dns::Txt, dns::In, 1, Bytes(9, 1));
    const Bytes pointing = dns_record({0xc0, 0x0c}, dns::A, dns::In, 1, Bytes(4, 1));
    const Bytes not_root = dns_record(dns_name("x"), dns::Opt, 4096, 0, {});
    query.additional = {other, pointing, not_root};
    rig.expect(query, {});
    query.edns = Edns{.dnssec_ok = true};
    rig.expect(query, {.error = kText, .dnssec_ok = true});
    query.answers = {pointing};
    query.authority = {other};
    rig.expect(query, {.error = kText, .dnssec_ok = true});
    // The header does not count it.
    query = ask(kName);
    query.edns = Edns{};
    query.records = 0;
    rig.expect(query, {});
    // The header counts more than there are, or the record is cut short.
    query.edns.reset();
    query.records = 9;
    rig.expect(query, {});
    Bytes cut = dns_option({});
    cut.resize(10);
    query.additional = {cut};
    query.records = 1;
    rig.expect(query, {});
    query.additional = {{0x80}};
    rig.expect(query, {});
}

TEST_CASE("dns_answer: the search for the OPT record ends after sixty-four labels and records")
{
    Rig rig(blocking({block_name(kName)}));
    const Bytes small = dns_record({0}, dns::A, dns::In, 1, {});
    Query query = ask(kName);
    query.edns = Edns{};
    query.additional = std::vector(63, small);
    rig.expect(query, {.error = kText});
    query.additional.push_back(small);
    rig.expect(query, {});
}

TEST_CASE("dns_answer: REFUSED where the order says so")
{
    Rig rig(acting("refused"));
    Query query = ask("www." + kName, dns::Aaaa);
    rig.expect(query, {.rcode = dns::Refused});
    query.edns = Edns{};
    rig.expect(query, {.rcode = dns::Refused, .error = kText});
}

TEST_CASE("dns_answer: sinkhole addresses by family, none for other types")
{
    Rig rig(acting("sinkhole"), says(kText, kSinkhole4, kSinkhole6));
    Query query = ask("www." + kName);
    const Response four{.rcode = dns::NoError, .records = {dns_address(kSinkhole4, 60)}};
    rig.expect(query, four);
    query.edns = Edns{.dnssec_ok = true};
    rig.expect(query, {.rcode = dns::NoError, .records = four.records, .error = kText, .dnssec_ok = true});
    query = ask(kName, dns::Aaaa);
    rig.expect(query, {.rcode = dns::NoError, .records = {dns_address(kSinkhole6, 60)}});
    for (const std::uint16_t type : {dns::Https, dns::Txt, dns::Any, dns::Ptr})
        rig.expect(ask(kName, type), {.rcode = dns::NoError});
    query = ask(kName);
    query.questions[0].klass = dns::Chaos;
    rig.expect(query, {.rcode = dns::Refused});
}

TEST_CASE("dns_answer: a sinkhole of one family has no records for the other; none at all is NXDOMAIN")
{
    Rig only4(acting("sinkhole"), says(kText, kSinkhole4));
    only4.expect(ask(kName), {.rcode = dns::NoError, .records = {dns_address(kSinkhole4, 60)}});
    only4.expect(ask(kName, dns::Aaaa), {.rcode = dns::NoError});
    Rig only6(acting("sinkhole"), says(kText, {}, kSinkhole6));
    only6.expect(ask(kName), {.rcode = dns::NoError});
    only6.expect(ask(kName, dns::Aaaa), {.rcode = dns::NoError, .records = {dns_address(kSinkhole6, 60)}});
    Rig none(acting("sinkhole"));
    none.expect(ask(kName), {});
    none.expect(ask(kName, dns::Txt), {});
}

TEST_CASE("dns_answer: the longest answer: a name of 255 bytes, an IPv6 sinkhole, 64 bytes of text")
{
    const std::string text(64, 't');
    const std::string label(59, 'x');
    const std::string name = label + "." + label + "." + label + "." + std::string(57, 'y') + "." + kName;
    REQUIRE(dns_name(name).size() == 255);
    Rig rig(acting("sinkhole"), says(text, kSinkhole4, kSinkhole6));
    Query query = ask(name, dns::Aaaa);
    query.edns = Edns{};
    rig.expect(query, {.rcode = dns::NoError, .records = {dns_address(kSinkhole6, 60)}, .error = text});
}

TEST_CASE("dns_answer: dropped without an answer where the order says so")
{
    Edge edge(acting("drop"));
    edge.expect(query4(ask(kName)), drops(kName).by(INTERDICT_CHANNEL_DNS));
}

TEST_CASE("dns_answer: several questions are a format error, with the first one echoed and without EDNS")
{
    Rig rig(acting("sinkhole"), says(kText, kSinkhole4, kSinkhole6));
    Query query{.questions = {{.name = "Other.example", .type = dns::Aaaa}, {.name = kName}}};
    rig.expect(query, {.rcode = dns::FormErr});
    query.edns = Edns{};
    rig.expect(query, {.rcode = dns::FormErr});
    std::swap(query.questions[0], query.questions[1]);
    rig.expect(query, {.rcode = dns::FormErr});
}

TEST_CASE("dns_answer: nothing of the query is left behind the answer")
{
    Rig rig(blocking({block_name(kName)}));
    Query query = ask(kName);
    Bytes padded = message(query);
    padded.resize(1200, 0xee);
    rig.edge.expect(Ethernet{} / IPv4{} / kAsk / Payload(padded), answers(kName));
    CHECK(rig.edge.output() == build(answer4(query, {})));
    rig.edge.expect(Ethernet{.minimum = 600} / IPv4{} / kAsk / Payload(message(query)), answers(kName));
    CHECK(rig.edge.output() == build(answer4(query, {})));
}

TEST_CASE("dns_answer: a checksum that works out as 0 is sent as ffff, over IPv4 and IPv6")
{
    Rig rig(blocking({block_name(kName)}));
    for (const bool six : {false, true}) {
        const auto frames = [&](const Query& query) {
            const Packet there = six ? Packet(IPv6{}) : Packet(IPv4{});
            const Packet back = six ? Packet(kBack6) : Packet(kBack4);
            return std::pair(build(Ethernet{} / there / kAsk / Payload(message(query))),
                             build(kBack / back / kAnswer / Payload(message(query, Response{}))));
        };
        Query query = ask(kName);
        query.id = 0;
        const Bytes zero = frames(query).second;
        const std::size_t at = 14 + (six ? 40 : 20) + 6;
        // The identifier that takes the sum to all ones is the checksum without it.
        query.id = static_cast<std::uint16_t>(zero[at] << 8 | zero[at + 1]);
        const auto [asked, answered] = frames(query);
        REQUIRE((answered[at] == 0xff && answered[at + 1] == 0xff));
        rig.edge.expect(asked, answers(kName));
        CHECK(rig.edge.output() == answered);
    }
}

TEST_CASE("dns_answer: goes back in the frame's own headers and tunnels")
{
    Rig rig(acting("sinkhole"), says(kText, kSinkhole4, kSinkhole6));
    const Packet router = IPv4{.source = "192.0.2.250", .destination = "192.0.2.251"};
    const Packet router_back =
        IPv4{.source = "192.0.2.251", .destination = "192.0.2.250", .dont_fragment = true};
    const Packet router6 = IPv6{.source = "2001:db8::fa", .destination = "2001:db8::fb"};
    const Packet router6_back = IPv6{.source = "2001:db8::fb", .destination = "2001:db8::fa"};
    const Vlan tag{.id = 20, .priority = 3};
    const Vlan outer{.id = 10, .tpid = 0x88a8};
    const PPPoE session{.session = 0x1234};
    const Udp gtp{.destination_port = 2152, .checksum = 0}, vxlan{.destination_port = 4789, .checksum = 0};
    struct Case {
        std::string what;
        Packet there;
        Packet back;
    };
    const std::vector<Case> cases{
        {"Ethernet", Ethernet{}, kBack},
        {"VLAN", Ethernet{} / tag, kBack / tag},
        {"QinQ", Ethernet{} / outer / tag, kBack / outer / tag},
        {"three tags", Ethernet{} / outer / tag / tag, kBack / outer / tag / tag},
        {"PPPoE", Ethernet{} / session, kBack / session},
        {"VLAN, PPPoE", Ethernet{} / tag / session, kBack / tag / session},
        {"MPLS", Ethernet{} / Mpls{} / Mpls{.label = 17}, kBack / Mpls{} / Mpls{.label = 17}},
        {"IP in IPv4", Ethernet{} / router, kBack / router_back},
        {"IP in IPv6", Ethernet{} / router6, kBack / router6_back},
        {"GRE", Ethernet{} / router / Gre{.key = 5}, kBack / router_back / Gre{.key = 5}},
        {"GTP-U", Ethernet{} / router / gtp / Gtpu{.tunnel = 77},
         kBack / router_back / gtp / Gtpu{.tunnel = 77}},
        {"GTP-U over IPv6, sequence number", Ethernet{} / router6 / gtp / Gtpu{.sequence = 3},
         kBack / router6_back / gtp / Gtpu{.sequence = 3}},
        {"VXLAN", Ethernet{} / router / vxlan / Vxlan{.network = 9} / Ethernet{} / tag,
         kBack / router_back / vxlan / Vxlan{.network = 9} / kBack / tag},
    };
    Query query = ask("wWw." + kName);
    query.edns = Edns{};
    const Response response{.rcode = dns::NoError, .records = {dns_address(kSinkhole4, 60)}, .error = kText};
    const Payload asked(message(query)), answered(message(query, response));
    for (const auto& [what, there, back] : cases) {
        INFO(what);
        rig.edge.expect(there / IPv4{.tos = 8, .identification = 99} / kAsk / asked, answers(kName));
        IPv4 ip = kBack4;
        ip.tos = 8;
        ip.identification = 99;
        CHECK(rig.edge.output() == build(back / ip / kAnswer / answered));
        rig.edge.expect(there / IPv6{.flow_label = 5} / kAsk / asked, answers(kName));
        IPv6 ip6 = kBack6;
        ip6.flow_label = 5;
        CHECK(rig.edge.output() == build(back / ip6 / kAnswer / answered));
    }
}

TEST_CASE("dns_answer: a query in IP fragments is dropped by the one that completes it")
{
    Edge edge(blocking({block_name(kName)}));
    Query query = ask("www." + kName);
    query.edns = Edns{.options = Bytes(40, 1)};
    const Expectation dropped = drops(kName).by(INTERDICT_CHANNEL_DNS).counting(INTERDICT_TOTAL_SKIP_ANSWER);
    edge.expect_last(fragment(query4(query), {24, 32}), dropped);
    edge.expect_last(fragment(Ethernet{} / IPv6{} / kAsk / Payload(message(query)), {24, 32}), dropped);
    const Packet other =
        Ethernet{} / IPv4{.identification = 7} / kAsk / Payload(message(ask("other.example")));
    edge.expect(fragment(other, {24}), passes());
}
