// SPDX-License-Identifier: Apache-2.0
//
// QUIC hellos over several Initials, and what a connection does before and after the verdict: connection ids
// that change, Retry, retransmissions, decoys.
#include <catch2/catch_test_macros.hpp>

#include "maps/flows.h"
#include "quic.h"

using namespace interdict::harness;

namespace {

const Bytes kCid = hex("8394c8f03e515708");
const Bytes kOtherCid = hex("0102030405060708");

// The frames of a part of the hello, as one Initial.
Bytes part(const Bytes& hello, std::size_t from, std::size_t to, std::uint32_t number = 0)
{
    return initial(crypto_part(hello, from, to - from), number);
}

Expectation refused_split() { return refused().counting(INTERDICT_TOTAL_QUIC_SPLIT); }

Expectation allowed_split() { return allowed().counting(INTERDICT_TOTAL_QUIC_SPLIT); }

// The sequence of one connection: datagrams, and what becomes of each.
void sequence(Edge& edge, const Packet& client,
              std::initializer_list<std::pair<Bytes, Expectation>> datagrams)
{
    std::size_t i = 0;
    for (const auto& [datagram, expectation] : datagrams) {
        INFO("datagram " << ++i);
        edge.expect(client / Payload(datagram), expectation);
    }
}

} // namespace

TEST_CASE("quic_split: two Initials in both orders, cut anywhere")
{
    Edge edge(blocked_orders());
    for (const auto& [name, last] :
         {std::pair{kBlocked, refused_split()}, std::pair{kAllowed, allowed_split()}}) {
        const Bytes hello = long_handshake(name);
        for (const std::size_t cut :
             {std::size_t{580}, std::size_t{700}, position(hello, name) + 3, std::size_t{1100}}) {
            INFO(name << " cut at " << cut << " of " << hello.size());
            const Bytes first = part(hello, 0, cut), second = part(hello, cut, hello.size(), 1);
            sequence(edge, quic_client(), {{first, undecided()}, {second, last}});
            sequence(edge, quic_client(), {{second, undecided()}, {first, last}});
        }
    }
    CHECK(edge.total(INTERDICT_TOTAL_CONFLICT) == 0);
}

TEST_CASE("quic_split: pieces of a few bytes spread over both Initials")
{
    Edge edge(blocked_orders());
    const Bytes hello = long_handshake();
    for (const std::size_t size : {5, 12, 64}) {
        INFO("pieces of " << size << " bytes");
        Bytes frames[2];
        for (std::size_t at = 0, i = 0; at < hello.size(); at += size, ++i)
            frames[i % 2] = joined(
                {frames[i % 2], crypto_part(hello, at, std::min(size, hello.size() - at)), ping_frame()});
        sequence(edge, quic_client(),
                 {{initial(frames[0]), undecided()}, {initial(frames[1], 1), refused_split()}});
    }
}

TEST_CASE("quic_split: a name in the first Initial is judged before the second comes")
{
    Edge edge(blocked_orders());
    const Bytes hello = handshake({.names = {kBlocked}, .place = Place::First, .key_share = 1216});
    sequence(edge, quic_client(),
             {{part(hello, 0, 1000), refused()}, {part(hello, 1000, hello.size(), 1), refused_again()}});
    CHECK(edge.total(INTERDICT_TOTAL_FLOW_CREATED) == 0);
}

TEST_CASE("quic_split: Initials that bring nothing new make nothing forgotten")
{
    Edge edge(blocked_orders());
    const Bytes hello = long_handshake();
    const Bytes first = part(hello, 0, 700);
    sequence(edge, quic_client(),
             {{first, undecided()},
              {initial(ping_frame(), 1), undecided()},
              {first, undecided()},
              {initial(ack_frame(2, false), 2), undecided()},
              {initial(close_frame(false), 3), undecided()},
              {zero_rtt(kCid), passes()},
              {part(hello, 700, hello.size(), 4), refused_split()}});
    CHECK(edge.total(INTERDICT_TOTAL_CONFLICT) == 0);
}

