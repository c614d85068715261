// SPDX-License-Identifier: Apache-2.0
//
// interfaces.h: the interfaces in map "control" and their roles (open addressing, see maps/control.h). Safe
// while packets are judged.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "maps/control.h"

namespace interdict::plane {

// Adds the interface or changes its role. role: interdict_role bits, not 0. scope: its bits in both slots.
// Error: the table is full around its place.
[[nodiscard]] Result<void> set_interface(interdict_control& control, unsigned ifindex, std::uint32_t role,
                                         const std::array<std::uint32_t, INTERDICT_SLOTS>& scope);

// Packets of the interface pass from now on. No error if it is not there.
void clear_interface(interdict_control& control, unsigned ifindex);

// Null if it has no role.
[[nodiscard]] interdict_interface* find_interface(interdict_control& control, unsigned ifindex);

// Those with a role.
[[nodiscard]] std::vector<interdict_interface> interfaces(const interdict_control& control);

} // namespace interdict::plane
