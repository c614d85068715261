// SPDX-License-Identifier: Apache-2.0
//
// malformed.cpp: more than a million frames that nobody would send, from seeded generators. The seed is
// printed; INTERDICT_SEED=n repeats a run, INTERDICT_FRAMES=n makes it longer.
#include <cstdlib>
#include <random>

#include <catch2/catch_test_macros.hpp>

#include "harness/hello.h"
#include "harness/plane.h"

using namespace interdict::harness;

namespace {

// Targets that no mutation of a harmless frame comes upon by accident.
const std::string kAddress = "203.0.113.213/32";
const std::string kAddress6 = "2001:db8:a5a5:5a5a:c3c3:3c3c:9669:6996/128";
const std::string kName = "blocked-by-no-accident.example";

std::string rules() { return blocking({block_prefix(kAddress), block_prefix(kAddress6), block_name(kName)}); }

std::uint64_t number(const char* variable, std::uint64_t fallback)
{
    const char* text = std::getenv(variable);
    return text ? std::strtoull(text, nullptr, 0) : fallback;
}

// One of everything that the parsers know, around a hello that names no target.
std::vector<Bytes> samples(const std::string& name, const std::string& address, const std::string& address6)
{
    const Packet v4 = IPv4{.destination = address};
    const Packet v6 = IPv6{.destination = address6};
    const Packet tls = Tcp{} / Payload(client_hello(name));
    const Packet longer = Tcp{} / Payload(Bytes(long_hello(name)));
    const Packet tiny = Tcp{} / Payload(records_of(handshake(Hello{.names = {name}, .key_share = 16}), 3));
    const Packet link = Ethernet{};
    std::vector<Packet> packets{
        link / v4 / tls,
        link / v6 / tls,
        link / v4 / longer,
        link / v4 / tiny,
        syn(link / v4 / Tcp{}),
        link / Vlan{.id = 1} / v4 / tls,
        link / Vlan{.id = 1, .tpid = 0x88a8} / Vlan{.id = 2} / v6 / tls,
        link / PPPoE{} / v4 / tls,
        link / Vlan{.id = 1} / PPPoE{} / v6 / tls,
        link / Snap{} / v4 / tls,
        link / IPv4{.destination = address, .options = Bytes(12, 1)} / tls,
        link / v6 / HopByHop{} / DestinationOptions{} / Routing{} / tls,
        link / v6 / FragmentHeader{} / tls,
        link / v6 / Authentication{} / tls,
        link / Mpls{} / v4 / tls,
        link / v4 / Gre{.key = 1} / v4 / tls,
        link / v4 / v6 / tls,
        link / v4 / Udp{} / Gtpu{.sequence = 1, .extensions = {{1, 2}}} / v4 / tls,
        link / v4 / Udp{} / Vxlan{} / Ethernet{} / v4 / tls,
        link / v6 / Udp{} / Geneve{.options = {1, 2, 3, 0}} / Ethernet{} / v6 / tls,
        link / v4 / Udp{.destination_port = 53} / Payload(Bytes(40, 3)),
    };
    for (const auto& piece : fragment(link / v4 / tls, {64, 64}))
        packets.push_back(piece);
    for (const auto& piece : fragment(link / v6 / tls, {64, 64}))
        packets.push_back(piece);
    for (const auto& piece : segments(link / v4 / Tcp{.source_port = 77}, long_hello(name), {700, 700}))
        packets.push_back(piece);
    std::vector<Bytes> out;
    for (const auto& packet : packets)
        out.push_back(build(packet));
    return out;
}

// Changes a few bytes, mostly in the headers, and sometimes the length.
void mutate(Bytes& frame, std::mt19937_64& random)
{
    constexpr std::uint8_t kOdd[] = {0x00, 0x01, 0x7f, 0x80, 0xff, 0x16, 0x45, 0x60};
    const unsigned changes = 1 + random() % 6;
    for (unsigned i = 0; i < changes; ++i) {
        const std::size_t reach = random() % 4 ? std::min<std::size_t>(frame.size(), 120) : frame.size();
        auto& byte = frame[12 + random() % (reach - 12)];
        switch (random() % 4) {
        case 0:
            byte ^= static_cast<std::uint8_t>(1u << random() % 8);
            break;
        case 1:
            byte = kOdd[random() % std::size(kOdd)];
            break;
        case 2:
            byte = static_cast<std::uint8_t>(random());
            break;
        default:
            byte = static_cast<std::uint8_t>(byte + (random() % 2 ? 1 : -1));
        }
    }
    if (random() % 8 == 0)
        frame.resize(14 + random() % (frame.size() - 13));
    else if (random() % 32 == 0)
        frame.resize(frame.size() + random() % 64, static_cast<std::uint8_t>(random()));
}

void check_untouched(const Edge& edge)
{
    CHECK(edge.packets(kAddress) == 0);
    CHECK(edge.packets(kAddress6) == 0);
    CHECK(edge.packets(kName) == 0);
    CHECK(edge.total(INTERDICT_TOTAL_DROPPED) == 0);
    CHECK(edge.total(INTERDICT_TOTAL_RESET) == 0);
}

} // namespace