TEST_CASE("quic_split: a PING before the hello keeps the keys for an Initial with the server's id")
{
    Edge edge(blocked_orders());
    const Bytes hello = short_handshake();
    sequence(edge, quic_client(),
             {{initial(ping_frame()), undecided()},
              {protect({.frames = crypto_frame(0, hello),
                        .dcid = kOtherCid,
                        .keys_of = kCid,
                        .number = 1,
                        .size = 1200}),
               refused_split()}});
}

TEST_CASE("quic_split: the server's connection id in the second Initial, under the keys of the first")
{
    Edge edge(blocked_orders());
    const Bytes hello = long_handshake();
    for (const Bytes& cid : {kOtherCid, Bytes{}, Bytes(20, 9)}) {
        INFO("an id of " << cid.size() << " bytes");
        sequence(edge, quic_client(),
                 {{part(hello, 0, 900), undecided()},
                  {protect({.frames = crypto_part(hello, 900, hello.size() - 900),
                            .dcid = cid,
                            .keys_of = kCid,
                            .number = 1,
                            .size = 1200}),
                   refused_split()}});
    }
    // A token of an earlier visit is in every Initial and means no Retry.
    const Bytes token(40, 7);
    sequence(edge, quic_client(),
             {{protect({.frames = crypto_part(hello, 0, 900), .token = token, .size = 1200}), undecided()},
              {protect({.frames = crypto_part(hello, 900, hello.size() - 900),
                        .dcid = kOtherCid,
                        .keys_of = kCid,
                        .token = token,
                        .number = 1,
                        .size = 1200}),
               refused_split()}});
}

TEST_CASE("quic_split: after a Retry the keys are those of the new id and the stream starts again")
{
    Edge edge(blocked_orders());
    const Bytes hello = long_handshake(), other = long_handshake(kAllowed), token(60, 0x11);
    const auto again = [&](const Bytes& stream, std::size_t from, std::size_t to, std::uint32_t number) {
        return protect({.frames = crypto_part(stream, from, to - from),
                        .dcid = kOtherCid,
                        .token = token,
                        .number = number,
                        .size = 1200});
    };
    sequence(edge, quic_client(),
             {{part(hello, 0, 900), undecided()},
              {again(hello, 0, 900, 1), undecided()},
              {again(hello, 900, hello.size(), 2), refused_split()}});
    // Nothing of the first flight is left: the other name's stream is whole by itself.
    sequence(edge, quic_client(),
             {{part(hello, 700, hello.size()), undecided()},
              {again(other, 0, 700, 1), undecided()},
              {again(other, 700, other.size(), 2), allowed_split()}});
    CHECK(edge.total(INTERDICT_TOTAL_CONFLICT) == 0);
    // A refused connection that is sent away with a Retry is read again, by the new id's keys.
    const Packet client = quic_client();
    sequence(edge, client,
             {{part(hello, 0, 900), undecided()},
              {part(hello, 900, hello.size(), 1), refused_split()},
              {again(hello, 0, 900, 2), undecided()},
              {again(hello, 900, hello.size(), 3), refused_split()}});
}

TEST_CASE("quic_split: another connection between the same ports is judged by its own hello")
{
    Edge edge(blocked_orders());
    const Bytes hello = long_handshake();
    const Bytes second =
        protect({.frames = crypto_frame(0, short_handshake(kAllowed)), .dcid = kOtherCid, .size = 1200});
    sequence(edge, quic_client(),
             {{part(hello, 0, 900), undecided()},
              {second, allowed()},
              {part(hello, 900, hello.size(), 1), refused_split()}});
    sequence(edge, quic_client(),
             {{one_initial(), refused()}, {second, allowed()}, {one_initial(), refused_again()}});
}

