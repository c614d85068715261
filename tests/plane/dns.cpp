// SPDX-License-Identifier: Apache-2.0
//
// Which DNS queries over UDP are refused, and what of the others is counted. Answers: dns_answer.cpp.
#include <catch2/catch_test_macros.hpp>

#include "harness/dns.h"
#include "harness/plane.h"

using namespace interdict::harness;
using namespace std::string_literals;

namespace {

const std::string kName = "blocked.example";
const std::string kExact = "exact.example";

std::string rules() { return blocking({block_name(kName), block_name(kExact, "exact")}); }

Packet to_resolver(const Bytes& payload)
{
    return Ethernet{} / IPv4{} / Udp{.destination_port = 53} / Payload(payload);
}

Packet to_resolver(const Query& query) { return to_resolver(message(query)); }

Query with(Question question) { return {.questions = {std::move(question)}}; }

// A name of exactly this many bytes on the wire that ends in `end`.
std::string long_name(std::size_t wire, const std::string& end)
{
    std::string name = end;
    while (name.size() + 2 < wire) {
        const std::size_t left = wire - 2 - name.size() - 1;
        name.insert(0, std::string(std::min<std::size_t>(left == 64 ? 62 : left, 63), 'x') + ".");
    }
    return name;
}

const Expectation kMalformed = passes_because(INTERDICT_TOTAL_SKIP_DNS);

} // namespace

TEST_CASE("dns: a query is judged by the name it asks for, whatever its type and class")
{
    Edge edge(rules());
    for (const std::uint16_t type : {dns::A, dns::Aaaa, dns::Https, dns::Txt, dns::Ptr, dns::Srv, dns::Any,
                                     std::uint16_t{0}, std::uint16_t{65535}}) {
        INFO("type " << type);
        edge.expect(to_resolver(ask(kName, type)), answers(kName));
        CHECK(edge.name() == kName);
        edge.expect(to_resolver(ask("other.example", type)), passes());
        CHECK(edge.name() == "other.example");
    }
    edge.expect(to_resolver(with({.name = kName, .klass = dns::Chaos})), answers(kName));
    CHECK(edge.total(INTERDICT_TOTAL_DNS_QUERY) == 19);
    CHECK(edge.total(INTERDICT_TOTAL_HIT_DNS) == 10);
}

TEST_CASE("dns: a subtree rule takes what is below the name, an exact one does not")
{
    Edge edge(rules());
    for (const std::string below : {"www.", "a.b.c.", "_dns.resolver.", "_81._https.", "xn--bcher-kva."}) {
        INFO(below);
        edge.expect(to_resolver(ask(below + kName, dns::Https)), answers(kName));
        CHECK(edge.name() == below + kName);
        edge.expect(to_resolver(ask(below + kExact)), passes());
    }
    edge.expect(to_resolver(ask(kExact)), answers(kExact));
    for (const std::string other : {"notblocked.example", "example", "blocked.example.org", "blocked"})
        edge.expect(to_resolver(ask(other)), passes());
}

TEST_CASE("dns: an exempt name passes, the rest of the subtree does not")
{
    Edge edge(blocking({block_name(kName)}, R"(, "exempt": [{"name": "free.blocked.example"}])"));
    edge.expect(to_resolver(ask("free.blocked.example")), passes_exempt());
    edge.expect(to_resolver(ask("www.free.blocked.example")), passes_exempt());
    edge.expect(to_resolver(ask("www.blocked.example")), answers(kName));
}

TEST_CASE("dns: upper and lower case make no difference (0x20)")
{
    Edge edge(rules());
    edge.expect(to_resolver(ask("wWw.BLocKeD.eXaMPLe")), answers(kName));
    CHECK(edge.name() == "www.blocked.example");
    edge.expect(to_resolver(ask("EXACT.EXAMPLE")), answers(kExact));
}

TEST_CASE("dns: a rule without dns among its means is not asked")
{
    Edge edge(orders({order({block_name(kName)}, R"(, "means": ["tls"])", "tls-only"),
                      order({block_name(kExact)}, R"(, "means": ["dns"])", "dns-only")}));
    edge.expect(to_resolver(ask(kName)), passes());
    edge.expect(to_resolver(ask(kExact)), answers(kExact));
}

TEST_CASE("dns: an observing rule counts and lets pass")
{
    Edge edge(blocking({block_name(kName)}, R"(, "mode": "observe")"));
    edge.expect(to_resolver(ask(kName)), observes(kName).by(INTERDICT_CHANNEL_DNS));
}

