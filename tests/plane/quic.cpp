// SPDX-License-Identifier: Apache-2.0
//
// QUIC hellos that are whole in one datagram: versions, headers, frames, encapsulations.
#include <catch2/catch_test_macros.hpp>

#include <functional>

#include "harness/quic_samples.h"
#include "quic.h"

using namespace interdict::harness;

namespace {

// A datagram of a new connection is refused if it names the blocked host, and passes if it names another.
void both(Edge& edge, const std::function<Bytes(const Bytes& hello)>& datagram)
{
    edge.expect(quic_client() / Payload(datagram(short_handshake())), refused());
    CHECK(edge.name() == kBlocked);
    edge.expect(quic_client() / Payload(datagram(short_handshake(kAllowed))), allowed());
    CHECK(edge.name() == kAllowed);
}

// The stream cut into frames of `size` bytes, last frame first, with `between` between them.
Bytes backwards(const Bytes& stream, std::size_t size, const Bytes& between)
{
    Bytes out;
    for (std::size_t at = (stream.size() - 1) / size * size;; at -= size) {
        out = joined({out, crypto_part(stream, at, std::min(size, stream.size() - at)), between});
        if (!at)
            return out;
    }
}

} // namespace

TEST_CASE("quic: the samples of RFC 9001 and RFC 9369")
{
    for (const auto& sample : quic_samples()) {
        INFO(sample.source);
        Edge edge(blocking({block_name("example.com")}));
        edge.expect(quic_client() / Payload(quic_sample_packet(sample)), refused("example.com"));
        CHECK(edge.name() == "example.com");
        edge.publish(blocking({block_name("example.org")}));
        edge.expect(quic_client() / Payload(quic_sample_packet(sample)), allowed());
        CHECK(edge.total(INTERDICT_TOTAL_FLOW_CREATED) == 0);
    }
}

TEST_CASE("quic: every version whose keys are known, on any port")
{
    Edge edge(blocked_orders());
    for (const std::uint32_t version : {kQuicV1, kQuicV2, kQuicDraft29, 0xff000020U, 0xff000021U, 0xff000022U,
                                        0xff000017U, 0xff00001cU, 0xfaceb002U, 0x709a50c4U}) {
        INFO("version " << std::hex << version);
        both(edge, [&](const Bytes& hello) {
            return protect({.frames = crypto_frame(0, hello), .version = version, .size = 1200});
        });
    }
    for (const std::uint16_t port : {1, 80, 8443, 50000}) {
        INFO("port " << port);
        edge.expect(Ethernet{} / IPv4{} / Udp{.source_port = 30001, .destination_port = port} /
                        Payload(one_initial()),
                    refused());
    }
}

TEST_CASE("quic: packet numbers of every length and size")
{
    Edge edge(blocked_orders());
    for (const auto& [number, length] : std::initializer_list<std::pair<std::uint32_t, std::size_t>>{
             {0, 1}, {1, 1}, {255, 1}, {1, 2}, {65535, 2}, {2, 3}, {0xabcdef, 3}, {2, 4}, {0xffffffff, 4}}) {
        INFO("number " << number << " in " << length << " bytes");
        both(edge, [&](const Bytes& hello) {
            return protect(
                {.frames = crypto_frame(0, hello), .number = number, .number_length = length, .size = 1200});
        });
    }
}

TEST_CASE("quic: connection ids of 0 to 20 bytes, tokens of 0 to 300")
{
    Edge edge(blocked_orders());
    for (const std::size_t size : {0, 1, 4, 8, 19, 20}) {
        INFO("ids of " << size << " bytes");
        both(edge, [&](const Bytes& hello) {
            return protect({.frames = crypto_frame(0, hello),
                            .dcid = Bytes(size, 0x3c),
                            .scid = Bytes(20 - size, 1),
                            .size = 1200});
        });
    }
    for (const std::size_t size : {1, 63, 64, 300}) {
        INFO("a token of " << size << " bytes");
        both(edge, [&](const Bytes& hello) {
            return protect({.frames = crypto_frame(0, hello), .token = Bytes(size, 0x40), .size = 1200});
        });
    }
}