TEST_CASE("quic_split: an allowed connection between the ports of a refused one goes on")
{
    Edge edge(blocked_orders());
    const Packet client = quic_client();
    const Bytes theirs = hex("a1a2a3a4a5");
    const auto later = [&](const Bytes& keys_of, std::uint32_t number) {
        return protect({.frames = ack_frame(0, false),
                        .dcid = theirs,
                        .keys_of = keys_of,
                        .number = number,
                        .size = 1200});
    };
    sequence(
        edge, client,
        {{one_initial(), refused()},
         {protect({.frames = crypto_frame(0, short_handshake(kAllowed)), .dcid = kOtherCid, .size = 1200}),
          allowed()},
         {later(kOtherCid, 1), undecided()},
         {one_initial(), refused_again()},
         {later(kCid, 2), refused_again()},
         {handshake_packet(theirs), passes()}});
    CHECK(edge.total(INTERDICT_TOTAL_FLOW_FINISHED) == 1);
    CHECK(edge.total(INTERDICT_TOTAL_QUIC_HELLO) == 2);
}

TEST_CASE("quic_split: what a refused client sends again is refused, cut as it likes")
{
    Edge edge(blocked_orders());
    const Bytes hello = long_handshake();
    const Packet client = quic_client();
    sequence(edge, client,
             {{part(hello, 0, 900), undecided()},
              {part(hello, 900, hello.size(), 1), refused_split()},
              {part(hello, 900, hello.size(), 2), refused_again()},
              {part(hello, 0, 400, 3), refused_again()},
              {initial(ping_frame(), 4), refused_again()},
              // The server has seen the first half and chose an id.
              {protect({.frames = crypto_part(hello, 900, hello.size() - 900),
                        .dcid = kOtherCid,
                        .keys_of = kCid,
                        .number = 5,
                        .size = 1200}),
               refused_again()}});
    CHECK(edge.total(INTERDICT_TOTAL_SKIP_QUIC) == 0);
    CHECK(edge.total(INTERDICT_TOTAL_FLOW_FINISHED) == 1);
}

TEST_CASE("quic_split: the server's connection id is never taken for one of other keys, whatever it is")
{
    // Under a wrong key one packet in some hundreds begins like a right one.
    constexpr unsigned kIds = 4000;
    const Bytes hello = long_handshake();
    const auto again = [&](const Bytes& stream, unsigned id) {
        return protect(
            {.frames = crypto_part(stream, 900, stream.size() - 900),
             .dcid = {static_cast<std::uint8_t>(id >> 8), static_cast<std::uint8_t>(id), 0x5a, 0xa5},
             .keys_of = kCid,
             .number = 2,
             .size = 1200});
    };
    Edge edge(blocked_orders());
    const Packet client = quic_client();
    sequence(edge, client,
             {{part(hello, 0, 900), undecided()}, {part(hello, 900, hello.size(), 1), refused_split()}});
    for (unsigned id = 0; id < kIds; ++id) {
        INFO("connection id " << id);
        sequence(edge, client, {{again(hello, id), refused_again()}});
    }
    CHECK(edge.total(INTERDICT_TOTAL_SKIP_QUIC) == 0);
}

TEST_CASE("quic_split: a lifted order lets the refused connection's next Initial through")
{
    Edge edge(blocked_orders());
    const Packet client = quic_client();
    sequence(edge, client, {{one_initial(), refused()}, {one_initial(), refused_again()}});
    edge.publish(blocking({block_name("elsewhere.example")}));
    sequence(edge, client, {{one_initial(), allowed()}, {one_initial(), allowed()}});
}

TEST_CASE("quic_split: a Handshake packet of the client ends what is kept of a hello that passed")
{
    Edge edge(blocked_orders());
    const Bytes hello = long_handshake(kAllowed);
    const Packet client = quic_client();
    sequence(edge, client, {{part(hello, 0, 900), undecided()}, {handshake_packet(kOtherCid), passes()}});
    CHECK(edge.total(INTERDICT_TOTAL_FLOW_FINISHED) == 0);
    sequence(edge, client, {{part(hello, 900, hello.size(), 1), allowed_split()}});
    CHECK(edge.total(INTERDICT_TOTAL_FLOW_FINISHED) == 0);
    sequence(edge, client,
             {{joined({protect({.frames = ack_frame(0, false),
                                .dcid = kOtherCid,
                                .keys_of = kCid,
                                .number = 2,
                                .size = 100}),
                       handshake_packet(kOtherCid)}),
               undecided()}});
    CHECK(edge.total(INTERDICT_TOTAL_FLOW_FINISHED) == 1);
    CHECK(edge.total(INTERDICT_TOTAL_QUIC_HELLO) == 1);
}