TEST_CASE("dns: port 53 only, towards the resolver only, from subscribers only")
{
    Edge edge(rules());
    const Payload query(message(ask(kName)));
    edge.expect(Ethernet{} / IPv4{} / Udp{.destination_port = 5353} / query, passes());
    edge.expect(Ethernet{} / IPv4{} / Udp{.source_port = 53, .destination_port = 40000} / query, passes());
    Edge uplink(rules(), {.role = INTERDICT_ROLE_UPLINK});
    uplink.expect(to_resolver(ask(kName)), passes());
    CHECK(uplink.total(INTERDICT_TOTAL_DNS_QUERY) == 0);
}

TEST_CASE("dns: responses, updates, notifies, other opcodes and messages without a question pass unread")
{
    Edge edge(rules());
    Query query = ask(kName);
    for (unsigned opcode = 1; opcode < 16; ++opcode) {
        query.flags = static_cast<std::uint16_t>(opcode << 11);
        edge.expect(to_resolver(query), passes());
    }
    query.flags = dns::Response | dns::RecursionDesired;
    edge.expect(to_resolver(query), passes());
    // RFC 7873 section 5.4: a query for a cookie asks nothing else.
    edge.expect(to_resolver(Query{.edns = Edns{.options = {0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8}}}), passes());
    CHECK(edge.total(INTERDICT_TOTAL_DNS_QUERY) == 0);
}

TEST_CASE("dns: all other flags and rcodes in a query make no difference")
{
    Edge edge(rules());
    Query query = ask(kName);
    query.flags = 0x07ff;
    edge.expect(to_resolver(query), answers(kName));
    query.flags = 0;
    edge.expect(to_resolver(query), answers(kName));
}

TEST_CASE("dns: a query cut anywhere in header or question passes, counted; cut behind it, it is refused")
{
    Edge edge(rules());
    Query query = ask("www." + kName);
    const std::size_t question = message(query).size();
    query.edns = Edns{.options = Bytes(20, 1)};
    const Bytes whole = message(query);
    for (std::size_t length = 1; length <= whole.size(); ++length) {
        INFO(length << " of " << whole.size() << " bytes, question up to " << question);
        const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
        edge.expect(to_resolver(cut), length < question ? kMalformed : answers(kName));
    }
    edge.expect(Ethernet{} / IPv4{} / Udp{.destination_port = 53}, passes());
}

TEST_CASE("dns: a frame that a capture cut behind the question is refused, one cut before is counted")
{
    Edge edge(rules());
    Query query = ask(kName);
    const std::size_t question = build(to_resolver(query)).size();
    query.edns = Edns{};
    Bytes frame = build(to_resolver(query));
    for (const std::size_t length : {question, question - 1}) {
        const Bytes cut(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(length));
        edge.expect(cut, length == question ? answers(kName) : kMalformed);
    }
}

TEST_CASE("dns: bytes behind the message make no difference")
{
    Edge edge(rules());
    for (const std::size_t more : {1u, 2u, 3u, 700u, 1300u}) {
        Bytes long_query = message(ask(kName));
        long_query.resize(long_query.size() + more, 0xee);
        edge.expect(to_resolver(long_query), answers(kName));
    }
}

TEST_CASE("dns: a name of 255 bytes on the wire and one of 63-byte labels are read")
{
    Edge edge(rules());
    const std::string longest = long_name(255, kName);
    REQUIRE(dns_name(longest).size() == 255);
    edge.expect(to_resolver(ask(longest)), answers(kName));
    CHECK(edge.name() == longest);
    const std::string label(63, 'y');
    edge.expect(to_resolver(ask(label + "." + label + "." + kName)), answers(kName));
    edge.expect(to_resolver(ask(label + "." + label + "." + label + ".other.example")), passes());
}

TEST_CASE("dns: a name of 256 bytes on the wire is malformed")
{
    Edge edge(rules());
    const std::string name = long_name(256, kName);
    REQUIRE(dns_name(name).size() == 256);
    edge.expect(to_resolver(ask(name)), kMalformed);
}

TEST_CASE("dns: a name of 127 labels is read, of more than sixteen the last sixteen and the whole")
{
    std::string name = "example";
    for (int i = 0; i < 123; ++i)
        name.insert(0, "a.");
    Edge edge(orders({order({block_name(name, "exact")}, "", "whole"),
                      order({block_name("a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.example")}, "", "sixteen")}));
    REQUIRE(dns_name(name).size() == 255);
    edge.expect(to_resolver(ask(name)), answers(name));
    edge.expect(to_resolver(ask(name.substr(2))), answers("a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.example"));
}

