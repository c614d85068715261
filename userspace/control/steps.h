// SPDX-License-Identifier: Apache-2.0
//
// steps.h: what may be asked for. Each is a step in the book with its line of the journal, its words and its
// JSON (docs/api.md), the same whoever takes it; see stepper.h for what follows from it on the plane.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "book/book.h"
#include "book/records.h"
#include "control/import.h"
#include "control/listener.h"
#include "control/rollback.h"
#include "control/state.h"
#include "control/stepper.h"
#include "guard/guard.h"
#include "order/order.h"

namespace interdict::control {

// What order files say.
struct OrderList {
    std::vector<order::Order> orders;
    std::size_t problems = 0; // of what is left out
};

// "activate", "stay", "final", "lift", "expire"
[[nodiscard]] std::string_view step_name(order::Status to);

class Steps {
public:
    // All must outlive it, and the steps that it gives.
    Steps(book::Book& book, const guard::Guard& guard, const State& state, const Listener& listener,
          const book::Act& act)
        : book_(&book), guard_(&guard), state_(&state), listener_(&listener), act_(&act)
    {
    }

    using Found = std::expected<Step, Setback>;
    using Done = std::expected<Taken, Setback>;

    [[nodiscard]] Found add(OrderList list, std::string origin) const;
    [[nodiscard]] Found vary(OrderList list) const;
    [[nodiscard]] Found set_status(const std::string& id, order::Status to) const;
    // target: as a person names it (targets.h).
    [[nodiscard]] Found lift_target(const std::string& id, const std::string& target) const;
    [[nodiscard]] Found approve(std::int64_t proposal) const;
    // To what an earlier generation had.
    [[nodiscard]] Found roll_back(std::uint64_t generation) const;

    // The whole list of what came from files.
    [[nodiscard]] Step replace(OrderList list) const;
    // The book as it is.
    [[nodiscard]] Step apply_book() const;
    // The list of a feed. import: must outlive the step, too. all: the JSON has every entry.
    [[nodiscard]] Step take_list(Import& import, ImportedOrders imported, bool all) const;

    // Of the book alone, and done at once.
    [[nodiscard]] Done propose_override(const std::string& id, const std::string& target) const;
    [[nodiscard]] Done reject(std::int64_t proposal) const;

private:
    using Record = std::expected<book::OrderRecord, Setback>;
    [[nodiscard]] Record find(const std::string& id) const;
    [[nodiscard]] std::expected<book::Proposal, Setback> find(std::int64_t proposal) const;
    [[nodiscard]] Found intake(OrderList list, std::string origin) const;
    [[nodiscard]] Result<Taken> write(std::vector<order::Order> orders, const std::string& origin,
                                      std::size_t problems) const;
    [[nodiscard]] Result<Taken> write_status(const std::string& id, order::Status to) const;
    [[nodiscard]] Result<Taken> write_whole(OrderList list) const;
    [[nodiscard]] Result<Taken> write_list(Import& import, ImportedOrders imported, bool all) const;
    [[nodiscard]] Result<Taken> write_rollback(Rollback made, std::uint64_t generation) const;

    book::Book* book_;
    const guard::Guard* guard_;
    const State* state_;
    const Listener* listener_;
    const book::Act* act_;
};

} // namespace interdict::control
