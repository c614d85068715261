// SPDX-License-Identifier: Apache-2.0
//
// http.h: HTTP requests for tests, and TCP segments as a receiver reads them.
#pragma once

#include <cstdint>
#include <string>

#include "harness/packet.h"
#include "maps/answers.h"

namespace interdict::harness {

// A request with this Host. more: further headers, each with its line end.
[[nodiscard]] Bytes request(const std::string& host, const std::string& more = {},
                            const std::string& line = "GET / HTTP/1.1");

// An order's answer with this text for an HTTP response.
[[nodiscard]] interdict_answer notice(const std::string& response);

struct Segment {
    Bytes source{}; // addresses as on the wire
    Bytes destination{};
    std::uint16_t source_port = 0;
    std::uint16_t destination_port = 0;
    std::uint32_t sequence = 0;
    std::uint32_t acknowledgement = 0;
    std::uint8_t flags = 0;
    std::uint16_t window = 0;
    Bytes payload{};
};

// The segment in an Ethernet frame with up to two VLAN tags. Throws std::runtime_error if a receiver would
// not take it: a length or a checksum is wrong, or it is something else.
[[nodiscard]] Segment read_segment(const Bytes& frame);

[[nodiscard]] std::string text(const Bytes& bytes);

} // namespace interdict::harness