TEST_CASE("quic_split: decoys: a permitted hello in one Initial, before, between and under another id")
{
    Edge edge(blocked_orders());
    const Bytes hello = long_handshake();
    const Bytes first = part(hello, 0, 700), second = part(hello, 700, hello.size(), 1);
    const Bytes decoy = one_initial(kAllowed);
    const Bytes foreign =
        protect({.frames = crypto_frame(0, short_handshake(kAllowed)), .dcid = kOtherCid, .size = 1200});
    sequence(edge, quic_client(), {{decoy, allowed()}, {one_initial(), refused()}});
    sequence(edge, quic_client(), {{decoy, allowed()}, {first, undecided()}, {second, refused_split()}});
    sequence(edge, quic_client(), {{first, undecided()}, {foreign, allowed()}, {second, refused_split()}});
}

TEST_CASE(
    "quic_split: overlap that differs: either reading is refused, and the contradiction is counted once")
{
    Edge edge(blocked_orders());
    const Bytes real = long_handshake(), decoy = long_handshake(kAllowed);
    REQUIRE(real.size() == decoy.size());
    const std::size_t end = real.size();
    for (const bool first_half : {true, false}) {
        // The decoy of one half before or after the real one, in each half of the hello.
        const Bytes other =
            first_half
                ? handshake({.names = {kBlocked}, .place = Place::Last, .session_id = 32, .key_share = 1216})
                : decoy;
        for (const bool before : {true, false}) {
            INFO((first_half ? "first" : "second") << " half, decoy " << (before ? "before" : "after"));
            Bytes wrong = other;
            if (first_half)
                wrong[2] ^= 0x10; // the message's length
            const Bytes a = part(real, 0, 700), b = part(real, 700, end, 1);
            const Bytes a2 = part(wrong, 0, 700), b2 = part(wrong, 700, end, 1);
            const Packet client = quic_client();
            const auto conflicts = edge.total(INTERDICT_TOTAL_CONFLICT);
            const auto hits = edge.packets(kBlocked);
            std::vector<Bytes> order;
            if (first_half)
                order = before ? std::vector{a2, a, b} : std::vector{a, a2, b};
            else
                order = before ? std::vector{a, b2, b} : std::vector{a, b, b2};
            for (const auto& datagram : order)
                edge.run(client / Payload(datagram));
            CHECK(edge.packets(kBlocked) > hits);
            CHECK(edge.total(INTERDICT_TOTAL_CONFLICT) - conflicts == (!first_half && !before ? 0 : 1));
        }
    }
}

TEST_CASE("quic_split: an innocent connection with contradicting bytes of its own is not refused")
{
    Edge edge(blocked_orders());
    const Bytes one = long_handshake(kAllowed), two = long_handshake("another.example");
    REQUIRE(one.size() == two.size());
    const Packet client = quic_client();
    for (const auto& datagram :
         {part(one, 0, 700), part(two, 0, 700), part(one, 700, one.size()), part(two, 700, two.size())})
        CHECK(edge.run(client / Payload(datagram)) == INTERDICT_VERDICT_PASS);
    CHECK(edge.total(INTERDICT_TOTAL_CONFLICT) == 1);
}

TEST_CASE("quic_split: pieces of an undecided hello are counted and given up after a while")
{
    Edge edge(blocked_orders());
    const Packet client = quic_client();
    for (std::uint32_t i = 0; i < INTERDICT_FLOW_PACKETS_MAX; ++i)
        edge.run(client / Payload(protect({.frames = joined({ping_frame(), padding_frames(10)}),
                                           .number = i,
                                           .number_length = 4})));
    CHECK(edge.total(INTERDICT_TOTAL_SKIP_PIECES) == 0);
    edge.expect(client / Payload(initial(ping_frame())), passes_because(INTERDICT_TOTAL_SKIP_PIECES));
    CHECK(edge.total(INTERDICT_TOTAL_FLOW_FINISHED) == 1);
}
