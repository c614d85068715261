// SPDX-License-Identifier: Apache-2.0
//
// DNS over TCP (RFC 1035 section 4.2.2, RFC 7766): several messages in a segment, messages over segments, and
// the answer that ends the connection.
#include <string>

#include <catch2/catch_test_macros.hpp>

#include "harness/dns.h"
#include "harness/http.h"
#include "harness/plane.h"

using namespace interdict::harness;

namespace {

const std::string kName = "blocked.example";
const std::string kOther = "allowed.example";

// Messages as they stand in the stream.
Bytes stream(const std::vector<Query>& queries)
{
    Bytes out;
    for (const auto& query : queries) {
        const Bytes one = message(query);
        out.push_back(static_cast<std::uint8_t>(one.size() >> 8));
        out.push_back(static_cast<std::uint8_t>(one.size()));
        out.insert(out.end(), one.begin(), one.end());
    }
    return out;
}

Bytes framed(const Bytes& one)
{
    Bytes out{static_cast<std::uint8_t>(one.size() >> 8), static_cast<std::uint8_t>(one.size())};
    out.insert(out.end(), one.begin(), one.end());
    return out;
}

} // namespace

TEST_CASE("dns_tcp: a query in one segment is answered in the server's place, every byte")
{
    Edge edge(blocking({block_name(kName)}));
    for (const bool edns : {false, true}) {
        Query query = ask("WWW.Blocked.example", dns::Aaaa);
        if (edns)
            query.edns = Edns{};
        const Packet head = connection(53);
        const Bytes asked = stream({query});
        edge.expect(syn(head), passes());
        edge.expect(head / Payload(asked), answers(kName).counting(INTERDICT_TOTAL_DNS_QUERY));
        const Segment got = read_segment(edge.output());
        CHECK(got.flags == (flag::Psh | flag::Fin | flag::Ack));
        CHECK(got.sequence == 5000);
        CHECK(got.acknowledgement == 1000 + asked.size());
        Response response;
        if (edns)
            response.error = "test-1, A court";
        CHECK(got.payload == framed(message(query, response)));
    }
}

TEST_CASE("dns_tcp: only port 53, and only where dns is a means")
{
    Edge edge(blocking({block_name(kName)}));
    edge.expect(connection(5353) / Payload(stream({ask(kName)})), passes());
    Edge other(blocking({block_name(kName)}, R"(, "means": ["tls", "http"])"));
    other.expect(connection(53) / Payload(stream({ask(kName)})), passes());
}

TEST_CASE("dns_tcp: queries for several blocked names: each rule counts once, the first is answered")
{
    const std::string other = "second.example";
    Edge edge(blocking({block_name(kName), block_name(other)}));
    const Packet head = connection(53);
    edge.expect(syn(head), passes());
    const Query first = ask(kName, dns::Aaaa);
    CHECK(edge.run(head / Payload(stream({ask(kOther), first, ask(other), ask(kName),
                                          ask("www." + other)}))) == INTERDICT_VERDICT_ANSWER);
    CHECK(edge.name() == kName);
    CHECK(edge.packets(kName) == 1);
    CHECK(edge.packets(other) == 1);
    CHECK(edge.total(INTERDICT_TOTAL_HIT_DNS) == 1);
    CHECK(edge.total(INTERDICT_TOTAL_ANSWERED) == 1);
    CHECK(edge.total(INTERDICT_TOTAL_DNS_QUERY) == 5);
    const Bytes question = message(first);
    const Segment got = read_segment(edge.output());
    REQUIRE(got.payload.size() >= 2 + question.size());
    CHECK(Bytes(got.payload.begin() + 2 + 12,
                got.payload.begin() + 2 + static_cast<std::ptrdiff_t>(question.size())) ==
          Bytes(question.begin() + 12, question.end()));
}

