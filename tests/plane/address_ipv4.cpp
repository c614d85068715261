// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include "harness/plane.h"

using namespace interdict::harness;

namespace {

Packet to(const std::string& address, std::uint16_t port = 443)
{
    return Ethernet{} / IPv4{.destination = address} / Tcp{.destination_port = port};
}

Packet from(const std::string& address, std::uint16_t port = 443)
{
    return Ethernet{} / IPv4{.source = address, .destination = "192.0.2.1"} /
           Tcp{.source_port = port, .destination_port = 40000};
}

} // namespace

TEST_CASE("address_ipv4: a /32 is that address, not its neighbours, for every protocol")
{
    Edge edge(blocking({block_prefix("198.51.100.7/32")}));
    edge.expect(to("198.51.100.7"), drops("198.51.100.7/32"));
    edge.expect(to("198.51.100.6"), passes());
    edge.expect(to("198.51.100.8"), passes());
    edge.expect(to("198.51.101.7"), passes());
    edge.expect(to("7.100.51.198"), passes());
    edge.expect(Ethernet{} / IPv4{.destination = "198.51.100.7"} / Udp{} / Payload("x"),
                drops("198.51.100.7/32"));
    edge.expect(Ethernet{} / IPv4{.destination = "198.51.100.7", .protocol = 1} /
                    Payload(Bytes{8, 0, 0, 0, 0, 1, 0, 1}),
                drops("198.51.100.7/32"));
    CHECK(edge.packets("198.51.100.7/32") == 3);
}

TEST_CASE("address_ipv4: a /24 from its first to its last address, neighbour networks pass")
{
    Edge edge(blocking({block_prefix("198.51.100.0/24")}));
    edge.expect(to("198.51.100.0"), drops("198.51.100.0/24"));
    edge.expect(to("198.51.100.128"), drops("198.51.100.0/24"));
    edge.expect(to("198.51.100.255"), drops("198.51.100.0/24"));
    edge.expect(to("198.51.99.255"), passes());
    edge.expect(to("198.51.101.0"), passes());
}

TEST_CASE("address_ipv4: lengths next to full and next to none")
{
    Edge edge(
        blocking({block_prefix("198.51.100.6/31"), block_prefix("10.0.0.0/8"), block_prefix("128.0.0.0/2")}));
    edge.expect(to("198.51.100.6"), drops("198.51.100.6/31"));
    edge.expect(to("198.51.100.7"), drops("198.51.100.6/31"));
    edge.expect(to("198.51.100.5"), passes());
    edge.expect(to("198.51.100.8"), passes());
    edge.expect(to("10.0.0.0"), drops("10.0.0.0/8"));
    edge.expect(to("10.255.255.255"), drops("10.0.0.0/8"));
    edge.expect(to("9.255.255.255"), passes());
    edge.expect(to("11.0.0.0"), passes());
    edge.expect(to("128.0.0.0"), drops("128.0.0.0/2"));
    edge.expect(to("191.255.255.255"), drops("128.0.0.0/2"));
    edge.expect(to("127.255.255.255"), passes());
    edge.expect(to("192.0.0.0"), passes());
}

TEST_CASE("address_ipv4: a /1 is half of all addresses")
{
    Edge edge(blocking({block_prefix("0.0.0.0/1")}));
    edge.expect(to("0.0.0.0"), drops("0.0.0.0/1"));
    edge.expect(to("127.255.255.255"), drops("0.0.0.0/1"));
    edge.expect(to("128.0.0.0"), passes());
    edge.expect(to("255.255.255.255"), passes());
}

TEST_CASE("address_ipv4: every length from 2 to 32, inside and one beyond")
{
    for (unsigned length = 2; length <= 32; ++length) {
        // 100.64.0.0 with the last bit of the prefix set, so that the neighbour below differs by that bit
        // alone.
        const std::uint32_t last = 1u << (32 - length);
        const std::uint32_t base = (0x64400000u & ~(last * 2 - 1)) | last;
        const auto text = [](std::uint32_t a) {
            return std::to_string(a >> 24) + "." + std::to_string(a >> 16 & 255) + "." +
                   std::to_string(a >> 8 & 255) + "." + std::to_string(a & 255);
        };
        const std::string prefix = text(base) + "/" + std::to_string(length);
        INFO(prefix);
        Edge edge(blocking({block_prefix(prefix)}));
        edge.expect(to(text(base)), drops(prefix));
        edge.expect(to(text(base + (last - 1))), drops(prefix));
        edge.expect(to(text(base - 1)), passes());
        edge.expect(to(text(base ^ last)), passes());
    }
}

