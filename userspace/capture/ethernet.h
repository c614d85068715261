// SPDX-License-Identifier: Apache-2.0
//
// ethernet.h: frames of any link type as the program sees them: as Ethernet.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string_view>
#include <vector>

namespace interdict::capture {

enum class Unmapped {
    LinkType, // nothing is known about this link type
    NotData,  // management, control, a protocol that is not carried over Ethernet
    Encrypted,
    Truncated, // cut off inside the link header
};

[[nodiscard]] std::string_view to_string(Unmapped reason);

// Link types (LINKTYPE_* or DLT_*, which differ only for raw IP): Ethernet as it is; raw IP (12, 14, 101,
// 228, 229), BSD loopback (0, 108), Linux cooked (113, 276), PPP (9, 50, with a direction 166, 204), PPPoE
// (51), Cisco HDLC (104, with a direction 205), MPLS (219), LLC/SNAP over ATM (11, 100) and FDDI (10), NFLOG
// (239), PFLOG (117), BSD enc (109), 802.11 without protection (105, 119, 127, 163), PPI (192) and PKTAP
// (258) with a new Ethernet header, whose addresses are locally administered.
class EthernetMapper {
public:
    // The result is valid until the next call, and as long as bytes are.
    [[nodiscard]] std::expected<std::span<const std::uint8_t>, Unmapped>
    map(std::uint32_t link_type, std::span<const std::uint8_t> bytes);

private:
    using Mapped = std::expected<std::span<const std::uint8_t>, Unmapped>;

    Mapped with_header(std::uint16_t type_or_length, std::span<const std::uint8_t> payload);
    Mapped raw_ip(std::span<const std::uint8_t> bytes);
    Mapped loopback(std::span<const std::uint8_t> bytes);
    Mapped cooked(std::span<const std::uint8_t> bytes, std::uint16_t hardware, std::uint16_t protocol);
    Mapped ppp(std::span<const std::uint8_t> bytes);
    Mapped hdlc(std::span<const std::uint8_t> bytes);
    Mapped llc(std::span<const std::uint8_t> bytes);
    Mapped nflog(std::span<const std::uint8_t> bytes);

    std::vector<std::uint8_t> frame_;
};

} // namespace interdict::capture
