// SPDX-License-Identifier: Apache-2.0
//
// rpz.h: orders as response policy zones (draft-vixie-dnsop-dns-rpz-00), for BIND, Unbound, Knot and
// PowerDNS.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/output.h"
#include "evidence/resolver_policy.h"

namespace interdict::evidence {

struct RpzZone {
    std::string origin;                // "rpz.interdict", without a final dot
    std::vector<std::uint32_t> orders; // ascending
    std::uint32_t serial = 0;
};

// All orders in one zone.
[[nodiscard]] RpzZone one_zone(const Selection& selection, std::string origin, std::uint32_t serial);

// A zone for each authority, named after it below the origin; without orders none.
[[nodiscard]] std::vector<RpzZone> zones_by_authority(const Selection& selection, std::string_view origin,
                                                      std::uint32_t serial);

// The generation's number, by RFC 1982 later than the one of any generation up to 2^31 - 1 before it, and
// never 0. previous: the serial of the zone that is replaced, 0 = none; the result is later than it too.
[[nodiscard]] std::uint32_t serial_of(std::uint64_t generation, std::uint32_t previous);

// Of a zone file as written here; 0 if there is none in it.
[[nodiscard]] std::uint32_t serial_in(std::string_view zone_file);

// addresses: also rpz-ip triggers, so that answers with a blocked address are blocked whatever the name.
// Errors: a protected name does not fit beside the zone's name.
[[nodiscard]] Result<void> write_rpz(Selection& selection, const ResolverPolicy& policy, const RpzZone& zone,
                                     bool addresses, Output& out);

// "32.7.2.0.192.rpz-ip", "128.7.zz.db8.2001.rpz-ip".
[[nodiscard]] std::string rpz_ip(const order::Prefix& prefix);

// What BIND needs to know of the zones: a statement for `options`, and one for each zone at the top level.
void write_bind_options(std::span<const RpzZone> zones, Output& out);
void write_bind_zones(std::span<const RpzZone> zones, Output& out);

} // namespace interdict::evidence
