// SPDX-License-Identifier: Apache-2.0
//
// reason.h: why a target is held and what to do instead, in sentences that a court may read.
#pragma once

#include <string>

#include "guard/guard.h"

namespace interdict::guard {

enum class Relation {
    Is,
    Inside,
    Around
}; // the target to the entry: is it, lies in or below it, has it inside

// item: of order, the target that collides with an entry of list.
[[nodiscard]] Finding collision(const order::Order& order, std::size_t item, const List& list,
                                const NameEntry& entry, Relation relation);
[[nodiscard]] Finding collision(const order::Order& order, std::size_t item, const List& list,
                                const PrefixEntry& entry, Relation relation, Sharing sharing);

// The order itself says that an address is not used exclusively.
[[nodiscard]] Finding admitted_sharing(const order::Order& order, std::size_t item, Sharing sharing);
[[nodiscard]] Finding too_wide(const order::Order& order, std::size_t item, unsigned longest);
[[nodiscard]] Finding without_end(const order::Order& order, std::size_t item);
[[nodiscard]] Finding single_label(const order::Order& order, std::size_t item);
[[nodiscard]] Finding public_suffix(const order::Order& order, std::size_t item, bool registry);

} // namespace interdict::guard
