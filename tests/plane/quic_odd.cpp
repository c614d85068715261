// SPDX-License-Identifier: Apache-2.0
//
// What is not a good Initial, and what costs too much: it passes and is counted by reason.
#include <catch2/catch_test_macros.hpp>

#include "maps/flows.h"
#include "quic.h"

using namespace interdict::harness;

namespace {

const Expectation kMalformed = passes_because(INTERDICT_TOTAL_SKIP_QUIC);

Bytes cut(const Bytes& bytes, std::size_t length)
{
    return Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
}

// Everything up to the tokens of an Initial of version 1.
Bytes head(std::size_t dcid, std::size_t scid)
{
    Bytes out = hex("c000000001");
    out.push_back(static_cast<std::uint8_t>(dcid));
    out.resize(out.size() + dcid, 1);
    out.push_back(static_cast<std::uint8_t>(scid));
    out.resize(out.size() + scid, 2);
    return out;
}

} // namespace

TEST_CASE("quic_odd: cut off at every byte, only the whole Initial is refused")
{
    Edge edge(blocked_orders());
    const Bytes whole =
        protect({.frames = crypto_frame(0, short_handshake()), .scid = Bytes(5, 1), .token = Bytes(70, 2)});
    for (std::size_t length = 1; length < whole.size(); ++length) {
        INFO(length << " bytes of " << whole.size());
        edge.expect(quic_client() / Payload(cut(whole, length)), kMalformed);
    }
    edge.expect(quic_client() / Payload(whole), refused());
    CHECK(edge.total(INTERDICT_TOTAL_QUIC_INITIAL) == 1);
}

TEST_CASE("quic_odd: lengths that reach beyond the datagram, ids of 21 bytes")
{
    Edge edge(blocked_orders());
    const Bytes rest(300, 3);
    for (const auto& datagram :
         {joined({head(21, 0), {0}, varint(200, 2), rest}), joined({head(0, 21), {0}, varint(200, 2), rest}),
          joined({head(8, 8), varint(400), varint(200, 2), rest}),
          joined({head(8, 8), varint(1ULL << 61), varint(200, 2), rest}),
          joined({head(8, 8), {0}, varint(301), rest}), joined({head(8, 8), {0}, varint(1ULL << 61), rest}),
          joined({head(8, 8), {0}, varint(19), rest}), joined({head(8, 8), {0}, varint(0), rest}),
          head(255, 0)})
        edge.expect(quic_client() / Payload(datagram), kMalformed);
    CHECK(edge.total(INTERDICT_TOTAL_QUIC_INITIAL) == 0);
}

TEST_CASE("quic_odd: keys of another connection id, and reserved bits that are not zero")
{
    Edge edge(blocked_orders());
    const Bytes frames = crypto_frame(0, short_handshake());
    edge.expect(
        quic_client() /
            Payload(protect({.frames = frames, .keys_of = hex("00112233445566778899"), .size = 1200})),
        kMalformed);
    for (const std::uint8_t bits : {1, 2, 3})
        edge.expect(quic_client() / Payload(protect({.frames = frames, .size = 1200, .reserved = bits})),
                    kMalformed);
    CHECK(edge.total(INTERDICT_TOTAL_FLOW_CREATED) == 0);
}

TEST_CASE("quic_odd: a wrong tag: no server takes the Initial, so its name is not acted on")
{
    Edge edge(blocked_orders());
    Bytes wrong = one_initial();
    wrong.back() ^= 1;
    const Packet client = quic_client();
    edge.expect(client / Payload(wrong), kMalformed.counting(INTERDICT_TOTAL_QUIC_INITIAL));
    edge.expect(client / Payload(one_initial()), refused());
    Bytes header = one_initial();
    header[13] ^= 1; // the last byte of the connection id
    edge.expect(quic_client() / Payload(header), kMalformed);
    CHECK(edge.total(INTERDICT_TOTAL_FLOW_CREATED) == 0);
    // In the second half of a hello; the right one is still refused afterwards.
    const Bytes hello = long_handshake();
    const Bytes first = initial(crypto_part(hello, 0, 700));
    const Bytes second = initial(crypto_part(hello, 700, hello.size() - 700), 1);
    wrong = second;
    wrong[wrong.size() - 16] ^= 0x80;
    const Packet other = quic_client();
    edge.expect(other / Payload(first), undecided());
    edge.expect(other / Payload(wrong), kMalformed.counting(INTERDICT_TOTAL_QUIC_INITIAL));
    edge.expect(other / Payload(second), refused().counting(INTERDICT_TOTAL_QUIC_SPLIT));
}

TEST_CASE("quic_odd: later Initials of a connection that was judged are no malformed ones")
{
    Edge edge(blocked_orders());
    const Bytes acknowledgement = protect({.frames = ack_frame(0, false),
                                           .dcid = hex("0102030405060708"),
                                           .keys_of = hex("8394c8f03e515708"),
                                           .number = 2,
                                           .size = 1200});
    const Packet client = quic_client();
    edge.expect(client / Payload(one_initial(kAllowed)), allowed());
    edge.expect(client / Payload(acknowledgement), passes());
    edge.expect(quic_client() / Payload(acknowledgement), kMalformed);
}

