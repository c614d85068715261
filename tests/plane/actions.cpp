// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include "harness/hello.h"
#include "harness/plane.h"

using namespace interdict::harness;

namespace {

const std::string kAddress = "198.51.100.7/32";
const std::string kName = "blocked.example";

// Swapped ends of the packet that was refused, and RFC 9293 section 3.10.7.1 for the numbers.
Packet answer(const Packet& link, const Tcp& refused, std::uint32_t taken)
{
    return link / Tcp{.source_port = refused.destination_port,
                      .destination_port = refused.source_port,
                      .sequence = refused.acknowledgement,
                      .acknowledgement = refused.sequence + taken,
                      .flags = flag::Rst | flag::Ack,
                      .window = 0};
}

const Ethernet kBack{.source = "00:00:5e:00:53:02", .destination = "00:00:5e:00:53:01"};

// A field that the answer may choose, as the answer has it.
std::uint8_t byte(const Edge& edge, std::size_t at)
{
    REQUIRE(edge.output().size() > at);
    return edge.output()[at];
}

IPv4 back4(const Edge& edge, std::size_t network)
{
    return IPv4{.source = "198.51.100.1",
                .destination = "192.0.2.1",
                .ttl = byte(edge, network + 8),
                .tos = byte(edge, network + 1),
                .identification =
                    static_cast<std::uint16_t>(byte(edge, network + 4) << 8 | byte(edge, network + 5)),
                .dont_fragment = (byte(edge, network + 6) & 0x40) != 0};
}

} // namespace

TEST_CASE("actions: the reset of a hello over IPv4, every byte")
{
    Edge edge(blocking({block_name(kName)}));
    const Tcp tcp{.source_port = 41000, .sequence = 0xfffffff0, .acknowledgement = 777};
    const Bytes stream = client_hello(kName);
    edge.expect(Ethernet{} / IPv4{.identification = 4711} / tcp / Payload(stream), resets(kName));
    CHECK(edge.output() ==
          build(answer(kBack / back4(edge, 14), tcp, static_cast<std::uint32_t>(stream.size()))));
    CHECK(byte(edge, 14 + 8) >= 32);
}

TEST_CASE("actions: the reset keeps VLAN tags, their priority, and the PPPoE session")
{
    Edge edge(blocking({block_name(kName)}));
    struct Case {
        Packet link;
        Packet back;
        std::size_t network;
    };
    const Vlan outer{.id = 10, .priority = 3, .tpid = 0x88a8};
    const Vlan inner{.id = 20};
    const PPPoE session{.session = 0x1234};
    const std::vector<Case> cases{
        {Ethernet{} / inner, kBack / inner, 18},
        {Ethernet{} / outer / inner, kBack / outer / inner, 22},
        {Ethernet{} / session, kBack / session, 22},
        {Ethernet{} / inner / session, kBack / inner / session, 26},
    };
    std::uint16_t port = 41000;
    const Bytes stream = client_hello(kName);
    for (const auto& [link, back, network] : cases) {
        const Tcp tcp{.source_port = ++port};
        edge.expect(link / IPv4{} / tcp / Payload(stream), resets(kName));
        CHECK(edge.output() ==
              build(answer(back / back4(edge, network), tcp, static_cast<std::uint32_t>(stream.size()))));
    }
}

TEST_CASE("actions: the reset of a hello over IPv6, every byte")
{
    Edge edge(blocking({block_name(kName)}));
    const Tcp tcp{.source_port = 41000};
    const Bytes stream = client_hello(kName);
    edge.expect(Ethernet{} / IPv6{.flow_label = 0x12345} / tcp / Payload(stream), resets(kName));
    const std::uint32_t label = (byte(edge, 15) & 0x0fu) << 16 | byte(edge, 16) << 8 | byte(edge, 17);
    const Packet back = kBack / IPv6{.source = "2001:db8:2::1",
                                     .destination = "2001:db8:1::1",
                                     .hop_limit = byte(edge, 14 + 7),
                                     .flow_label = label};
    CHECK(edge.output() == build(answer(back, tcp, static_cast<std::uint32_t>(stream.size()))));
    CHECK(byte(edge, 14 + 7) >= 32);
}

