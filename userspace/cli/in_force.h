// SPDX-License-Identifier: Apache-2.0
//
// in_force.h: the orders that an export or a report is made of, with what the guard says about them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/command.h"
#include "evidence/selection.h"
#include "order/order.h"

namespace interdict::cli {

struct InForce {
    std::vector<order::Order> orders{};
    std::vector<order::NameTarget> protected_names{};
    std::vector<evidence::Place> held{};
    std::vector<evidence::Place> overridden{};
    std::uint64_t generation = 0; // published last, 0 = none yet

    [[nodiscard]] evidence::Source source() const { return {orders, protected_names, held, overridden}; }
};

struct InForceOptions {
    std::vector<std::string> files;   // order files in place of the book
    std::vector<std::string> protect; // names that must pass beside the guard's
    std::string guard;                // settings; empty = STATE/guard.json, without one what is built in
};

// Errors: an order file with problems, no book, a guard that cannot be read.
[[nodiscard]] Result<InForce> read_in_force(Session& session, const InForceOptions& options);

} // namespace interdict::cli
