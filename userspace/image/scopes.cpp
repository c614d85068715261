// SPDX-License-Identifier: Apache-2.0
#include "image/scopes.h"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

namespace interdict::image {

namespace {

constexpr unsigned kMappedBits = 96; // of ::ffff:0:0/96 in front of an IPv4 address (RFC 4291, 2.5.5.2)

interdict_prefix_key key_of(const order::Prefix& prefix)
{
    interdict_prefix_key key{};
    if (prefix.v6) {
        key.length = prefix.length;
        std::memcpy(key.address, prefix.address.data(), sizeof key.address);
        return key;
    }
    key.length = prefix.length + kMappedBits;
    key.address[10] = key.address[11] = 0xff;
    std::memcpy(key.address + 12, prefix.address.data(), 4);
    return key;
}

// Whether a look-up of any mapped IPv4 address would fall on this IPv6 prefix.
bool holds_mapped(const order::Prefix& prefix)
{
    order::Prefix mapped{.length = kMappedBits, .v6 = true};
    mapped.address[10] = mapped.address[11] = 0xff;
    return prefix.v6 && prefix.contains(mapped);
}

std::vector<PrefixScope> nested(std::vector<std::pair<order::Prefix, std::uint32_t>> named,
                                std::uint32_t everywhere)
{
    // A prefix sorts after all those around it, which are a suffix of the path to the one before it.
    std::ranges::sort(named, [](const auto& one, const auto& other) {
        return std::tie(one.first.v6, one.first.address, one.first.length) <
               std::tie(other.first.v6, other.first.address, other.first.length);
    });
    std::vector<PrefixScope> scopes;
    std::vector<std::pair<order::Prefix, std::uint32_t>> path;
    for (const auto& [prefix, bits] : named) {
        while (!path.empty() && !path.back().first.contains(prefix))
            path.pop_back();
        const std::uint32_t all = bits | (path.empty() ? everywhere : path.back().second);
        if (!path.empty() && path.back().first == prefix) {
            path.back().second = all;
            scopes.back().scopes = all;
            continue;
        }
        path.emplace_back(prefix, all);
        scopes.push_back({key_of(prefix), all});
    }
    return scopes;
}

} // namespace

std::uint32_t ScopeBits::interface(std::string_view name) const
{
    const auto found = interfaces.find(name);
    return found == interfaces.end() ? interface_default : found->second;
}

Result<ScopeBits> scope_bits(std::span<const order::Scope> scopes, std::size_t max_prefixes)
{
    if (scopes.size() > INTERDICT_SCOPES_MAX)
        return fail("scopes: used {}, limit {}; merge scopes that apply in the same places", scopes.size(),
                    INTERDICT_SCOPES_MAX);

    ScopeBits result;
    std::uint32_t any_vlan = 0;
    std::vector<std::pair<order::Prefix, std::uint32_t>> named;
    bool mapped_held = false;
    for (std::size_t index = 0; index < scopes.size(); ++index) {
        const order::Scope& scope = scopes[index];
        const std::uint32_t bit = 1u << index;
        if (scope.interfaces.empty())
            result.interface_default |= bit;
        if (scope.vlans.empty())
            any_vlan |= bit;
        if (scope.prefixes.empty())
            result.prefix_default |= bit;
        for (const order::Prefix& prefix : scope.prefixes) {
            named.emplace_back(prefix, bit);
            mapped_held |= holds_mapped(prefix);
        }
    }

    result.vlans.assign(INTERDICT_VLANS, any_vlan);
    for (std::size_t index = 0; index < scopes.size(); ++index) {
        const std::uint32_t bit = 1u << index;
        for (const order::VlanRange& range : scopes[index].vlans)
            for (std::uint32_t vlan = range.first; vlan <= range.last && vlan < INTERDICT_UNTAGGED; ++vlan)
                result.vlans[vlan] |= bit;
        for (const std::string& name : scopes[index].interfaces)
            result.interfaces.try_emplace(name, result.interface_default).first->second |= bit;
    }

    // IPv4 lies inside IPv6 in this map only by the way it is written; a prefix of IPv6 says nothing about
    // it.
    if (mapped_held)
        named.emplace_back(order::Prefix{}, 0);
    result.prefixes = nested(std::move(named), result.prefix_default);
    if (result.prefixes.size() > max_prefixes)
        return fail("subscriber prefixes of the scopes: used {}, limit {}; aggregate neighbouring prefixes",
                    result.prefixes.size(), max_prefixes);
    return result;
}

} // namespace interdict::image