TEST_CASE("quic_odd: frames that no Initial has, and frames that are cut short")
{
    Edge edge(blocked_orders());
    for (const auto& first :
         {hex("04"), hex("05"), hex("07"), hex("08"), hex("1b"), hex("1e"), hex("30"), hex("ff")}) {
        INFO("frame type " << to_hex(first));
        edge.expect(quic_client() / Payload(initial(joined({first, crypto_frame(0, short_handshake())}))),
                    kMalformed);
        edge.expect(quic_client() /
                        Payload(initial(joined({ping_frame(), first, crypto_frame(0, short_handshake())}))),
                    kMalformed.counting(INTERDICT_TOTAL_QUIC_INITIAL));
    }
    for (const auto& frames : {hex("060044ff"), hex("06c00000"), hex("02"), hex("0200"), hex("020000ff"),
                               hex("1c0000ff"), hex("1d40"), joined({{0x02, 0, 0}, varint(5000), {0}})}) {
        INFO("frames " << to_hex(frames));
        edge.expect(quic_client() / Payload(protect({.frames = joined({padding_frames(20), frames})})),
                    kMalformed.counting(INTERDICT_TOTAL_QUIC_INITIAL));
    }
    CHECK(edge.total(INTERDICT_TOTAL_FLOW_CREATED) == 0);
}

TEST_CASE("quic_odd: CRYPTO bytes that are no ClientHello, or one whose lengths contradict each other")
{
    Edge edge(blocked_orders());
    for (const auto fault :
         {Fault::NotClientHello, Fault::SessionIdLong, Fault::ExtensionsLong, Fault::NameLong}) {
        INFO("fault " << static_cast<int>(fault));
        edge.expect(quic_client() /
                        Payload(initial(crypto_frame(0, handshake({.names = {kBlocked}, .fault = fault})))),
                    passes_because(INTERDICT_TOTAL_SKIP_MALFORMED).counting(INTERDICT_TOTAL_QUIC_INITIAL));
    }
    edge.expect(quic_client() / Payload(one_initial("not a host name")),
                passes_because(INTERDICT_TOTAL_SKIP_NAME).counting(INTERDICT_TOTAL_QUIC_HELLO));
}

TEST_CASE("quic_odd: versions that are not known pass and are counted; negotiation is not")
{
    Edge edge(blocked_orders());
    for (const std::uint32_t version :
         {2U, 0x0a1a2a3aU, 0xff000016U, 0xff000023U, 0x51303433U, 0x6b3343ceU, 0xffffffffU}) {
        INFO("version " << std::hex << version);
        Bytes datagram = one_initial();
        for (int i = 0; i < 4; ++i)
            datagram[static_cast<std::size_t>(1 + i)] = static_cast<std::uint8_t>(version >> (24 - 8 * i));
        edge.expect(quic_client() / Payload(datagram), passes_because(INTERDICT_TOTAL_SKIP_QUIC_VERSION));
    }
    edge.expect(quic_client() /
                    Payload(joined({hex("c000000000 0841414141414141410842424242424242426b3343cf00000001")})),
                passes());
}

TEST_CASE("quic_odd: no decryption left: Initials pass, counted, and refused connections stay refused")
{
    Edge edge(blocked_orders(), {.fresh = true});
    const Packet client = quic_client();
    edge.expect(client / Payload(one_initial()), refused());
    edge.set_quic_budget(0);
    for (int i = 0; i < 3; ++i)
        edge.expect(quic_client() / Payload(one_initial()), passes_because(INTERDICT_TOTAL_SKIP_QUIC_BUDGET));
    edge.expect(client / Payload(one_initial()), refused_again());
    edge.set_quic_budget(100);
    edge.expect(quic_client() / Payload(one_initial()), refused());
}

TEST_CASE("quic_odd: a budget of 10 lets 10 through and not 21, if a second ends between them")
{
    Edge edge(blocked_orders(), {.fresh = true});
    edge.set_quic_budget(10);
    unsigned dropped = 0;
    for (int i = 0; i < 200; ++i)
        dropped += edge.run(quic_client() / Payload(one_initial())) == INTERDICT_VERDICT_DROP;
    CHECK(dropped >= 10);
    CHECK(dropped + edge.total(INTERDICT_TOTAL_SKIP_QUIC_BUDGET) == 200);
}

TEST_CASE("quic_odd: an offset behind the buffer keeps nothing")
{
    Edge edge(blocked_orders());
    const Bytes data(100, 1);
    for (const std::uint64_t offset : {std::uint64_t{INTERDICT_STREAM_MAX}, std::uint64_t{5000},
                                       std::uint64_t{0xffffffff}, (std::uint64_t{1} << 62) - 1}) {
        INFO("offset " << offset);
        edge.expect(quic_client() / Payload(initial(crypto_frame(offset, data))),
                    passes_because(INTERDICT_TOTAL_SKIP_LONG).counting(INTERDICT_TOTAL_QUIC_INITIAL));
    }
    CHECK(edge.total(INTERDICT_TOTAL_FLOW_CREATED) == 0);
    // The buffer's last byte, and one more that does not fit.
    const Packet client = quic_client();
    edge.expect(client / Payload(initial(crypto_frame(INTERDICT_STREAM_MAX - 1, {7, 7}))), undecided());
    edge.expect(client / Payload(initial(
                             joined({crypto_frame(1 << 20, data), crypto_frame(0, short_handshake())}), 1)),
                refused());
}

TEST_CASE("quic_odd: a hello longer than the buffer is read as far as it goes")
{
    for (const auto place : {Place::First, Place::Last}) {
        Edge edge(blocked_orders());
        const Bytes hello = handshake({.names = {kBlocked}, .place = place, .key_share = 5000});
        const bool inside = position(hello, kBlocked) < INTERDICT_STREAM_MAX;
        CHECK(inside == (place == Place::First));
        const Packet client = quic_client();
        for (std::size_t at = 0; at < hello.size(); at += 1000)
            edge.run(client /
                     Payload(initial(crypto_part(hello, at, std::min<std::size_t>(1000, hello.size() - at)),
                                     static_cast<std::uint32_t>(at / 1000))));
        CHECK((edge.packets(kBlocked) > 0) == inside);
        CHECK((edge.total(INTERDICT_TOTAL_SKIP_LONG) > 0) == !inside);
    }
}
