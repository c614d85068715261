// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <catch2/catch_test_macros.hpp>
#include <netinet/in.h>

#include "harness/packet.h"
#include "harness/quic.h"
#include "probe/synthesiser.h"

using namespace interdict;
using namespace interdict::probe;
namespace harness = interdict::harness;

namespace {

order::Prefix address(const std::string& text) { return order::parse_address(text).value(); }

Packet packet(unsigned channel, bool v6 = false)
{
    Packet packet;
    packet.channel = channel;
    packet.subscriber = address(v6 ? "2001:db8::1" : "192.0.2.1");
    packet.remote = address(v6 ? "2001:db8:ff::7" : "198.51.100.7");
    packet.subscriber_port = 40000;
    packet.remote_port = channel == INTERDICT_CHANNEL_DNS ? 53 : 443;
    packet.name = "blocked.example";
    return packet;
}

Bytes made(const Packet& packet)
{
    auto synthesiser = Synthesiser::make().value();
    const auto frame = synthesiser.frame(packet);
    return Bytes(frame.begin(), frame.end());
}

std::size_t header(bool v6) { return v6 ? 40 : 20; }

// The ones' complement sum over the transport's bytes and the pseudo-header: 0 if the checksum is right.
std::uint16_t transport_sum(const Bytes& frame, bool v6, std::size_t network)
{
    const std::size_t at = network + header(v6);
    const auto length = v6 ? static_cast<std::size_t>(frame[network + 4] << 8 | frame[network + 5])
                           : static_cast<std::size_t>(frame[network + 2] << 8 | frame[network + 3]) - 20;
    Bytes data(frame.begin() + static_cast<std::ptrdiff_t>(at),
               frame.begin() + static_cast<std::ptrdiff_t>(at + length));
    if (data.size() % 2)
        data.push_back(0);
    const std::uint8_t protocol = frame[network + (v6 ? 6 : 9)];
    if (v6 || protocol != IPPROTO_ICMP) {
        const std::size_t from = network + (v6 ? 8 : 12);
        data.insert(data.end(), frame.begin() + static_cast<std::ptrdiff_t>(from),
                    frame.begin() + static_cast<std::ptrdiff_t>(at));
        data.insert(data.end(),
                    {0, protocol, static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)});
    }
    return harness::internet_checksum(data);
}

} // namespace

TEST_CASE("synthesiser: every frame has right checksums, by family, channel, protocol, side and tag")
{
    for (const bool v6 : {false, true})
        for (const std::uint16_t vlan : {0, 100})
            for (const bool from_remote : {false, true})
                for (unsigned channel = 0; channel < INTERDICT_CHANNEL_MAX; ++channel)
                    for (const std::uint8_t protocol :
                         {std::uint8_t{IPPROTO_TCP}, std::uint8_t{IPPROTO_UDP},
                          v6 ? std::uint8_t{IPPROTO_ICMPV6} : std::uint8_t{IPPROTO_ICMP}}) {
                        Packet asked = packet(channel, v6);
                        asked.vlan = vlan;
                        asked.from_remote = from_remote;
                        asked.protocol = protocol;
                        const Bytes frame = made(asked);
                        const std::size_t network = vlan ? 18 : 14;
                        CAPTURE(v6, vlan, from_remote, channel, protocol);
                        REQUIRE(frame.size() >= 60);
                        CHECK(frame[12] == (vlan ? 0x81 : v6 ? 0x86 : 0x08));
                        if (!v6)
                            CHECK(harness::internet_checksum(std::span(frame).subspan(network, 20)) == 0);
                        CHECK(transport_sum(frame, v6, network) == 0);
                        const std::size_t addresses = network + (v6 ? 8 : 12), size = v6 ? 16 : 4;
                        const auto& from = from_remote ? asked.remote : asked.subscriber;
                        CHECK(std::equal(frame.begin() + static_cast<std::ptrdiff_t>(addresses),
                                         frame.begin() + static_cast<std::ptrdiff_t>(addresses + size),
                                         from.address.begin()));
                    }
}

TEST_CASE("synthesiser: an Initial is, byte for byte, what OpenSSL makes of the same frames")
{
    const Bytes frame = made(packet(INTERDICT_CHANNEL_QUIC));
    const std::size_t at = 14 + 20 + 8;
    REQUIRE(frame.size() == at + 1200);
    const Bytes datagram(frame.begin() + at, frame.end());
    Bytes hello;
    append_hello(hello, "blocked.example", true);
    const Bytes dcid(datagram.begin() + 6, datagram.begin() + 14);
    const Bytes frames = harness::joined({{0x06, 0x00}, harness::varint(hello.size(), 2), hello});
    CHECK(harness::to_hex(datagram) ==
          harness::to_hex(harness::protect(
              {.frames = frames, .dcid = dcid, .number = 0, .number_length = 4, .size = 1200})));
}

TEST_CASE("synthesiser: a name below stands in front of the name")
{
    Packet asked = packet(INTERDICT_CHANNEL_HTTP);
    asked.below = true;
    const Bytes frame = made(asked);
    const std::string text(frame.begin(), frame.end());
    CHECK(text.find("Host: interdict-proof.blocked.example\r\n") != std::string::npos);
}

TEST_CASE("synthesiser: a query has the labels of its name, and asks for the address of its family")
{
    const Bytes frame = made(packet(INTERDICT_CHANNEL_DNS, true));
    const std::string text(frame.begin(), frame.end());
    CHECK(text.find(std::string("\x07"
                                "blocked\x07"
                                "example\0\0\x1c\0\x01",
                                21)) != std::string::npos);
}

TEST_CASE("synthesiser: answers are told apart: a question, a reset, a response code, a status")
{
    using namespace harness;
    CHECK(read_answer(made(packet(INTERDICT_CHANNEL_DNS))).kind == Answer::Kind::None);
    CHECK(read_answer(made(packet(INTERDICT_CHANNEL_HTTP))).kind == Answer::Kind::None);
    CHECK(read_answer(build(Ethernet{} / IPv4{} / Tcp{.flags = flag::Rst | flag::Ack})).kind ==
          Answer::Kind::Reset);
    const auto page = read_answer(build(Ethernet{} / IPv6{} / Tcp{} / Payload("HTTP/1.1 451 Unavailable")));
    CHECK(page.kind == Answer::Kind::Http);
    CHECK(page.code == 451);
    const auto dns = read_answer(build(Ethernet{} / Vlan{.id = 7} / IPv4{} / Udp{.source_port = 53} /
                                       Payload(Bytes{0, 1, 0x81, 0x83, 0, 1, 0, 0, 0, 0, 0, 0})));
    CHECK(dns.kind == Answer::Kind::Dns);
    CHECK(dns.code == 3);
    CHECK(read_answer(Bytes(20)).kind == Answer::Kind::None);
}
