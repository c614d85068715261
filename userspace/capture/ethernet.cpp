// SPDX-License-Identifier: Apache-2.0
#include "capture/ethernet.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "capture/wireless.h"

namespace interdict::capture {

namespace {

constexpr std::uint16_t kIPv4 = 0x0800;
constexpr std::uint16_t kIPv6 = 0x86dd;
constexpr std::uint16_t kMpls = 0x8847;
constexpr std::uint16_t kFirstEtherType = 0x0600; // below it the field is a length (IEEE 802.3)

std::uint16_t big16(std::span<const std::uint8_t> bytes, std::size_t at)
{
    return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

} // namespace

std::string_view to_string(Unmapped reason)
{
    switch (reason) {
    case Unmapped::LinkType:
        return "link type not known";
    case Unmapped::NotData:
        return "not a data frame";
    case Unmapped::Encrypted:
        return "encrypted";
    case Unmapped::Truncated:
        return "link header cut short";
    }
    return "";
}

EthernetMapper::Mapped EthernetMapper::map(std::uint32_t link_type, std::span<const std::uint8_t> bytes)
{
    switch (link_type) {
    case 1:
        return bytes;
    case 0:
    case 108:
        return loopback(bytes);
    case 9:
    case 50:
        return ppp(bytes);
    case 10: // the control byte of LLC frames is 01010xxx (ISO 9314-2), then two addresses
        if (bytes.size() < 13)
            return std::unexpected(Unmapped::Truncated);
        return (bytes[0] & 0xf8) == 0x50 ? llc(bytes.subspan(13)) : Mapped(std::unexpect, Unmapped::NotData);
    case 11:
    case 100:
        return llc(bytes);
    case 12:
    case 14:
    case 101:
    case 228:
    case 229:
        return raw_ip(bytes);
    case 51:
        return bytes.size() < 6 ? Mapped(std::unexpect, Unmapped::Truncated)
                                : with_header(bytes[1] ? 0x8863 : 0x8864, bytes);
    case 104:
        return hdlc(bytes);
    case 109: // address family, SPI and flags, of no use here
        return bytes.size() < 12 ? Mapped(std::unexpect, Unmapped::Truncated) : raw_ip(bytes.subspan(12));
    case 117: {
        // Its first byte is the header's length without the padding to four bytes.
        const std::size_t length = bytes.empty() ? 0 : (bytes[0] + 3u) / 4 * 4;
        if (length < 4 || length > bytes.size())
            return std::unexpected(Unmapped::Truncated);
        return raw_ip(bytes.subspan(length));
    }
    case 166:
    case 204:
        // 166 has the direction in place of the address of RFC 1662, 204 before it.
        if (bytes.size() < 2)
            return std::unexpected(Unmapped::Truncated);
        return ppp(bytes.subspan(link_type == 166 && bytes[1] == 0x03 ? 2 : 1));
    case 205:
        return bytes.empty() ? Mapped(std::unexpect, Unmapped::Truncated) : hdlc(bytes.subspan(1));
    case 113:
        if (bytes.size() < 16)
            return std::unexpected(Unmapped::Truncated);
        return cooked(bytes.subspan(16), big16(bytes, 2), big16(bytes, 14));
    case 276:
        if (bytes.size() < 20)
            return std::unexpected(Unmapped::Truncated);
        return cooked(bytes.subspan(20), big16(bytes, 8), big16(bytes, 0));
    case 105:
    case 119:
    case 127:
    case 163: {
        const auto payload = wireless_payload(link_type, bytes);
        return payload ? llc(*payload) : Mapped(std::unexpect, payload.error());
    }
    case 192: {
        if (bytes.size() < 8)
            return std::unexpected(Unmapped::Truncated);
        // Little-endian: flags, alignment, length, link type of what follows, which is never PPI again.
        const std::size_t length = bytes[2] | bytes[3] << 8;
        const std::uint32_t inner = bytes[4] | bytes[5] << 8;
        if (length < 8 || length > bytes.size() || inner == 192)
            return std::unexpected(Unmapped::Truncated);
        return map(inner, bytes.subspan(length));
    }
    case 258: {
        if (bytes.size() < 12)
            return std::unexpected(Unmapped::Truncated);
        // Apple's PKTAP, little-endian: length of this header, kind of record, link type of what follows.
        const std::size_t length = bytes[0] | bytes[1] << 8;
        const std::uint32_t inner = bytes[8] | bytes[9] << 8;
        if (length < 12 || length > bytes.size() || inner == 258)
            return std::unexpected(Unmapped::Truncated);
        return map(inner, bytes.subspan(length));
    }
    case 219:
        return with_header(kMpls, bytes);
    case 239:
        return nflog(bytes);
    default:
        return std::unexpected(Unmapped::LinkType);
    }
}

EthernetMapper::Mapped EthernetMapper::with_header(std::uint16_t type_or_length,
                                                   std::span<const std::uint8_t> payload)
{
    constexpr std::array<std::uint8_t, 12> kAddresses{0x02, 0, 0, 0, 0, 0x02, 0x02, 0, 0, 0, 0, 0x01};
    frame_.assign(kAddresses.begin(), kAddresses.end());
    frame_.push_back(static_cast<std::uint8_t>(type_or_length >> 8));
    frame_.push_back(static_cast<std::uint8_t>(type_or_length));
    frame_.insert(frame_.end(), payload.begin(), payload.end());
    return frame_;
}

EthernetMapper::Mapped EthernetMapper::raw_ip(std::span<const std::uint8_t> bytes)
{
    if (bytes.empty())
        return std::unexpected(Unmapped::Truncated);
    switch (bytes[0] >> 4) {
    case 4:
        return with_header(kIPv4, bytes);
    case 6:
        return with_header(kIPv6, bytes);
    default:
        return std::unexpected(Unmapped::NotData);
    }
}

EthernetMapper::Mapped EthernetMapper::loopback(std::span<const std::uint8_t> bytes)
{
    if (bytes.size() < 4)
        return std::unexpected(Unmapped::Truncated);
    // In the byte order of the machine that captured; every family is below 256.
    const unsigned family = bytes[0] | bytes[3];
    // AF_INET is 2 everywhere; AF_INET6 is 10 on Linux, 23 on Windows, 24, 28 and 30 on the BSDs.
    constexpr std::array<unsigned, 5> kFamilies6{10, 23, 24, 28, 30};
    if (bytes[1] || bytes[2] || (bytes[0] && bytes[3]))
        return std::unexpected(Unmapped::NotData);
    if (family == 2)
        return with_header(kIPv4, bytes.subspan(4));
    if (std::find(kFamilies6.begin(), kFamilies6.end(), family) != kFamilies6.end())
        return with_header(kIPv6, bytes.subspan(4));
    return std::unexpected(Unmapped::NotData);
}

EthernetMapper::Mapped EthernetMapper::cooked(std::span<const std::uint8_t> bytes, std::uint16_t hardware,
                                              std::uint16_t protocol)
{
    constexpr std::uint16_t kNetlink = 824, kWireless = 801, kRadiotap = 803;
    constexpr std::uint16_t kLlc = 4;
    if (hardware == kWireless || hardware == kRadiotap)
        return map(hardware == kRadiotap ? 127 : 105, bytes);
    if (hardware == kNetlink)
        return std::unexpected(Unmapped::NotData);
    if (protocol == kLlc)
        return llc(bytes);
    if (protocol < kFirstEtherType)
        return std::unexpected(Unmapped::NotData);
    return with_header(protocol, bytes);
}

EthernetMapper::Mapped EthernetMapper::ppp(std::span<const std::uint8_t> bytes)
{
    if (bytes.size() >= 2 && bytes[0] == 0xff && bytes[1] == 0x03)
        bytes = bytes.subspan(2); // RFC 1662: address and control, which may have been left out
    else if (bytes.size() >= 2 && (bytes[0] == 0x0f || bytes[0] == 0x8f) && bytes[1] == 0)
        return hdlc(bytes);
    if (bytes.size() < 2)
        return std::unexpected(Unmapped::Truncated);
    // RFC 1661, 6.5: a protocol number whose first byte is odd has only this one.
    const bool compressed = bytes[0] & 1;
    const std::uint16_t protocol = compressed ? bytes[0] : big16(bytes, 0);
    bytes = bytes.subspan(compressed ? 1 : 2);
    switch (protocol) {
    case 0x0021:
        return with_header(kIPv4, bytes);
    case 0x0057:
        return with_header(kIPv6, bytes);
    case 0x0281:
        return with_header(kMpls, bytes);
    default:
        return std::unexpected(Unmapped::NotData);
    }
}

EthernetMapper::Mapped EthernetMapper::hdlc(std::span<const std::uint8_t> bytes)
{
    if (bytes.size() < 4)
        return std::unexpected(Unmapped::Truncated);
    if (bytes[0] == 0xff && bytes[1] == 0x03)
        return ppp(bytes);
    const std::uint16_t type = big16(bytes, 2);
    if (type < kFirstEtherType || type == 0x8035) // 0x8035: SLARP here
        return std::unexpected(Unmapped::NotData);
    return with_header(type, bytes.subspan(4));
}

EthernetMapper::Mapped EthernetMapper::llc(std::span<const std::uint8_t> bytes)
{
    if (bytes.size() < 8)
        return std::unexpected(Unmapped::Truncated);
    constexpr std::array<std::uint8_t, 6> kSnap{0xaa, 0xaa, 0x03, 0, 0, 0};
    if (!std::equal(kSnap.begin(), kSnap.end(), bytes.begin()))
        return std::unexpected(Unmapped::NotData);
    return with_header(big16(bytes, 6), bytes.subspan(8));
}

EthernetMapper::Mapped EthernetMapper::nflog(std::span<const std::uint8_t> bytes)
{
    // 4 bytes of header, then TLVs in host byte order; the packet is the one of type 9.
    constexpr unsigned kPayload = 9;
    for (std::size_t at = 4; at + 4 <= bytes.size();) {
        std::size_t length = bytes[at] | bytes[at + 1] << 8;
        unsigned type = bytes[at + 2] | bytes[at + 3] << 8;
        if (length > bytes.size() - at) {
            length = big16(bytes, at);
            type = big16(bytes, at + 2);
        }
        if (length < 4 || length > bytes.size() - at)
            break;
        if (type == kPayload)
            return raw_ip(bytes.subspan(at + 4, length - 4));
        at += (length + 3) / 4 * 4;
    }
    return std::unexpected(Unmapped::NotData);
}

} // namespace interdict::capture
