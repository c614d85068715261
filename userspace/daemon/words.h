// SPDX-License-Identifier: Apache-2.0
//
// words.h: what the plane has as bits, and numbers, as people write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace interdict::daemon {

inline constexpr char kEncapsulationHelp[] =
    "tunnels to look into: all, none, or a list of mpls,gre,ipip,gtpu,vxlan,geneve";

// "mpls,gre", "all", "none", as interdict_encapsulation bits. The error says what there is.
[[nodiscard]] Result<std::uint32_t> parse_encapsulations(std::string_view text);

// "mpls,gre"; "all", "none".
[[nodiscard]] std::string encapsulations_text(std::uint32_t bits);

// "subscriber", "uplink", "both", as interdict_role bits; nothing for any other word.
[[nodiscard]] std::optional<std::uint32_t> parse_role(std::string_view text);

// The same back; "none" for 0.
[[nodiscard]] std::string role_text(std::uint32_t role);

// A number in digits, 0 or more; nothing if it is not one or too large.
[[nodiscard]] std::optional<std::int64_t> natural(std::string_view text);

} // namespace interdict::daemon
