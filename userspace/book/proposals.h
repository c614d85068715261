// SPDX-License-Identifier: Apache-2.0
//
// proposals.h: what is proposed under an order, and who decided it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "book/records.h"

namespace interdict::book {

class Store;

class Proposals {
public:
    explicit Proposals(Store& store) : store_(store) {}

    // Returns its id; that of an open one that says the same if there is one (its evidence is replaced).
    [[nodiscard]] Result<std::int64_t> propose(const Proposal& proposal, const Act& act);
    // Approving carries it out: adds, lifts or lets through. Errors: none of this id; decided already; the
    // same person as the proposer.
    [[nodiscard]] Result<void> decide(std::int64_t id, bool approve, const Act& act);
    [[nodiscard]] Result<std::vector<Proposal>> all(std::optional<ProposalState> state = {}) const;

private:
    Store& store_;
};

} // namespace interdict::book
