// SPDX-License-Identifier: Apache-2.0
//
// The QUIC reader by itself: the appendices of RFC 9001 and RFC 9369 from packet to name, headers, frames.
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <memory>

#include "harness/hello.h"
#include "harness/inspect.h"
#include "harness/quic_reader.h"
#include "harness/quic_samples.h"

using namespace interdict::harness;

namespace {

using Read = std::unique_ptr<reader_packet>;

Read read(const Bytes& datagram, interdict_flow* flow = nullptr, std::uint32_t from = 0,
          bool overwrite = false)
{
    auto out = std::make_unique<reader_packet>();
    reader_read(datagram.data(), datagram.size(), from, flow, overwrite, out.get());
    return out;
}

Bytes part(const Bytes& bytes, std::size_t from, std::size_t length)
{
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(from);
    return Bytes(begin, begin + static_cast<std::ptrdiff_t>(length));
}

// An Initial with just these frames.
Read frames(const Bytes& content, interdict_flow* flow = nullptr)
{
    return read(protect({.frames = joined({content, padding_frames(20)})}), flow);
}

Bytes stream(const interdict_flow& flow) { return Bytes(flow.bytes.data, flow.bytes.data + flow.ready); }

} // namespace

TEST_CASE("quic: the client Initials of RFC 9001 and RFC 9369, value by value")
{
    for (const auto& sample : quic_samples()) {
        INFO(sample.source);
        const Bytes packet = quic_sample_packet(sample);
        const auto out = read(packet);
        CHECK(out->type == READER_INITIAL);
        CHECK(out->version == sample.version);
        CHECK(part(packet, out->dcid, out->dcid_length) == quic_sample_cid());
        CHECK(out->token_length == 0);
        CHECK(out->number == 18);
        CHECK(out->end == 1200);
        CHECK(part(packet, out->number + 4, 16) == sample.sample);
        CHECK(Bytes(out->mask, out->mask + 5) == sample.mask);
        CHECK(out->opened == 0);
        CHECK(Bytes(out->header, out->header + 22) == sample.header);
        CHECK(out->payload == 22);
        CHECK(out->payload_end == 1184);
        CHECK(Bytes(out->plain, out->plain + 1162) == quic_sample_payload());
        CHECK(out->tag_right);
        CHECK(out->status == INSPECT_NAME);
        CHECK(out->name == position(joined({Bytes(22), quic_sample_frame()}), "example.com"));
        CHECK(out->name_length == 11);
        // 96 bytes of the hello are behind a frame header of 4: no more was decrypted.
        CHECK(out->blocks == 7);
        CHECK_FALSE(out->bad);
    }
}

TEST_CASE("quic: a tag is wrong if any byte of the packet is")
{
    const Bytes packet = protect({.frames = crypto_frame(0, handshake({.names = {"a.example"}})),
                                  .token = Bytes(9, 1),
                                  .number_length = 3});
    CHECK(read(packet)->tag_right);
    for (std::size_t i = 1; i < packet.size(); ++i) {
        Bytes wrong = packet;
        wrong[i] ^= 4;
        const auto out = read(wrong);
        INFO("byte " << i);
        CHECK_FALSE((out->opened == 0 && out->tag_right));
    }
    // Every length around the ends of blocks.
    for (std::size_t size = 1; size < 40; ++size)
        CHECK(read(protect({.frames = padding_frames(size + 4), .token = Bytes(size, 1)}))->tag_right);
}

TEST_CASE("quic: packet types of both versions")
{
    const Bytes cid = quic_sample_cid();
    CHECK(read(zero_rtt(cid))->type == READER_ZERO_RTT);
    CHECK(read(handshake_packet(cid))->type == READER_HANDSHAKE);
    CHECK(read(retry_packet(cid, cid, Bytes(10, 1)))->type == READER_NONE);
    // In version 2 the same bits mean other types (RFC 9369 section 3.2).
    const std::pair<int, reader_type> second[] = {
        {0xd0, READER_INITIAL}, {0xe0, READER_ZERO_RTT}, {0xf0, READER_HANDSHAKE}, {0xc0, READER_NONE}};
    for (const auto& [first, type] : second) {
        Bytes packet = protect({.frames = padding_frames(50), .version = kQuicV2});
        packet[0] = static_cast<std::uint8_t>(first | (packet[0] & 0x0f));
        CHECK(read(packet)->type == type);
    }
    CHECK(read(hex("4000000001"))->type == READER_NONE);
    CHECK(read(hex("c00000000008"))->type == READER_BAD);
    CHECK(read(joined({hex("c000000000"), Bytes(30, 8)}))->type == READER_NONE);
    CHECK(read(joined({hex("c000000002"), Bytes(30, 8)}))->type == READER_UNKNOWN);
}

