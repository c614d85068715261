// SPDX-License-Identifier: Apache-2.0
//
// quic_samples.h: the client Initials of RFC 9001 appendix A and RFC 9369 appendix A, with what lies between
// secret and packet.
#pragma once

#include <array>

#include "harness/quic.h"

namespace interdict::harness {

struct QuicSample {
    const char* source;
    std::uint32_t version;
    Bytes initial_secret;
    Bytes client_secret;
    Bytes key;
    Bytes iv;
    Bytes header_key;
    Bytes header; // unprotected
    Bytes sample;
    Bytes mask;
    Bytes protected_header;
    Bytes tag; // the packet's last bytes: they depend on all others
};

[[nodiscard]] const std::array<QuicSample, 2>& quic_samples();

// What both are derived from.
[[nodiscard]] Bytes quic_sample_cid();

// The CRYPTO frame of both; PADDING makes it up to 1,162 bytes. The server name is example.com.
[[nodiscard]] Bytes quic_sample_frame();
[[nodiscard]] Bytes quic_sample_payload();

// The whole packet, made by protect() and checked against the protected header, the sample and the tag.
// Throws std::runtime_error if they differ.
[[nodiscard]] Bytes quic_sample_packet(const QuicSample& sample);

} // namespace interdict::harness
