// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

#include "harness/hello.h"
#include "harness/plane.h"

using namespace interdict::harness;

namespace {

const std::string kAddress = "198.51.100.7/32";
const std::string kAddress6 = "2001:db8:2::7/128";
const std::string kName = "blocked.example";

std::string rules() { return blocking({block_prefix(kAddress), block_prefix(kAddress6), block_name(kName)}); }

Packet hello(std::uint16_t port)
{
    return Tcp{.source_port = port} / Packet(Payload(client_hello("www." + kName)));
}

// By address over both families, by name, and something harmless.
void check(const std::vector<Packet>& links)
{
    Edge edge(rules());
    std::uint16_t port = 41000;
    for (const auto& link : links) {
        INFO("link " << port);
        edge.expect(link / IPv4{.destination = "198.51.100.7"} / Tcp{}, drops(kAddress));
        edge.expect(link / IPv6{.destination = "2001:db8:2::7"} / Tcp{}, drops(kAddress6));
        edge.expect(link / IPv4{} / Tcp{}, passes());
        edge.expect(link / IPv4{} / hello(port), resets(kName));
        edge.expect(link / IPv6{} / hello(port), resets(kName));
        ++port;
    }
}

} // namespace

TEST_CASE("link: plain Ethernet, also padded to the minimum")
{
    check({Ethernet{}, Ethernet{.minimum = 60}, Ethernet{.minimum = 200}});
}

TEST_CASE("link: one tag, priority tag, highest VLAN")
{
    check({Ethernet{} / Vlan{.id = 100}, Ethernet{} / Vlan{.id = 0, .priority = 5},
           Ethernet{} / Vlan{.id = 4094, .priority = 7}, Ethernet{} / Vlan{.id = 7, .tpid = 0x88a8}});
}

TEST_CASE("link: QinQ with the TPIDs 88a8, 8100 and 9100")
{
    check({Ethernet{} / Vlan{.id = 10, .tpid = 0x88a8} / Vlan{.id = 20},
           Ethernet{} / Vlan{.id = 10, .tpid = 0x8100} / Vlan{.id = 20},
           Ethernet{} / Vlan{.id = 10, .tpid = 0x9100} / Vlan{.id = 20}});
}

TEST_CASE("link: PPPoE session, also inside VLAN and QinQ")
{
    check({Ethernet{} / PPPoE{}, Ethernet{} / PPPoE{.session = 0xffff}, Ethernet{} / Vlan{.id = 7} / PPPoE{},
           Ethernet{} / Vlan{.id = 10, .tpid = 0x88a8} / Vlan{.id = 7} / PPPoE{}});
}

TEST_CASE("link: IP in SNAP behind an 802.3 length is judged by address and by name")
{
    Edge edge(rules());
    edge.expect(Ethernet{} / Snap{} / IPv4{.destination = "198.51.100.7"} / Tcp{}, drops(kAddress));
    edge.expect(Ethernet{} / Snap{} / IPv6{.destination = "2001:db8:2::7"} / Tcp{}, drops(kAddress6));
    edge.expect(Ethernet{} / Snap{} / IPv4{} / Tcp{}, passes());
    edge.expect(Ethernet{} / Snap{} / IPv4{} / hello(41000), resets(kName));
    edge.expect(Ethernet{} / Vlan{.id = 5} / Snap{} / IPv4{.destination = "198.51.100.7"} / Tcp{},
                drops(kAddress));
}

TEST_CASE("link: what is not IP passes and is counted")
{
    Edge edge(rules());
    edge.expect(Ethernet{.type = 0x0806} / Payload(Bytes(28, 1)), passes_because(INTERDICT_TOTAL_SKIP_LINK));
    edge.expect(Ethernet{} / Llc{} / Payload(Bytes(40, 1)), passes_because(INTERDICT_TOTAL_SKIP_LINK));
    edge.expect(Ethernet{} / Vlan{.id = 5, .type = 0x0806} / Payload(Bytes(28, 1)),
                passes_because(INTERDICT_TOTAL_SKIP_LINK));
    edge.expect(Ethernet{} / PPPoE{.code = 9} / Payload(Bytes(40, 1)),
                passes_because(INTERDICT_TOTAL_SKIP_LINK));
    edge.expect(Ethernet{} / PPPoE{.protocol = 0xc021} / Payload(Bytes(40, 1)),
                passes_because(INTERDICT_TOTAL_SKIP_LINK));
    edge.expect(Ethernet{.type = 0x88cc} / Payload(Bytes(40, 1)), passes_because(INTERDICT_TOTAL_SKIP_LINK));
}

TEST_CASE("link: an EtherType that lies about the version of IP fires no rule")
{
    Edge edge(rules());
    edge.expect(Ethernet{.type = 0x86dd} / IPv4{.destination = "198.51.100.7"} / Tcp{},
                passes_because(INTERDICT_TOTAL_SKIP_TRUNCATED));
    edge.expect(Ethernet{.type = 0x0800} / IPv6{.destination = "2001:db8:2::7"} / Tcp{},
                passes_because(INTERDICT_TOTAL_SKIP_TRUNCATED));
}

TEST_CASE("link: a frame cut at any length never fires a rule before its address is there")
{
    Edge edge(rules());
    struct Case {
        Packet packet;
        std::size_t address_end; // of the IP header
        std::size_t ports_end;
        std::string target;
    };
    const std::vector<Case> cases{
        {Ethernet{} / IPv4{.destination = "198.51.100.7"} / Tcp{}, 34, 54, kAddress},
        {Ethernet{} / Vlan{.id = 1} / IPv4{.destination = "198.51.100.7"} / Tcp{}, 38, 58, kAddress},
        {Ethernet{} / PPPoE{} / IPv4{.destination = "198.51.100.7"} / Tcp{}, 42, 62, kAddress},
        {Ethernet{} / IPv6{.destination = "2001:db8:2::7"} / Tcp{}, 54, 74, kAddress6},
        {Ethernet{} / Vlan{.id = 1, .tpid = 0x88a8} / Vlan{.id = 2} / PPPoE{} /
             IPv6{.destination = "2001:db8:2::7"} / Tcp{},
         70, 90, kAddress6},
    };
    for (const auto& [packet, address_end, ports_end, target] : cases) {
        const Bytes whole = build(packet);
        REQUIRE(whole.size() == ports_end);
        for (std::size_t size = 14; size < address_end; ++size) {
            INFO("cut to " << size << " of " << whole.size());
            edge.expect(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)),
                        passes_because(INTERDICT_TOTAL_SKIP_TRUNCATED));
        }
        edge.expect(whole, drops(target));
    }
}

TEST_CASE("link: a hello cut at any length inside its headers passes and makes no name")
{
    Edge edge(rules());
    const Bytes whole = build(Ethernet{} / IPv4{} / hello(42000));
    for (std::size_t size = 14; size < 54; ++size) {
        const auto verdict =
            edge.run(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
        CHECK(verdict == INTERDICT_VERDICT_PASS);
    }
    CHECK(edge.packets(kName) == 0);
    edge.expect(whole, resets(kName));
}
