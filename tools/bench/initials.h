// SPDX-License-Identifier: Apache-2.0
//
// initials.h: QUIC Initials of clients, as frames over IPv4.
#pragma once

#include <filesystem>
#include <string>

#include "driver.h"

namespace interdict::bench {

// RFC 9001 appendix A.2: one CRYPTO frame of 245 bytes at the start, then padding; 1,200 bytes in all.
// vary: Client.
[[nodiscard]] Frame rfc9001_frame();
inline constexpr std::size_t kInitialId = 14 + 20 + 8 + 6; // where in the frame its connection ID begins
inline constexpr char kRfc9001Name[] = "example.com";

// The two Initials of a Chromium, CRYPTO frames of one hello spread over both without order.
struct Flight {
    Frame first; // vary: Client
    Frame both;  // vary: Pair
    std::string name;
    std::string origin; // where they are from
};

// captures: folder of real clients' traffic. Without it, packets are made that are cut in the same way.
[[nodiscard]] Flight chromium_flight(const std::filesystem::path& captures);

} // namespace interdict::bench
