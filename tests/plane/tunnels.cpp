// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include "harness/hello.h"
#include "harness/plane.h"

using namespace interdict::harness;

namespace {

const std::string kAddress = "198.51.100.7/32";
const std::string kAddress6 = "2001:db8:2::7/128";
const std::string kEndpoint = "203.0.113.9/32";
const std::string kName = "blocked.example";

std::string rules()
{
    return blocking(
        {block_prefix(kAddress), block_prefix(kAddress6), block_prefix(kEndpoint), block_name(kName)});
}

Packet hello(std::uint16_t port)
{
    return Tcp{.source_port = port} / Packet(Payload(client_hello("www." + kName)));
}

struct Tunnel {
    std::string name;
    std::uint32_t bit;
    Packet outer;           // everything before the inner IP header
    bool answerable = true; // an answer can go back in it
};

// Between two of the operator's own routers.
std::vector<Tunnel> tunnels()
{
    const Packet ip = Ethernet{} / IPv4{.source = "192.0.2.250", .destination = "192.0.2.251"};
    const Packet ip6 = Ethernet{} / IPv6{.source = "2001:db8::fa", .destination = "2001:db8::fb"};
    return {
        {"MPLS, one label", INTERDICT_ENCAP_MPLS, Ethernet{} / Mpls{}},
        {"MPLS, three labels under a VLAN", INTERDICT_ENCAP_MPLS,
         Ethernet{} / Vlan{.id = 7} / Mpls{} / Mpls{.label = 17} / Mpls{.label = 18}},
        {"GRE", INTERDICT_ENCAP_GRE, ip / Gre{}},
        {"GRE with key, sequence and checksum over IPv6", INTERDICT_ENCAP_GRE,
         ip6 / Gre{.key = 5, .sequence = 9, .checksum = true}, false},
        {"GRE with key", INTERDICT_ENCAP_GRE, ip / Gre{.key = 5}},
        {"IP in IPv4", INTERDICT_ENCAP_IPIP, ip},
        {"IP in IPv6", INTERDICT_ENCAP_IPIP, ip6},
        {"GTP-U", INTERDICT_ENCAP_GTPU, ip / Udp{} / Gtpu{}},
        {"GTP-U with a sequence number and two extension headers", INTERDICT_ENCAP_GTPU,
         ip / Udp{} / Gtpu{.sequence = 3, .extensions = {Bytes(2, 0), Bytes(6, 0)}}},
        {"VXLAN", INTERDICT_ENCAP_VXLAN, ip / Udp{} / Vxlan{} / Ethernet{}},
        {"VXLAN over IPv6, a tag inside", INTERDICT_ENCAP_VXLAN,
         ip6 / Udp{} / Vxlan{} / Ethernet{} / Vlan{.id = 12}},
        {"Geneve", INTERDICT_ENCAP_GENEVE, ip / Udp{} / Geneve{} / Ethernet{}},
        {"Geneve with options", INTERDICT_ENCAP_GENEVE,
         ip / Udp{} / Geneve{.options = Bytes(12, 1)} / Ethernet{}},
    };
}

// Every header as it comes back: ends swapped, tunnels' identifiers and ports as they were.
Packet turned(Packet packet)
{
    for (Layer& layer : packet.layers) {
        if (auto* link = std::get_if<Ethernet>(&layer)) {
            std::swap(link->source, link->destination);
        } else if (auto* ip = std::get_if<IPv4>(&layer)) {
            std::swap(ip->source, ip->destination);
            ip->ttl = 64;
            ip->dont_fragment = true;
        } else if (auto* ip6 = std::get_if<IPv6>(&layer)) {
            std::swap(ip6->source, ip6->destination);
            ip6->hop_limit = 64;
        } else if (auto* udp = std::get_if<Udp>(&layer)) {
            udp->checksum = 0; // RFC 6935
        }
    }
    return packet;
}

} // namespace

TEST_CASE("tunnels: the inner address and the inner name are judged")
{
    Edge edge(rules(), {.encapsulations = INTERDICT_ENCAP_ALL});
    std::uint16_t port = 42000;
    for (const auto& tunnel : tunnels()) {
        INFO(tunnel.name);
        edge.expect(tunnel.outer / IPv4{.destination = "198.51.100.7"} / Tcp{}, drops(kAddress));
        edge.expect(tunnel.outer / IPv6{.destination = "2001:db8:2::7"} / Udp{}, drops(kAddress6));
        edge.expect(tunnel.outer / IPv4{.destination = "198.51.100.8"} / Tcp{}, passes());
        const auto refusal =
            tunnel.answerable ? resets(kName) : drops(kName).counting(INTERDICT_TOTAL_SKIP_ANSWER);
        edge.expect(tunnel.outer / IPv4{} / hello(port), refusal);
        edge.expect(tunnel.outer / IPv6{} / hello(port), refusal);
        ++port;
    }
}

