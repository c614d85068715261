// SPDX-License-Identifier: Apache-2.0
//
// patch.h: a few places of a large rule set change: what that means for the rules on them, found without
// reading the others.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "order/order.h"
#include "ruleset/compile.h"
#include "ruleset/diff.h"
#include "ruleset/ids.h"
#include "ruleset/ruleset.h"

namespace interdict::ruleset {

// The rules at some places. Ids are those of the whole set; indices of orders are into these lists, which
// have only the orders that were given for these places.
struct Patch {
    Ruleset before;
    Ruleset after;
    Diff diff;
};

// One place of the target table and what the whole set has there.
struct Place {
    order::Target target;              // match, protocol and ports do not matter
    std::vector<interdict_rule> chain; // in the order in which the kernel reads it; empty: no rule
};

struct Places {
    std::span<const Place> all;
    // The orders in force that name these places, with only these of their targets: as they were when the
    // whole set was compiled, and as they are now. An order that has ended is best given with its new status.
    std::span<const order::Order> before;
    std::span<const order::Order> after;
    std::span<const order::Scope> scopes; // the same as those of the whole set
    bool exemptions = false;              // some order of the whole set, before or after, has exemptions
    std::int64_t time = 0;                // seconds since the epoch: what ended before may be gone already
};

struct Plan {
    std::optional<Patch> patch;
    std::string whole; // without a patch: why the whole set must be compiled, e.g. "an order has exemptions"
};

// The same rules as compile() makes of all orders, but for the ids that new ones get. new_ids: ids that are
// free in the whole set; 0 = there are none left, which takes the whole set.
//
// Errors: as compile(); an order that names another place.
[[nodiscard]] Result<Plan> plan_patch(const Places& places, const IdSource& new_ids,
                                      const Limits& limits = {});

// A patch as it is kept beside the rule set that it changes.
struct StoredPatch {
    std::string before; // digest of what it changes, 64 hex digits
    std::vector<std::uint32_t> removed;
    Ruleset after;
};

// The digest of the rule set that the patch leads to is hash_text() of this: it stands for the whole history,
// down to the rule set that was compiled last. before: digest of what is changed.
[[nodiscard]] std::string write_patch(const Patch& patch, std::string_view before);

// Errors: as read_ruleset().
[[nodiscard]] Result<StoredPatch> read_patch(std::string_view text, std::string_view file);

// The rule set after these patches, in the order in which they were made. Error: one that does not belong
// here: it removes a rule that is not there, or leaves rules that are no whole chain.
[[nodiscard]] Result<Ruleset> apply_patches(Ruleset ruleset, std::span<const StoredPatch> patches);

// Cheaper in place than with a new generation, by what both cost (`make bench`, group patch). places: that
// change; rules: of the whole set.
[[nodiscard]] bool worth_patching(std::size_t places, std::size_t rules);

} // namespace interdict::ruleset
