// SPDX-License-Identifier: Apache-2.0
//
// unbound.h: orders as local zones of Unbound, an include file for its `server:` section.
//
// A local zone reaches over everything below its name. A name that is blocked alone therefore becomes a
// transparent zone with a record of its own: other types have no data, and what is below it resolves.
// NXDOMAIN would be wrong there, it says that nothing is below (RFC 8020).
#pragma once

#include "evidence/output.h"
#include "evidence/resolver_policy.h"

namespace interdict::evidence {

void write_unbound(Selection& selection, const ResolverPolicy& policy, Output& out);

} // namespace interdict::evidence
