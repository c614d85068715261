// SPDX-License-Identifier: Apache-2.0
//
// rollback.h: back to an earlier generation, as far as the book still orders it.
//
// The earlier rule set only says which targets of which orders were live then. What is published is what the
// book has in force now, cut down to those: an order that was lifted, stayed or expired since, a target that
// was lifted or is held now, does not come back, and conditions are those that hold today. So a rollback can
// take blocks away, and never bring one back that nobody orders any more.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "order/order.h"
#include "ruleset/ruleset.h"

namespace interdict::control {

struct Rollback {
    std::vector<order::Order> in_force; // what is to be published
    // Of the earlier generation, and not in force any more: "ORDER: TARGET".
    std::vector<std::string> gone;
    std::size_t left_out = 0; // targets in force that the earlier generation did not have
};

// in_force: the book's.
[[nodiscard]] Rollback roll_back(const ruleset::Ruleset& earlier, std::vector<order::Order> in_force);

} // namespace interdict::control
