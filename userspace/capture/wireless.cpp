// SPDX-License-Identifier: Apache-2.0
#include "capture/wireless.h"

#include <cstddef>

namespace interdict::capture {

namespace {

using Bytes = std::span<const std::uint8_t>;

std::uint32_t little(Bytes bytes, std::size_t at, unsigned size)
{
    std::uint32_t value = 0;
    for (unsigned i = size; i-- > 0;)
        value = value << 8 | bytes[at + i];
    return value;
}

std::uint32_t big32(Bytes bytes, std::size_t at)
{
    return std::uint32_t{bytes[at]} << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3];
}

// Bits of radiotap's Flags field, 0 if it has none (radiotap.org).
std::uint8_t radiotap_flags(Bytes header)
{
    constexpr std::uint32_t kTime = 1u << 0;
    constexpr std::uint32_t kFlags = 1u << 1;
    constexpr std::uint32_t kMore = 1u << 31;
    const std::uint32_t present = little(header, 4, 4);
    std::size_t at = 4;
    while (at + 4 <= header.size() && little(header, at, 4) & kMore)
        at += 4;
    at += 4;
    if (present & kTime)
        at = (at + 7) / 8 * 8 + 8;
    return present & kFlags && at < header.size() ? header[at] : 0;
}

} // namespace

std::expected<Bytes, Unmapped> wireless_payload(std::uint32_t link_type, Bytes bytes)
{
    constexpr std::uint8_t kPadded = 0x20; // 802.11 header padded to a multiple of 4
    constexpr std::uint8_t kToDs = 0x01, kFromDs = 0x02, kProtected = 0x40, kOrder = 0x80;
    bool padded = false;

    if (link_type != 105) {
        if (bytes.size() < 8)
            return std::unexpected(Unmapped::Truncated);
        // A Prism header has its length in the byte order of the machine; an AVS header says which it is.
        const std::size_t length = link_type == 127                  ? little(bytes, 2, 2)
                                   : big32(bytes, 0) >> 16 == 0x8021 ? big32(bytes, 4)
                                                                     : 144;
        if (length < 8 || length > bytes.size())
            return std::unexpected(Unmapped::Truncated);
        if (link_type == 127)
            padded = radiotap_flags(bytes.first(length)) & kPadded;
        bytes = bytes.subspan(length);
    }

    if (bytes.size() < 24)
        return std::unexpected(Unmapped::Truncated);
    const unsigned type = bytes[0] >> 2 & 3;
    const unsigned subtype = bytes[0] >> 4;
    if (type != 2 || subtype & 4)
        return std::unexpected(Unmapped::NotData);
    if (bytes[1] & kProtected)
        return std::unexpected(Unmapped::Encrypted);
    std::size_t length = (bytes[1] & kToDs) && (bytes[1] & kFromDs) ? 30 : 24;
    bool aggregate = false;
    if (subtype & 8) {
        if (bytes.size() < length + 2)
            return std::unexpected(Unmapped::Truncated);
        aggregate = bytes[length] & 0x80;
        length += bytes[1] & kOrder ? 6 : 2;
    }
    if (padded)
        length = (length + 3) / 4 * 4;
    if (aggregate)
        length += 14;
    if (bytes.size() < length)
        return std::unexpected(Unmapped::Truncated);
    return bytes.subspan(length);
}

} // namespace interdict::capture