TEST_CASE("dns: a pointer or a reserved label type in the name is malformed")
{
    Edge edge(rules());
    Bytes pointer = dns_name(kName);
    pointer.pop_back();
    pointer.insert(pointer.end(), {0xc0, 0x0c});
    edge.expect(to_resolver(with({.wire = pointer})), kMalformed);
    edge.expect(to_resolver(with({.wire = {0xc0, 0x0c}})), kMalformed);
    for (const std::uint8_t type : {0x40, 0x80, 0xff}) {
        Bytes wire = dns_name(kName);
        wire.insert(wire.begin(), type);
        edge.expect(to_resolver(with({.wire = wire})), kMalformed);
    }
}

TEST_CASE("dns: the root passes without a reason, a name that is no host name with one")
{
    Edge edge(rules());
    edge.expect(to_resolver(ask("", dns::Any)), passes());
    CHECK(edge.name().empty());
    const Expectation skipped = passes_because(INTERDICT_TOTAL_SKIP_NAME);
    for (const auto& label : {"a b"s, "*"s, "caf\xc3\xa9"s, "a/b"s, "\0"s}) {
        edge.expect(
            to_resolver(with({.wire = dns_name(std::vector<std::string>{label, "blocked", "example"})})),
            skipped);
        CHECK(edge.name().empty());
    }
    edge.expect(to_resolver(ask(kName)), answers(kName));
    CHECK(edge.total(INTERDICT_TOTAL_DNS_QUERY) == 7);
}

TEST_CASE("dns: a dot inside a label does not make two of it")
{
    Edge edge(rules());
    const Expectation skipped = passes_because(INTERDICT_TOTAL_SKIP_NAME);
    const std::vector<std::vector<std::string>> names{{"blocked.example"},
                                                      {"www.blocked", "example"},
                                                      {"blocked", "example."},
                                                      {".blocked", "example"},
                                                      {"www", "blocked.example"},
                                                      {"blocked", "example", "."},
                                                      {"."}};
    for (const auto& labels : names)
        edge.expect(to_resolver(with({.wire = dns_name(labels)})), skipped);
    // A label of 46 bytes: its length on the wire is a dot.
    edge.expect(to_resolver(ask(std::string(46, 'z') + "." + kName)), answers(kName));
}

TEST_CASE("dns: of several questions each is judged, up to four; one that fires refuses the message")
{
    Edge edge(rules());
    const Question other{.name = "other.example"}, blocked{.name = "www." + kName};
    for (std::size_t count = 1; count <= 4; ++count)
        for (std::size_t at = 0; at < count; ++at) {
            INFO("question " << at + 1 << " of " << count);
            Query query{.questions = std::vector(count, other)};
            edge.expect(to_resolver(query), passes());
            query.questions[at] = blocked;
            edge.expect(to_resolver(query), answers(kName));
        }
    Query five{.questions = std::vector(5, other)};
    five.questions[4] = blocked;
    edge.expect(to_resolver(five), kMalformed);
    five.questions[3] = blocked;
    edge.expect(to_resolver(five), answers(kName));
}

TEST_CASE("dns: fewer questions than the header says, or a later one malformed: the first ones are judged")
{
    Edge edge(rules());
    Query query = ask("other.example");
    query.count = 2;
    edge.expect(to_resolver(query), kMalformed);
    query.questions.push_back({.wire = {0xc0, 0x0c}});
    edge.expect(to_resolver(query), kMalformed);
    query.questions[0].name = kName;
    edge.expect(to_resolver(query), answers(kName));
    query.count = 65535;
    edge.expect(to_resolver(query), answers(kName));
    query = ask(kName);
    query.count = 1;
    query.questions.insert(query.questions.begin(), Question{.name = "other.example"});
    edge.expect(to_resolver(query), passes());
}

TEST_CASE("dns: a rule on the address of the resolver comes before one on the name")
{
    Edge edge(orders(
        {order({block_prefix("198.51.100.1/32")}, "", "resolver"), order({block_name(kName)}, "", "name")}));
    edge.expect(to_resolver(ask(kName)), drops("198.51.100.1/32"));
    CHECK(edge.packets(kName) == 0);
}