TEST_CASE("quic: many CRYPTO frames in any order, PING and PADDING between them")
{
    Edge edge(blocked_orders());
    for (const std::size_t size : {1, 2, 7, 8, 9, 64, 100}) {
        INFO("frames of " << size << " bytes");
        // One byte a frame takes four on the wire: more than an ordinary datagram.
        both(edge, [&](const Bytes& hello) { return initial(backwards(hello, size, {})); });
        if (size > 2)
            both(edge, [&](const Bytes& hello) {
                return initial(
                    backwards(hello, size, joined({ping_frame(), padding_frames(3), ping_frame()})));
            });
    }
    both(edge, [](const Bytes& hello) {
        return initial(joined({padding_frames(700), crypto_frame(0, hello)}));
    });
    CHECK(edge.total(INTERDICT_TOTAL_FLOW_CREATED) == 0);
    CHECK(edge.total(INTERDICT_TOTAL_CONFLICT) == 0);
}

TEST_CASE("quic: ACK of both types and CONNECTION_CLOSE of both between the CRYPTO frames")
{
    Edge edge(blocked_orders());
    for (const auto& frame :
         {ack_frame(0, false), ack_frame(3, false), ack_frame(0, true), ack_frame(20, true),
          close_frame(false), close_frame(true), close_frame(false, std::string(100, 'x'))}) {
        INFO("frame " << to_hex(frame).substr(0, 20));
        both(edge, [&](const Bytes& hello) { return initial(joined({frame, crypto_frame(0, hello)})); });
        both(edge, [&](const Bytes& hello) { return initial(backwards(hello, 90, frame)); });
    }
}

TEST_CASE("quic: integers of eight bytes where one would do")
{
    Edge edge(blocked_orders());
    for (const std::size_t size : {2, 4, 8}) {
        INFO("integers of " << size << " bytes");
        both(edge, [&](const Bytes& hello) { return initial(crypto_frame(0, hello, size)); });
    }
}

TEST_CASE("quic: coalesced: 0-RTT and Handshake before the Initial, anything behind it")
{
    Edge edge(blocked_orders());
    const Bytes cid = quic_sample_cid();
    for (const auto& before :
         {Bytes{}, zero_rtt(cid), handshake_packet(cid), joined({zero_rtt(cid), zero_rtt(cid, 1)})})
        for (const auto& behind :
             {Bytes{}, zero_rtt(cid), Bytes{0x40, 1, 2, 3}, Bytes(200, 0), Bytes(50, 0xff)}) {
            INFO(before.size() << " bytes before, " << behind.size() << " behind");
            both(edge, [&](const Bytes& hello) {
                return joined({before, protect({.frames = crypto_frame(0, hello), .size = 700}), behind});
            });
        }
}

TEST_CASE("quic: coalesced: what is behind a Retry, a version negotiation or a short header is no packet")
{
    Edge edge(blocked_orders());
    const Bytes cid = quic_sample_cid();
    for (const auto& first :
         {retry_packet(cid, cid, Bytes(20, 1)), joined({hex("c00000000008"), cid, hex("0000000001")}),
          joined({hex("40"), Bytes(30, 2)})})
        edge.expect(quic_client() / Payload(joined({first, one_initial()})), passes());
    CHECK(edge.total(INTERDICT_TOTAL_QUIC_INITIAL) == 0);
}

