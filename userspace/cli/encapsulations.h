// SPDX-License-Identifier: Apache-2.0
//
// encapsulations.h: interdict_encapsulation bits as people write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace interdict::cli {

inline constexpr char kEncapsulationHelp[] =
    "tunnels to look into: all, none, or a list of mpls,gre,ipip,gtpu,vxlan,geneve";

[[nodiscard]] Result<std::uint32_t> parse_encapsulations(std::string_view text);

// "mpls,gre"; "all", "none".
[[nodiscard]] std::string encapsulations_text(std::uint32_t bits);

} // namespace interdict::cli