TEST_CASE("address_ipv4: of nested prefixes the longest counts, alone")
{
    Edge edge(blocking({block_prefix("198.51.100.0/24"), block_prefix("198.51.100.128/25"),
                        block_prefix("198.51.100.200/32"), block_prefix("198.0.0.0/8")}));
    edge.expect(to("198.51.100.200"), drops("198.51.100.200/32"));
    edge.expect(to("198.51.100.201"), drops("198.51.100.128/25"));
    edge.expect(to("198.51.100.1"), drops("198.51.100.0/24"));
    edge.expect(to("198.51.101.1"), drops("198.0.0.0/8"));
    edge.expect(to("199.51.100.200"), passes());
}

TEST_CASE("address_ipv4: where the longer prefix does not apply, the shorter one does")
{
    Edge edge(blocking({block_prefix("198.51.100.0/24"),
                        block_prefix("198.51.100.7/32", R"(, "protocol": "tcp", "ports": [443])")}));
    edge.expect(to("198.51.100.7", 443), drops("198.51.100.7/32"));
    edge.expect(to("198.51.100.7", 80), drops("198.51.100.0/24"));
}

TEST_CASE("address_ipv4: protocol and ports, first and last of a range and one beyond each")
{
    const std::string target = "198.51.100.7/32";
    Edge edge(blocking({block_prefix(target, R"(, "protocol": "tcp", "ports": [443, "8000-8100"])")}));
    edge.expect(to("198.51.100.7", 443), drops(target));
    edge.expect(to("198.51.100.7", 442), passes());
    edge.expect(to("198.51.100.7", 444), passes());
    edge.expect(to("198.51.100.7", 7999), passes());
    edge.expect(to("198.51.100.7", 8000), drops(target));
    edge.expect(to("198.51.100.7", 8100), drops(target));
    edge.expect(to("198.51.100.7", 8101), passes());
    edge.expect(Ethernet{} / IPv4{.destination = "198.51.100.7"} / Udp{.destination_port = 443} /
                    Payload("x"),
                passes());
    // The subscriber's own port is not the blocked side's.
    edge.expect(Ethernet{} / IPv4{.destination = "198.51.100.7"} /
                    Tcp{.source_port = 443, .destination_port = 22},
                passes());
}

TEST_CASE("address_ipv4: a protocol without ports matches whatever the port, and no other protocol")
{
    Edge edge(blocking({block_prefix("198.51.100.7/32", R"(, "protocol": "udp")")}));
    edge.expect(Ethernet{} / IPv4{.destination = "198.51.100.7"} / Udp{.destination_port = 1} / Payload("x"),
                drops("198.51.100.7/32"));
    edge.expect(Ethernet{} / IPv4{.destination = "198.51.100.7"} / Udp{.destination_port = 65535} /
                    Payload("x"),
                drops("198.51.100.7/32"));
    edge.expect(to("198.51.100.7"), passes());
}

TEST_CASE("address_ipv4: subscriber interface judges the destination, not the source")
{
    Edge edge(blocking({block_prefix("198.51.100.7/32")}), {.role = INTERDICT_ROLE_SUBSCRIBER});
    edge.expect(to("198.51.100.7"), drops("198.51.100.7/32"));
    edge.expect(from("198.51.100.7"), passes());
}

TEST_CASE("address_ipv4: uplink interface judges the source and its port, not the destination")
{
    Edge edge(blocking({block_prefix("198.51.100.7/32"),
                        block_prefix("198.51.100.8/32", R"(, "protocol": "tcp", "ports": [443])")}),
              {.role = INTERDICT_ROLE_UPLINK});
    edge.expect(from("198.51.100.7"), drops("198.51.100.7/32"));
    edge.expect(to("198.51.100.7"), passes());
    edge.expect(from("198.51.100.8", 443), drops("198.51.100.8/32"));
    edge.expect(from("198.51.100.8", 80), passes());
}

TEST_CASE("address_ipv4: an interface of both roles judges both addresses")
{
    Edge edge(blocking({block_prefix("198.51.100.7/32")}),
              {.role = INTERDICT_ROLE_SUBSCRIBER | INTERDICT_ROLE_UPLINK});
    edge.expect(to("198.51.100.7"), drops("198.51.100.7/32"));
    edge.expect(from("198.51.100.7"), drops("198.51.100.7/32"));
    edge.expect(to("198.51.100.8"), passes());
}

TEST_CASE("address_ipv4: an address rule holds on packets that carry a name, too")
{
    Edge edge(blocking({block_prefix("198.51.100.7/32"), block_name("blocked.example")}));
    edge.expect(to("198.51.100.7") / Payload("\x16\x03\x01"), drops("198.51.100.7/32"));
}

TEST_CASE("address_ipv4: options up to 40 bytes do not hide the address")
{
    Edge edge(blocking({block_prefix("198.51.100.7/32", R"(, "protocol": "tcp", "ports": [443])")}));
    for (std::size_t size = 0; size <= 40; size += 4)
        edge.expect(Ethernet{} / IPv4{.destination = "198.51.100.7", .options = Bytes(size, 1)} / Tcp{},
                    drops("198.51.100.7/32"));
}
