// SPDX-License-Identifier: Apache-2.0
//
// wireless.h: what an IEEE 802.11 frame carries.
#pragma once

#include <cstdint>
#include <expected>
#include <span>

#include "capture/ethernet.h"

namespace interdict::capture {

// The LLC header of an unprotected data frame and what follows it. link_type: 105 (802.11), 119 (Prism), 127
// (radiotap) or 163 (AVS). Of an aggregate (A-MSDU) only the first part.
[[nodiscard]] std::expected<std::span<const std::uint8_t>, Unmapped>
wireless_payload(std::uint32_t link_type, std::span<const std::uint8_t> bytes);

} // namespace interdict::capture
