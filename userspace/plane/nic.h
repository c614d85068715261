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
    // Bits of enum netdev_xdp_act in the kernel's include/uapi/linux/netdev.h; nothing: this kernel does not
    // say (before 6.3).
    std::optional<std::uint64_t> xdp_features;
    std::uint32_t program = 0; // XDP program that is attached, 0 = none
    std::string program_name;  // "interdict_edge"; empty: not known
};

// Of xdp_features. Numbers of the kernel's enum netdev_xdp_act.
inline constexpr std::uint64_t kXdpNative = 1;         // NETDEV_XDP_ACT_BASIC: drop, pass, abort, send back
inline constexpr std::uint64_t kXdpManyPages = 1 << 5; // NETDEV_XDP_ACT_RX_SG: frames of several pages

// "basic, redirect"; "none". A bit without a name here is shown by its number.
[[nodiscard]] std::string xdp_feature_names(std::uint64_t features);

// Error: there is no such interface.
[[nodiscard]] Result<Nic> survey(const std::string& interface);

} // namespace interdict::plane
