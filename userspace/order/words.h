// SPDX-License-Identifier: Apache-2.0
// words.h: how an order file writes what order.h has as numbers; indexed by them.
#pragma once

#include <array>
#include <string_view>

namespace interdict::order {

inline constexpr std::array<std::string_view, 2> kKinds{"court-order", "administrative-order"};
inline constexpr std::array<std::string_view, 8> kStatuses{"draft",  "interim", "active", "stayed",
                                                           "varied", "final",   "lifted", "expired"};

} // namespace interdict::order
