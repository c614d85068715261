// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include "harness/hello.h"
#include "harness/plane.h"

using namespace interdict::harness;

namespace {

const std::string kAddress = "198.51.100.7/32";
const std::string kAddress6 = "2001:db8:2::7/128";
const std::string kName = "blocked.example";

Packet v4(std::uint16_t identification) { return Ethernet{} / IPv4{.identification = identification}; }

Packet hello(std::uint16_t port, const std::string& name = kName)
{
    return Tcp{.source_port = port} / Packet(Payload(client_hello(name)));
}

} // namespace

TEST_CASE("fragments: an address rule holds on every fragment, first, middle, last, IPv4 and IPv6")
{
    Edge edge(blocking({block_prefix(kAddress), block_prefix(kAddress6)}));
    const Packet body = Udp{} / Payload(Bytes(1000, 7));
    for (const auto& piece : fragment(Ethernet{} / IPv4{.destination = "198.51.100.7"} / body, {400, 200}))
        edge.expect(piece, drops(kAddress));
    for (const auto& piece : fragment(Ethernet{} / IPv6{.destination = "2001:db8:2::7"} / body, {400, 200}))
        edge.expect(piece, drops(kAddress6));
    CHECK(edge.packets(kAddress) == 3);
    CHECK(edge.packets(kAddress6) == 3);
}

TEST_CASE("fragments: a rule with ports holds on the first fragment, which has them")
{
    Edge edge(blocking({block_prefix(kAddress, R"(, "protocol": "udp", "ports": [443])")}));
    const auto pieces =
        fragment(Ethernet{} / IPv4{.destination = "198.51.100.7"} / Udp{} / Payload(Bytes(1000, 7)), {400});
    edge.expect(pieces[0], drops(kAddress));
    CHECK(edge.packets(kAddress) == 1);
    const auto other = fragment(Ethernet{} / IPv4{.destination = "198.51.100.7", .identification = 2} /
                                    Udp{.destination_port = 442} / Payload(Bytes(1000, 7)),
                                {400});
    CHECK(edge.run(other[0]) == INTERDICT_VERDICT_PASS);
    CHECK(edge.packets(kAddress) == 1);
}

TEST_CASE("fragments: a hello over IP fragments is refused by the one that completes it, in any order")
{
    std::vector<std::size_t> order{0, 1, 2, 3};
    Edge edge(blocking({block_name(kName)}));
    std::uint16_t count = 0;
    do {
        ++count;
        const std::uint16_t port = 41000 + count;
        const auto pieces = fragment(v4(count) / hello(port), {64, 64, 64});
        const auto pieces6 = fragment(
            Ethernet{} / IPv6{.source = "2001:db8:1::" + std::to_string(count)} / hello(port), {64, 64, 64});
        REQUIRE(pieces.size() == 4);
        for (const auto& each : {pieces, pieces6}) {
            edge.expect_last({each[order[0]], each[order[1]], each[order[2]], each[order[3]]},
                             drops(kName).counting(INTERDICT_TOTAL_SKIP_ANSWER));
        }
    } while (std::next_permutation(order.begin(), order.end()));
    CHECK(edge.packets(kName) == 2u * count);
}

TEST_CASE("fragments: as small as they can be, eight bytes of TCP header first")
{
    Edge edge(blocking({block_name(kName)}));
    edge.expect_last(fragment(v4(7) / hello(41000), {8, 8, 8, 8, 8}),
                     drops(kName).counting(INTERDICT_TOTAL_SKIP_ANSWER));
    edge.expect_last(fragment(v4(8) / hello(41001, "allowed.example"), {8, 8, 8, 8, 8}), passes());
}

TEST_CASE("fragments: duplicates on the way do no harm")
{
    Edge edge(blocking({block_name(kName)}));
    const auto pieces = fragment(v4(7) / hello(41000), {64, 64});
    edge.expect_last({pieces[0], pieces[0], pieces[1], pieces[0], pieces[1], pieces[2]},
                     drops(kName).counting(INTERDICT_TOTAL_SKIP_ANSWER));
}

TEST_CASE("fragments: pieces of different datagrams make no name together")
{
    Edge edge(blocking({block_name(kName)}));
    const auto one = fragment(v4(7) / hello(41000), {64});
    const auto two = fragment(v4(8) / hello(41000), {64});
    CHECK(edge.run(one[0]) == INTERDICT_VERDICT_PASS);
    CHECK(edge.run(two[1]) == INTERDICT_VERDICT_PASS);
    CHECK(edge.packets(kName) == 0);
    CHECK(edge.run(one[1]) == INTERDICT_VERDICT_DROP);
    CHECK(edge.packets(kName) == 1);
}

TEST_CASE("fragments: an identification that comes round is judged by its own bytes")
{
    Edge edge(blocking({block_name(kName)}));
    const auto refusal = drops(kName).counting(INTERDICT_TOTAL_SKIP_ANSWER);
    const auto blocked = fragment(v4(7) / hello(41000), {64});
    const auto allowed = fragment(v4(7) / hello(41001, "allowed.example"), {64});
    edge.expect_last(allowed, passes());
    edge.expect_last(blocked, refusal);
    edge.expect(blocked[1], refusal); // the last one again: the first is at the server already
    edge.expect(allowed[1], passes());
    edge.expect(allowed[0], passes());
    edge.expect_last(blocked, refusal);
}

TEST_CASE("fragments: an atomic fragment is an ordinary packet")
{
    Edge edge(blocking({block_name(kName)}));
    const auto verdict = edge.run(Ethernet{} / IPv6{} / FragmentHeader{} / hello(41000));
    CHECK((verdict == INTERDICT_VERDICT_DROP || verdict == INTERDICT_VERDICT_RESET));
    CHECK(edge.packets(kName) == 1);
}

TEST_CASE("fragments: through VLAN and PPPoE")
{
    Edge edge(blocking({block_name(kName)}));
    edge.expect_last(fragment(Ethernet{} / Vlan{.id = 3} / IPv4{} / hello(41000), {64, 64}),
                     drops(kName).counting(INTERDICT_TOTAL_SKIP_ANSWER));
    edge.expect_last(fragment(Ethernet{} / PPPoE{} / IPv4{} / hello(41001), {64, 64}),
                     drops(kName).counting(INTERDICT_TOTAL_SKIP_ANSWER));
}

TEST_CASE("fragments: what cannot be put together passes and is counted")
{
    Edge edge(blocking({block_name(kName)}));
    // A piece beyond what the buffer holds.
    edge.expect(Ethernet{} / IPv4{.more_fragments = true, .offset = 60000, .protocol = 17} /
                    Payload(Bytes(64, 1)),
                passes_because(INTERDICT_TOTAL_SKIP_FRAGMENT));
}