TEST_CASE("tunnels: an answer goes back in the same tunnel, every byte")
{
    Edge edge(rules(), {.encapsulations = INTERDICT_ENCAP_ALL});
    const Bytes stream = client_hello("www." + kName);
    std::uint16_t port = 43000;
    for (const auto& tunnel : tunnels()) {
        if (!tunnel.answerable)
            continue;
        INFO(tunnel.name);
        const Tcp tcp{.source_port = ++port};
        for (const Packet& inner : {Packet(IPv4{.tos = 8, .identification = 99}), Packet(IPv6{})}) {
            edge.expect(tunnel.outer / inner / tcp / Payload(stream), resets(kName));
            const Tcp reset{.source_port = tcp.destination_port,
                            .destination_port = tcp.source_port,
                            .sequence = tcp.acknowledgement,
                            .acknowledgement = tcp.sequence + static_cast<std::uint32_t>(stream.size()),
                            .flags = flag::Rst | flag::Ack,
                            .window = 0};
            CHECK(edge.output() == build(turned(tunnel.outer / inner) / reset));
        }
    }
}

TEST_CASE("tunnels: each can be left alone, and the others still are read")
{
    for (const std::uint32_t off : {INTERDICT_ENCAP_MPLS, INTERDICT_ENCAP_GRE, INTERDICT_ENCAP_IPIP,
                                    INTERDICT_ENCAP_GTPU, INTERDICT_ENCAP_VXLAN, INTERDICT_ENCAP_GENEVE}) {
        Edge edge(rules(), {.encapsulations = INTERDICT_ENCAP_ALL & ~off});
        for (const auto& tunnel : tunnels()) {
            INFO("without " << off << ": " << tunnel.name);
            const auto before = edge.packets(kAddress);
            const auto verdict = edge.run(tunnel.outer / IPv4{.destination = "198.51.100.7"} / Tcp{});
            CHECK(verdict == (tunnel.bit == off ? INTERDICT_VERDICT_PASS : INTERDICT_VERDICT_DROP));
            CHECK(edge.packets(kAddress) == before + (tunnel.bit == off ? 0 : 1));
        }
    }
}

TEST_CASE("tunnels: the address of the tunnel's far end is judged as well, whatever is inside")
{
    Edge edge(rules(), {.encapsulations = INTERDICT_ENCAP_ALL});
    const Packet outer = Ethernet{} / IPv4{.destination = "203.0.113.9"};
    edge.expect(outer / Gre{} / IPv4{} / Tcp{}, drops(kEndpoint));
    edge.expect(outer / IPv4{} / Tcp{}, drops(kEndpoint));
    edge.expect(outer / Udp{} / Gtpu{} / IPv4{} / Tcp{}, drops(kEndpoint));
    edge.expect(outer / Udp{} / Vxlan{} / Ethernet{} / IPv4{} / Tcp{}, drops(kEndpoint));
}

TEST_CASE("tunnels: one inside another")
{
    Edge edge(rules(), {.encapsulations = INTERDICT_ENCAP_ALL});
    const Packet nested = Ethernet{} / Vlan{.id = 5} / Mpls{} / IPv4{.destination = "192.0.2.251"} / Gre{} /
                          IPv6{.destination = "2001:db8::fb"} / Udp{} / Gtpu{};
    edge.expect(nested / IPv4{.destination = "198.51.100.7"} / Tcp{}, drops(kAddress));
    edge.expect(nested / IPv4{} / hello(43000), resets(kName));
    edge.expect(nested / IPv4{} / Tcp{}, passes());
}

TEST_CASE("tunnels: a hello in fragments, each in the tunnel")
{
    Edge edge(rules(), {.encapsulations = INTERDICT_ENCAP_ALL});
    const Packet outer = Ethernet{} / IPv4{.source = "192.0.2.250", .destination = "192.0.2.251"} / Gre{};
    const auto pieces = fragment(IPv4{.identification = 77} / hello(44000), {64, 128});
    REQUIRE(pieces.size() == 3);
    std::vector<Packet> frames;
    for (const auto& piece : pieces)
        frames.push_back(outer / piece);
    edge.expect_last(frames, drops(kName).counting(INTERDICT_TOTAL_SKIP_ANSWER));
}
