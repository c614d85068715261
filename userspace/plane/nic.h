// SPDX-License-Identifier: Apache-2.0
//
// nic.h: what an interface is and does, as far as it matters to a filter at its edge. Changes nothing, and
// needs no privilege.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace interdict::plane {

struct Nic {
    std::string driver; // empty: not known
    unsigned mtu = 0;   // bytes
    bool up = false;
    // Nothing: the driver does not say.
    std::optional<bool> lro;      // merges received packets for good
    std::optional<bool> gro_hw;   // merges them before a program sees them
    std::optional<bool> vlan_off; // takes VLAN tags off before a program sees them
    std::uint32_t program = 0;    // XDP program that is attached, 0 = none
    std::string program_name;     // "interdict_edge"; empty: not known
};

// Error: there is no such interface.
[[nodiscard]] Result<Nic> survey(const std::string& interface);

} // namespace interdict::plane
