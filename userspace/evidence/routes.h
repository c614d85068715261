// SPDX-License-Identifier: Apache-2.0
//
// routes.h: address targets for routers: blackhole routes (RFC 7999) and FlowSpec rules (RFC 8955, RFC 8956).
//
// Each target is one route, never aggregated. A blackhole takes every packet of an address, so targets with a
// protocol or ports stand only in FlowSpec.
#pragma once

#include <cstdint>
#include <string>

#include "evidence/output.h"
#include "evidence/selection.h"

namespace interdict::evidence {

struct RouteOptions {
    std::string next_hop_v4 = "self"; // or an address
    std::string next_hop_v6 = "self";
    std::uint16_t community[2] = {65535, 666}; // BLACKHOLE, RFC 7999, 5
};

// Commands for the API of ExaBGP 4 and 5, one a line.
void write_exabgp_blackhole(Selection& selection, const RouteOptions& options, Output& out);
void write_exabgp_flowspec(Selection& selection, Output& out);

// Static protocols and their tables for BIRD 2, an include file.
void write_bird_blackhole(Selection& selection, const RouteOptions& options, Output& out);
void write_bird_flowspec(Selection& selection, Output& out);

} // namespace interdict::evidence