TEST_CASE("malformed: mutated harmless frames all pass and no rule counts")
{
    const std::uint64_t seed = number("INTERDICT_SEED", 20220711);
    const std::uint64_t frames = number("INTERDICT_FRAMES", 700'000);
    WARN("seed " << seed << ", " << frames << " frames");
    std::mt19937_64 random(seed);
    Edge edge(rules(), {.role = INTERDICT_ROLE_SUBSCRIBER | INTERDICT_ROLE_UPLINK,
                        .encapsulations = INTERDICT_ENCAP_ALL});
    const auto originals = samples("harmless.example", "198.51.100.1", "2001:db8:2::1");
    Bytes frame;
    for (std::uint64_t i = 0; i < frames; ++i) {
        frame = originals[random() % originals.size()];
        mutate(frame, random);
        const auto verdict = edge.run(frame);
        if (verdict != INTERDICT_VERDICT_PASS) {
            INFO("frame " << i);
            REQUIRE(verdict == INTERDICT_VERDICT_PASS);
        }
    }
    CHECK(edge.total(INTERDICT_TOTAL_PACKETS) == frames);
    check_untouched(edge);
}

TEST_CASE("malformed: random bytes behind a plausible beginning all pass and no rule counts")
{
    const std::uint64_t seed = number("INTERDICT_SEED", 20220711) + 1;
    const std::uint64_t frames = number("INTERDICT_FRAMES", 300'000);
    WARN("seed " << seed << ", " << frames << " frames");
    std::mt19937_64 random(seed);
    Edge edge(rules(), {.role = INTERDICT_ROLE_SUBSCRIBER | INTERDICT_ROLE_UPLINK,
                        .encapsulations = INTERDICT_ENCAP_ALL});
    const auto originals = samples("harmless.example", "198.51.100.1", "2001:db8:2::1");
    for (std::uint64_t i = 0; i < frames; ++i) {
        const Bytes& original = originals[random() % originals.size()];
        const std::size_t kept = random() % std::min<std::size_t>(original.size(), 90);
        Bytes frame(14 + random() % 300);
        for (auto& byte : frame)
            byte = static_cast<std::uint8_t>(random());
        for (std::size_t at = 0; at < std::min(kept, frame.size()); ++at)
            frame[at] = original[at];
        const auto verdict = edge.run(frame);
        if (verdict != INTERDICT_VERDICT_PASS) {
            INFO("frame " << i);
            REQUIRE(verdict == INTERDICT_VERDICT_PASS);
        }
    }
    check_untouched(edge);
}

TEST_CASE("malformed: mutated frames with blocked bytes get a verdict, and every refusal is counted once")
{
    const std::uint64_t seed = number("INTERDICT_SEED", 20220711) + 2;
    const std::uint64_t frames = number("INTERDICT_FRAMES", 200'000);
    WARN("seed " << seed << ", " << frames << " frames");
    std::mt19937_64 random(seed);
    Edge edge(rules(), {.encapsulations = INTERDICT_ENCAP_ALL});
    std::vector<Bytes> originals = samples(kName, "198.51.100.1", "2001:db8:2::1");
    const auto addressed =
        samples("harmless.example", "203.0.113.213", "2001:db8:a5a5:5a5a:c3c3:3c3c:9669:6996");
    originals.insert(originals.end(), addressed.begin(), addressed.end());
    std::uint64_t dropped = 0, reset = 0;
    Bytes frame;
    for (std::uint64_t i = 0; i < frames; ++i) {
        frame = originals[random() % originals.size()];
        mutate(frame, random);
        const auto verdict = edge.run(frame);
        dropped += verdict == INTERDICT_VERDICT_DROP;
        reset += verdict == INTERDICT_VERDICT_RESET;
        if (verdict > INTERDICT_VERDICT_RESET)
            FAIL("frame " << i << ": verdict " << verdict);
    }
    CHECK(dropped > frames / 20);
    CHECK(reset > frames / 100);
    CHECK(edge.total(INTERDICT_TOTAL_DROPPED) == dropped);
    CHECK(edge.total(INTERDICT_TOTAL_RESET) == reset);
    CHECK(edge.packets(kAddress) + edge.packets(kAddress6) + edge.packets(kName) == dropped + reset);
}
