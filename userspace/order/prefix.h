// SPDX-License-Identifier: Apache-2.0
//
// prefix.h: an IPv4 or IPv6 prefix as an order or a scope names it.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace interdict::order {

// address: network byte order; IPv4 in the first four bytes, the rest 0. Bits beyond length are 0.
struct Prefix {
    std::array<std::uint8_t, 16> address{};
    std::uint8_t length = 0; // bits; at most 32 for IPv4, 128 for IPv6
    bool v6 = false;

    [[nodiscard]] unsigned width() const { return v6 ? 128 : 32; }
    [[nodiscard]] bool contains(const Prefix& inner) const;

    friend auto operator<=>(const Prefix&, const Prefix&) = default;
};

// What is wrong with a prefix, and what to write instead.
struct PrefixFault {
    std::string message;
    std::string remedy;
};

// "192.0.2.0/24", "2001:db8::/32". Errors: no length, a length out of range or 0, host bits set, IPv4-mapped
// IPv6, anything that inet_pton() refuses.
[[nodiscard]] std::expected<Prefix, PrefixFault> parse_prefix(std::string_view text);

// One address without a length, as a full-length prefix: "192.0.2.7", "2001:db8::7".
[[nodiscard]] Result<Prefix> parse_address(std::string_view text);

// RFC 5952 form for IPv6, always with the length.
[[nodiscard]] std::string to_string(const Prefix& prefix);

} // namespace interdict::order