TEST_CASE("quic: a packet behind others is found by their lengths")
{
    const Bytes cid = quic_sample_cid();
    const Bytes before = zero_rtt(cid, 300);
    const Bytes packet = protect({.frames = crypto_frame(0, handshake({.names = {"a.example"}}))});
    const Bytes datagram = joined({before, packet, Bytes(40, 0)});
    CHECK(read(datagram)->end == before.size());
    const auto out = read(datagram, nullptr, static_cast<std::uint32_t>(before.size()));
    CHECK(out->opened == 0);
    CHECK(out->end == before.size() + packet.size());
    CHECK(out->status == INSPECT_NAME);
    CHECK(read(datagram, nullptr, out->end)->type == READER_NONE);
}

TEST_CASE("quic: CRYPTO frames in any order make the stream they were cut from")
{
    const Bytes hello = handshake({.names = {"a.example"}, .key_share = 300});
    for (const std::size_t size : {1, 3, 8, 13, 64, 200}) {
        INFO("pieces of " << size << " bytes");
        const auto flow = std::make_unique<interdict_flow>();
        Bytes content;
        const std::size_t pieces = (hello.size() + size - 1) / size;
        for (std::size_t i = 0; i < pieces; ++i) {
            // 7 shares no factor with any of the numbers of pieces here, nearly enough to be a shuffle.
            const std::size_t at = (i * 7 % pieces) * size;
            content = joined({content, crypto_part(hello, at, std::min(size, hello.size() - at))});
        }
        if (pieces % 7 == 0)
            continue;
        const auto out = frames(content, flow.get());
        CHECK(out->crypto == pieces);
        CHECK_FALSE(out->differs);
        CHECK(flow->end == hello.size());
        CHECK(to_hex(stream(*flow)) == to_hex(hello));
    }
}

TEST_CASE("quic: of bytes that come twice the first hold, or the later ones where that is asked for")
{
    for (const bool later : {false, true}) {
        const auto flow = std::make_unique<interdict_flow>();
        const Bytes content = joined(
            {crypto_frame(0, hex("01020304050607080910")), crypto_frame(4, hex("05ff07080910111213"))});
        const auto out = read(protect({.frames = content}), flow.get(), 0, later);
        CHECK(out->differs);
        CHECK(to_hex(stream(*flow)) == (later ? "0102030405ff07080910111213" : "01020304050607080910111213"));
    }
}

TEST_CASE("quic: every other frame of an Initial is passed over")
{
    for (const auto& content :
         {ping_frame(), ack_frame(0, false), ack_frame(5, false), ack_frame(63, true), close_frame(false),
          close_frame(true, ""), padding_frames(500), crypto_frame(1 << 20, Bytes(30, 1), 8)}) {
        INFO(to_hex(content).substr(0, 20));
        const auto flow = std::make_unique<interdict_flow>();
        const auto out = frames(joined({content, crypto_frame(0, hex("0102"))}), flow.get());
        CHECK_FALSE(out->bad);
        CHECK(out->crypto == 1);
        CHECK(flow->ready == 2);
        CHECK(out->beyond == (content[0] == 6));
    }
}

TEST_CASE("quic: frames that are cut short, and types that no Initial has, are bad")
{
    for (const auto& content :
         {hex("0600"), hex("060005"), hex("0600050102"), hex("06ffffffffffffffffffffffffffffffff"), hex("02"),
          hex("02000005"), hex("03000000000001"), hex("1c00"), hex("1c000005aa"), hex("1d0009"), hex("04"),
          hex("08"), hex("1a"), hex("1e"), hex("40")}) {
        INFO(to_hex(content));
        CHECK(read(protect({.frames = joined({padding_frames(20), content})}))->bad);
    }
}