TEST_CASE("dns_tcp: several messages in a segment: any of them refuses it, and is the one that is answered")
{
    Edge edge(blocking({block_name(kName)}));
    Query blocked = ask(kName);
    blocked.id = 77;
    for (const auto& queries : {std::vector<Query>{blocked, ask(kOther)},
                                {ask(kOther), blocked},
                                {ask(kOther), ask(kOther), ask(kOther), blocked}}) {
        edge.expect(connection(53) / Payload(stream(queries)), answers(kName));
        CHECK(read_segment(edge.output()).payload == framed(message(blocked, Response{})));
    }
    edge.expect(connection(53) / Payload(stream({ask(kOther), ask(kOther)})), passes());
    // As many as fit a segment and more; those behind the limit are counted.
    std::vector<Query> many(127, ask("a"));
    many.push_back(blocked);
    edge.expect(connection(53) / Payload(stream(many)), answers(kName));
    many.insert(many.begin(), ask("a"));
    edge.expect(connection(53) / Payload(stream(many)), passes_because(INTERDICT_TOTAL_SKIP_DNS));
}

TEST_CASE("dns_tcp: a message cut at every byte, in order and turned round, alone and behind another")
{
    Edge edge(blocking({block_name(kName)}));
    for (const auto& queries : {std::vector<Query>{ask(kName)}, {ask(kOther), ask(kName)}}) {
        const Bytes bytes = stream(queries);
        for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
            INFO("cut at " << cut);
            const Packet head = connection(53);
            const auto pieces = segments(head, bytes, {cut});
            edge.expect_last({syn(head), pieces[0], pieces[1]}, answers(kName));
            CHECK(read_segment(edge.output()).payload == framed(message(ask(kName), Response{})));
            const Packet other = connection(53);
            const auto turned = segments(other, bytes, {cut});
            edge.expect_last({syn(other), turned[1], turned[0]}, answers(kName));
        }
    }
}

TEST_CASE("dns_tcp: a connection that stays open: later queries are judged, each once")
{
    Edge edge(blocking({block_name(kName)}));
    Packet head = connection(53);
    const Bytes one = stream({ask(kOther)});
    Bytes all = stream({ask(kOther), ask(kOther), ask(kOther), ask(kName)});
    edge.expect(syn(head), passes());
    for (std::size_t i = 0; i < 3; ++i) {
        edge.expect(segment(head, all, i * one.size(), one.size()), passes());
        head.get<Tcp>().acknowledgement += 50;
    }
    CHECK(edge.total(INTERDICT_TOTAL_DNS_QUERY) == 3);
    edge.expect(segment(head, all, 3 * one.size(), 2), passes());
    edge.expect(segment(head, all, 3 * one.size() + 2, 500), answers(kName));
}

TEST_CASE("dns_tcp: what cannot be a message, and a malformed one, pass and are counted")
{
    Edge edge(blocking({block_name(kName)}));
    edge.expect(connection(53) / Payload(Bytes{0, 3, 1, 2, 3}), passes_because(INTERDICT_TOTAL_SKIP_DNS));
    Bytes cut = message(ask(kName));
    cut.resize(cut.size() - 3);
    edge.expect(connection(53) / Payload(framed(cut)), passes_because(INTERDICT_TOTAL_SKIP_DNS));
    Query response = ask(kName);
    response.flags = dns::Response;
    edge.expect(connection(53) / Payload(stream({response})), passes());
}

TEST_CASE("dns_tcp: the actions of the order, and the end of the connection")
{
    Edge drop(blocking({block_name(kName)}, R"(, "actions": {"dns": "drop"})"));
    drop.expect(connection(53) / Payload(stream({ask(kName)})), drops(kName).by(INTERDICT_CHANNEL_DNS));
    Edge edge(blocking({block_name(kName)}, R"(, "actions": {"dns": "refused"})"));
    Packet head = connection(53);
    const Bytes asked = stream({ask(kName)});
    edge.expect(syn(head), passes());
    edge.expect(head / Payload(asked), answers(kName));
    const Segment got = read_segment(edge.output());
    CHECK(got.payload == framed(message(ask(kName), Response{.rcode = dns::Refused})));
    Packet taken = head;
    taken.get<Tcp>().flags = flag::Ack;
    taken.get<Tcp>().sequence += static_cast<std::uint32_t>(asked.size());
    taken.get<Tcp>().acknowledgement += static_cast<std::uint32_t>(got.payload.size()) + 1;
    edge.expect(taken, passes().counting(INTERDICT_TOTAL_CLOSED));
    const Segment reset = read_segment(edge.output());
    CHECK(reset.flags == flag::Rst);
    CHECK(reset.sequence == head.get<Tcp>().sequence);
}
