// SPDX-License-Identifier: Apache-2.0
//
// compile.h: orders into rules. A pure function: same input, same rules, same ids.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "maps/counters.h"
#include "order/order.h"
#include "ruleset/ids.h"
#include "ruleset/ruleset.h"

namespace interdict::ruleset {

struct Limits {
    std::uint32_t max_rules = INTERDICT_RULE_ID_MAX; // the largest id, gaps included
    std::uint32_t chain = INTERDICT_RULE_CHAIN_MAX;
};

// Orders that ask the same of a target (means, actions, sinkhole, scope, mode, window) share a rule; others
// get rules of their own, chained on the target: enforce before observe, unconditional before conditional.
//
// previous: the set these rules follow on; null for the first. A target that an order of its previous citing
// set still cites keeps its id, and with it its counter. An id that becomes free is given out again from the
// next compilation on, lowest first, never in the one that frees it.
//
// An exemption ends the kernel's walk, so every other order that covers the exempt name from above gets a
// derived rule on it, in front of the exemption. A derived rule takes the narrower window and means of the
// two; scopes cannot be intersected bit by bit, so where both are limited it keeps its own order's scope, and
// an observing one may then count a packet twice, once under each id.
//
// Errors (up to 20 in one message, one a line): a scope that is not in scopes, more than limits.chain rules
// on one target, more than limits.max_rules.
[[nodiscard]] Result<Ruleset> compile(std::span<const order::Order> orders, std::vector<order::Scope> scopes,
                                      const Ruleset* previous = nullptr, const Limits& limits = {});

// The same for a part of a larger set: what `new_ids` gives must be free in all of it.
[[nodiscard]] Result<Ruleset> compile(std::span<const order::Order> orders, std::vector<order::Scope> scopes,
                                      const Ruleset* previous, const Limits& limits, const IdSource& new_ids);

} // namespace interdict::ruleset