TEST_CASE("quic: two Initials in one datagram, the hello in the second or in both")
{
    Edge edge(blocked_orders());
    const auto hello = short_handshake();
    const auto packet = [](const Bytes& frames, std::uint32_t number) {
        return protect({.frames = frames, .number = number, .size = 600});
    };
    const auto twice = drops(kBlocked)
                           .by(INTERDICT_CHANNEL_QUIC)
                           .counting(INTERDICT_TOTAL_QUIC_INITIAL)
                           .counting(INTERDICT_TOTAL_QUIC_INITIAL)
                           .counting(INTERDICT_TOTAL_QUIC_HELLO);
    edge.expect(quic_client() / Payload(joined({packet(ping_frame(), 0), packet(crypto_frame(0, hello), 1)})),
                twice);
    edge.expect(quic_client() / Payload(joined({packet(crypto_part(hello, 50, hello.size() - 50), 0),
                                                packet(crypto_part(hello, 0, 50), 1)})),
                twice);
}

TEST_CASE("quic: IPv6, VLAN tags, tunnels and fragments of IP")
{
    Edge edge(blocked_orders(), {.encapsulations = INTERDICT_ENCAP_ALL});
    // A connection of its own each time: what was refused is known by its ports.
    const auto udp = [] {
        static std::uint16_t port = 31000;
        return Udp{.source_port = ++port, .destination_port = 443} / Payload(one_initial());
    };
    edge.expect(Ethernet{} / IPv6{} / udp(), refused());
    edge.expect(Ethernet{} / Vlan{.id = 7} / IPv4{} / udp(), refused());
    edge.expect(Ethernet{} / Vlan{.id = 7, .tpid = 0x88a8} / Vlan{.id = 9} / IPv6{} / udp(), refused());
    edge.expect(Ethernet{} / PPPoE{} / IPv4{} / udp(), refused());
    edge.expect(Ethernet{} / Mpls{} / IPv6{} / udp(), refused());
    edge.expect(Ethernet{} / IPv4{} / Gre{} / IPv4{} / udp(), refused());
    edge.expect(Ethernet{} / IPv4{} / Udp{} / Gtpu{} / IPv4{} / udp(), refused());
    edge.expect_last(fragment(Ethernet{} / IPv4{.identification = 77} / udp(), {400, 400}), refused());
    edge.expect_last(fragment(Ethernet{} / IPv6{} / udp(), {800}), refused());
}

TEST_CASE("quic: exempt names pass, rules that observe count and pass")
{
    Edge edge(blocking({block_name(kBlocked)}, R"(, "exempt": [{"name": "free.blocked.example"}])"));
    edge.expect(quic_client() / Payload(one_initial("free.blocked.example")),
                passes_exempt().counting(INTERDICT_TOTAL_QUIC_HELLO));
    edge.expect(quic_client() / Payload(one_initial("www.blocked.example")), refused());
    Edge watch(blocked_orders(), {.observe = true});
    watch.expect(quic_client() / Payload(one_initial()),
                 observes(kBlocked).by(INTERDICT_CHANNEL_QUIC).counting(INTERDICT_TOTAL_QUIC_HELLO));
}

TEST_CASE("quic: a hello without a name, and one with an encrypted hello inside")
{
    Edge edge(blocked_orders());
    edge.expect(quic_client() / Payload(initial(crypto_frame(0, handshake({.names = {}})))),
                allowed().counting(INTERDICT_TOTAL_QUIC_NO_NAME));
    edge.expect(quic_client() / Payload(initial(crypto_frame(
                                    0, handshake({.names = {kAllowed}, .place = Place::Last, .ech = true})))),
                allowed().counting(INTERDICT_TOTAL_QUIC_ECH));
    edge.expect(quic_client() / Payload(initial(crypto_frame(
                                    0, handshake({.names = {kBlocked}, .place = Place::Last, .ech = true})))),
                refused().counting(INTERDICT_TOTAL_QUIC_ECH));
}

TEST_CASE("quic: a rule for TLS only does not touch QUIC")
{
    Edge edge(blocking({block_name(kBlocked)}, R"(, "means": ["tls"])"));
    edge.expect(quic_client() / Payload(one_initial()), passes());
    CHECK(edge.total(INTERDICT_TOTAL_QUIC_INITIAL) == 0);
}
