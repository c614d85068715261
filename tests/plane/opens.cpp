// SPDX-License-Identifier: Apache-2.0
//
// The table of connections where it is full: who stays, who gives way, and what that costs.
#include <catch2/catch_test_macros.hpp>

#include "quic.h"

using namespace interdict::harness;

namespace {

const std::string kName = "blocked.example";

// One set: every connection meets every other.
void crowd(Edge& edge) { edge.set_open_sets(1); }

} // namespace

TEST_CASE("opens: three others leave a refused connection alone, a fourth takes its place and is counted")
{
    Edge edge(blocking({block_name(kName)}));
    crowd(edge);
    const Packet head = connection();
    const auto pieces = segments(head, long_hello(kName), {1400});
    edge.expect_last({pieces[0], pieces[1]}, resets(kName));
    for (int i = 0; i < 3; ++i)
        edge.expect(syn(connection()), passes());
    CHECK(edge.total(INTERDICT_TOTAL_OPEN_EVICTED) == 0);
    edge.expect(pieces[1], resets(kName).counting(INTERDICT_TOTAL_RETRANSMITTED));
    const Packet last = connection();
    edge.expect(syn(last), passes());
    CHECK(edge.total(INTERDICT_TOTAL_OPEN_EVICTED) == 1);
    // Nothing is known of it any more: a piece that is no beginning tells nothing. Whole, it is refused as
    // ever.
    edge.expect(pieces[1], passes());
    edge.expect(head / Payload(client_hello(kName)), resets(kName));
}

TEST_CASE("opens: a connection whose hello comes finds its own place, whoever came in between")
{
    Edge edge(blocking({block_name(kName)}));
    crowd(edge);
    std::vector<Packet> heads;
    for (int i = 0; i < 4; ++i) {
        heads.push_back(connection());
        edge.expect(syn(heads.back()), passes());
    }
    // Bytes before the first that is known: judged by where the stream starts, not by its looks.
    for (const auto& head : heads) {
        const auto pieces = segments(head, long_hello(kName), {600, 700});
        edge.expect_last({pieces[1], pieces[2], pieces[0]}, resets(kName));
    }
    CHECK(edge.total(INTERDICT_TOTAL_OPEN_EVICTED) == 0);
}

TEST_CASE("opens: a SYN that is sent again, and ports used again, take no second place")
{
    Edge edge(blocking({block_name(kName)}));
    crowd(edge);
    const auto pieces = segments(connection(), long_hello(kName), {1400});
    edge.expect_last(pieces, resets(kName));
    Packet head = connection();
    for (std::uint32_t i = 0; i < 20; ++i) {
        head.get<Tcp>().sequence = 1000 + i / 2 * 100'000;
        edge.expect(syn(head), passes());
    }
    CHECK(edge.total(INTERDICT_TOTAL_OPEN_EVICTED) == 0);
    edge.expect(pieces[1], resets(kName).counting(INTERDICT_TOTAL_RETRANSMITTED));
}

TEST_CASE("opens: connections that were judged give their places back")
{
    Edge edge(blocking({block_name(kName)}));
    crowd(edge);
    for (int i = 0; i < 20; ++i) {
        const Packet head = connection();
        edge.expect(syn(head), passes());
        edge.expect(head / Payload(bytes("SSH-2.0-OpenSSH_9.2\r\n")), passes());
    }
    CHECK(edge.total(INTERDICT_TOTAL_OPEN_EVICTED) == 0);
}

TEST_CASE("opens: TCP and QUIC between the same ports and addresses are two connections")
{
    Edge edge(blocking({block_name(kName)}));
    crowd(edge);
    const Packet udp = Ethernet{} / IPv4{} / Udp{.source_port = 40000, .destination_port = 443};
    const Packet tcp = Ethernet{} / IPv4{} / Tcp{.source_port = 40000, .destination_port = 443};
    edge.expect_last(segments(tcp, long_hello(kName), {1400}), resets(kName));
    edge.expect(udp / Payload(one_initial()), refused());
    edge.expect(udp / Payload(one_initial()), refused_again());
    edge.expect(segments(tcp, long_hello(kName), {1400})[1],
                resets(kName).counting(INTERDICT_TOTAL_RETRANSMITTED));
}
