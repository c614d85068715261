// SPDX-License-Identifier: Apache-2.0
//
// rules.h: rule sets of any size. Target i is made of bench_number(i): an address, or the name
// XXXXXXXX.example with its eight hexadecimal digits.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "image/image.h"
#include "order/order.h"
#include "plane/plane.h"
#include "ruleset/ruleset.h"

namespace interdict::bench {

struct Numbers {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
};

// Whole IPv4 addresses.
[[nodiscard]] order::Order address_order(const std::string& id, Numbers numbers);
// Names with everything below them. action: on a TLS name.
[[nodiscard]] order::Order name_order(const std::string& id, Numbers numbers, interdict_action action);

// These names with everything below them.
[[nodiscard]] order::Order order_of(const std::string& id, const std::vector<std::string>& names);

// Name i, without a host below it.
[[nodiscard]] std::string name_of(std::uint32_t i);
// The host below target i that clients ask for: five labels, 28 characters.
[[nodiscard]] std::string host_below(std::uint32_t i);
inline constexpr std::size_t kDigitsAt = 12; // where in it the digits stand

inline constexpr std::uint32_t kNoQuicBudget = 0xffffffff; // holds no Initial back

[[nodiscard]] Result<image::Image> image_of(const std::vector<order::Order>& orders);

// Stages and publishes; counters go on.
[[nodiscard]] Result<void> publish(plane::Plane& plane, const image::Image& image);

// A plane without interfaces, otherwise as it runs on a subscriber's: no report is written.
[[nodiscard]] Result<plane::Plane> loaded_plane(const image::Image& image,
                                                std::uint32_t quic_budget = kNoQuicBudget);

// Compiles, lays out, stages and publishes.
[[nodiscard]] Result<void> load(plane::Plane& plane, const std::vector<order::Order>& orders);

} // namespace interdict::bench
