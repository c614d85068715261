// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include "harness/hello.h"
#include "harness/plane.h"

using namespace interdict::harness;

namespace {

const std::string kAddress = "2001:db8:2::7/128";
const std::string kName = "blocked.example";

const Packet kLink = Ethernet{};

Packet hello(std::uint16_t port) { return Tcp{.source_port = port} / Packet(Payload(client_hello(kName))); }

std::vector<Packet> chains()
{
    const Packet many = DestinationOptions{};
    return {
        HopByHop{},
        HopByHop{.options = Bytes(20, 0)},
        DestinationOptions{},
        Routing{},
        Routing{.data = Bytes(36, 0)},
        FragmentHeader{},
        Authentication{},
        Authentication{.value_length = 32},
        HopByHop{} / DestinationOptions{} / Routing{} / DestinationOptions{},
        HopByHop{} / Routing{} / FragmentHeader{} / DestinationOptions{},
        many / many / many / many / many / many / many / many,
    };
}

} // namespace

TEST_CASE(
    "ipv6_headers: extension headers, alone and chained up to eight, hide neither address nor port nor name")
{
    Edge edge(
        blocking({block_prefix(kAddress, R"(, "protocol": "tcp", "ports": [8443])"), block_name(kName)}));
    std::uint16_t port = 41000;
    for (const auto& chain : chains()) {
        INFO("chain " << port - 41000);
        const Packet to = kLink / IPv6{.destination = "2001:db8:2::7"} / chain;
        edge.expect(to / Tcp{.destination_port = 8443}, drops(kAddress));
        edge.expect(to / Tcp{.destination_port = 8442}, passes());
        edge.expect(to / Udp{.destination_port = 8443} / Payload("x"), passes());
        edge.expect(kLink / IPv6{} / chain / Tcp{.destination_port = 8443}, passes());
        // An answer cannot carry the extension headers back, so what a name rule does here is drop.
        const auto verdict = edge.run(kLink / IPv6{} / chain / hello(port++));
        CHECK((verdict == INTERDICT_VERDICT_DROP || verdict == INTERDICT_VERDICT_RESET));
        CHECK(edge.packets(kName) == port - 41000u);
    }
}

TEST_CASE("ipv6_headers: a chain beyond all reason passes and is counted; its address rule still holds")
{
    Edge edge(blocking({block_prefix(kAddress), block_name(kName)}));
    Packet chain = DestinationOptions{};
    for (int i = 0; i < 60; ++i)
        chain = chain / DestinationOptions{};
    edge.expect(kLink / IPv6{} / chain / hello(42000), passes_because(INTERDICT_TOTAL_SKIP_DEPTH));
    CHECK(edge.run(kLink / IPv6{.destination = "2001:db8:2::7"} / chain / Tcp{}) == INTERDICT_VERDICT_DROP);
    CHECK(edge.packets(kAddress) == 1);
}

TEST_CASE("ipv6_headers: a length that reaches out of the packet fires no name rule")
{
    Edge edge(blocking({block_name(kName)}));
    edge.expect(kLink / IPv6{} / DestinationOptions{.units = 255} / hello(42000),
                passes_because(INTERDICT_TOTAL_SKIP_TRUNCATED));
    edge.expect(kLink / IPv6{} / HopByHop{.units = 200} / hello(42001),
                passes_because(INTERDICT_TOTAL_SKIP_TRUNCATED));
}

TEST_CASE("ipv6_headers: no next header and unknown transports are judged by address only")
{
    Edge edge(blocking({block_prefix(kAddress), block_name(kName)}));
    edge.expect(kLink / IPv6{.destination = "2001:db8:2::7"}, drops(kAddress));
    edge.expect(kLink / IPv6{.destination = "2001:db8:2::7", .next_header = 132} / Payload(Bytes(20, 1)),
                drops(kAddress));
    edge.expect(kLink / IPv6{.next_header = 132} / Payload(Bytes(20, 1)),
                passes_because(INTERDICT_TOTAL_SKIP_PROTOCOL));
}

TEST_CASE("ipv6_headers: a payload length of zero, as very large local packets have it, means up to the "
          "frame's end")
{
    Edge edge(blocking({block_name(kName)}));
    const auto verdict = edge.run(kLink / IPv6{.payload_length = 0} / hello(42000));
    CHECK((verdict == INTERDICT_VERDICT_DROP || verdict == INTERDICT_VERDICT_RESET));
    CHECK(edge.packets(kName) == 1);
}