TEST_CASE("actions: the reset of the second segment answers the second segment")
{
    Edge edge(blocking({block_name(kName)}));
    const Tcp tcp{.source_port = 41000, .sequence = 1000};
    const Bytes stream = long_hello(kName);
    const Packet head = Ethernet{} / IPv4{} / tcp;
    edge.expect_last(segments(head, stream, {1400}), resets(kName));
    CHECK(edge.output() ==
          build(answer(kBack / back4(edge, 14), tcp, static_cast<std::uint32_t>(stream.size()))));
}

TEST_CASE("actions: padding of the link is gone from the reset, and TCP options are")
{
    Edge edge(blocking({block_name(kName)}));
    const Tcp tcp{.source_port = 41000, .options = {1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8}};
    const Bytes stream = client_hello(kName);
    edge.expect(Ethernet{.minimum = 1000} / IPv4{} / tcp / Payload(stream), resets(kName));
    Tcp plain = tcp;
    plain.options.clear();
    const Bytes expected =
        build(answer(kBack / back4(edge, 14), plain, static_cast<std::uint32_t>(stream.size())));
    REQUIRE(edge.output().size() >= expected.size());
    CHECK(Bytes(edge.output().begin(),
                edge.output().begin() + static_cast<std::ptrdiff_t>(expected.size())) == expected);
    CHECK(edge.output().size() <= 60);
}

TEST_CASE("actions: IPv4 options in the refused packet leave a reset that is right in itself")
{
    Edge edge(blocking({block_name(kName)}));
    const Bytes stream = client_hello(kName);
    const auto verdict =
        edge.run(Ethernet{} / IPv4{.options = {7, 7, 4, 0, 0, 0, 0, 0}} / Tcp{} / Payload(stream));
    CHECK((verdict == INTERDICT_VERDICT_RESET || verdict == INTERDICT_VERDICT_DROP));
    CHECK(edge.packets(kName) == 1);
    if (verdict == INTERDICT_VERDICT_RESET) {
        const std::size_t header = (byte(edge, 14) & 15u) * 4;
        CHECK(internet_checksum(std::span(edge.output()).subspan(14, header)) == 0);
    }
}

TEST_CASE("actions: an address rule drops by default and resets TCP where the order says so")
{
    Edge edge(orders({order({block_prefix(kAddress)}, "", "quiet"),
                      order({block_prefix("198.51.100.1/32")},
                            R"(, "means": ["address"], "actions": {"address": "reset"})", "loud")}));
    edge.expect(Ethernet{} / IPv4{.destination = "198.51.100.7"} / Tcp{}, drops(kAddress));
    const Tcp opening{.source_port = 41000, .sequence = 99, .acknowledgement = 0, .flags = flag::Syn};
    edge.expect(Ethernet{} / IPv4{} / opening, resets("198.51.100.1/32"));
    // A SYN without ACK is answered from sequence 0 and takes one number.
    CHECK(edge.output() == build(answer(kBack / back4(edge, 14), opening, 1)));
    edge.expect(Ethernet{} / IPv4{} / Udp{} / Payload("x"), drops("198.51.100.1/32"));
    const auto pieces = fragment(Ethernet{} / IPv4{} / Tcp{} / Payload(Bytes(100, 1)), {64});
    edge.expect(pieces[1], drops("198.51.100.1/32").counting(INTERDICT_TOTAL_SKIP_ANSWER));
}

TEST_CASE("actions: a reset is never answered with a reset")
{
    Edge edge(
        blocking({block_prefix(kAddress)}, R"(, "means": ["address"], "actions": {"address": "reset"})"));
    edge.expect(Ethernet{} / IPv4{.destination = "198.51.100.7"} / Tcp{.flags = flag::Rst | flag::Ack},
                drops(kAddress));
}

TEST_CASE("actions: a name rule drops where the order says so")
{
    Edge edge(blocking({block_name(kName)}, R"(, "actions": {"tls": "drop"})"));
    edge.expect(Ethernet{} / IPv4{} / Tcp{} / Payload(client_hello(kName)), drops(kName));
}
