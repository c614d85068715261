// SPDX-License-Identifier: Apache-2.0
//
// scopes.h: the scope bits of maps/scopes.h.
//
// A scope that names no criterion of a kind has its bit set everywhere in that kind, so that the AND over the
// three kinds is exactly the scopes that a packet is in. Bit i is the i-th scope.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "maps/scopes.h"
#include "order/order.h"

namespace interdict::image {

struct PrefixScope {
    interdict_prefix_key key{};
    std::uint32_t scopes = 0;
};

struct ScopeBits {
    std::vector<std::uint32_t> vlans; // INTERDICT_VLANS entries of map "vlan_scopes"
    std::vector<PrefixScope>
        prefixes; // of map "prefix_scopes", distinct; each with the bits of those around it
    std::uint32_t prefix_default = 0; // of an address in no listed prefix
    std::map<std::string, std::uint32_t, std::less<>> interfaces;
    std::uint32_t interface_default = 0; // of an interface that no scope names

    [[nodiscard]] std::uint32_t interface(std::string_view name) const;
};

// scopes: at most INTERDICT_SCOPES_MAX. Error: more prefixes than max_prefixes.
[[nodiscard]] Result<ScopeBits> scope_bits(std::span<const order::Scope> scopes, std::size_t max_prefixes);

} // namespace interdict::image
