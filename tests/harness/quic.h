// SPDX-License-Identifier: Apache-2.0
//
// quic.h: protected client Initials for tests (RFC 9000, RFC 9001, RFC 9369), by way of OpenSSL: nothing here
// is shared with the code under test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "harness/packet.h"

namespace interdict::harness {

inline constexpr std::uint32_t kQuicV1 = 0x00000001;
inline constexpr std::uint32_t kQuicV2 = 0x6b3343cf;
inline constexpr std::uint32_t kQuicDraft29 = 0xff00001d;

// From hexadecimal digits; white space is ignored.
[[nodiscard]] Bytes hex(std::string_view digits);
[[nodiscard]] std::string to_hex(const Bytes& bytes);

[[nodiscard]] Bytes joined(std::initializer_list<Bytes> parts);

// RFC 9000 section 16. size: 1, 2, 4 or 8 bytes, 0 = the fewest.
[[nodiscard]] Bytes varint(std::uint64_t value, std::size_t size = 0);

// RFC 9001 section 5.2.
struct InitialKeys {
    Bytes initial_secret;
    Bytes client_secret;
    Bytes key;
    Bytes iv;
    Bytes header_key;
};

// Throws std::invalid_argument for a version that is not known.
[[nodiscard]] InitialKeys initial_keys(std::uint32_t version, const Bytes& cid);

// Frames, RFC 9000 section 19. size: bytes of each integer.
[[nodiscard]] Bytes padding_frames(std::size_t count);
[[nodiscard]] Bytes ping_frame();
[[nodiscard]] Bytes ack_frame(std::size_t ranges, bool ecn);
[[nodiscard]] Bytes crypto_frame(std::uint64_t offset, const Bytes& data, std::size_t size = 0);
[[nodiscard]] Bytes crypto_part(const Bytes& stream, std::size_t offset, std::size_t length);
[[nodiscard]] Bytes close_frame(bool application, const std::string& reason = "no");

struct Initial {
    Bytes frames;
    std::uint32_t version = kQuicV1;
    Bytes dcid = hex("8394c8f03e515708");
    std::optional<Bytes> keys_of{}; // the DCID whose keys protect it, if that is another
    Bytes scid{};
    Bytes token{};
    std::uint32_t number = 0;
    std::size_t number_length = 1;         // 1 to 4
    std::size_t size = 0;                  // PADDING is put behind the frames up to this many bytes of packet
    std::uint8_t reserved = 0;             // the two bits that have to be 0
    std::optional<std::uint64_t> length{}; // a wrong Length field
};

// The packet as on the wire.
[[nodiscard]] Bytes protect(const Initial& initial);

// As most clients send it: padded to 1,200 bytes.
[[nodiscard]] Bytes initial(const Bytes& frames, std::uint32_t number = 0);

// A packet of another type (RFC 9000 section 17.2, version 1) with content that nobody can read.
[[nodiscard]] Bytes zero_rtt(const Bytes& dcid, std::size_t length = 100);
[[nodiscard]] Bytes handshake_packet(const Bytes& dcid, std::size_t length = 100);
[[nodiscard]] Bytes retry_packet(const Bytes& dcid, const Bytes& scid, const Bytes& token);

} // namespace interdict::harness
