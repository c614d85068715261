// SPDX-License-Identifier: Apache-2.0
//
// enforcer.h: makes what the book says the live rules.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "book/book.h"
#include "control/edge.h"
#include "control/in_place.h"
#include "control/listener.h"
#include "control/plan.h"
#include "control/publisher.h"
#include "control/state.h"
#include "control/stopwatch.h"
#include "guard/guard.h"

namespace interdict::control {

class Enforcer {
public:
    // All must outlive it. book: open for writing, unless only plans are made.
    Enforcer(book::Book& book, const guard::Guard& guard, const State& state, Edge& edge,
             const Listener& listener)
        : book_(book), guard_(guard), state_(state), edge_(edge), listener_(listener)
    {
    }

    // Error: the live generation was not published from this book; all that the book does not know would go.
    // To be asked before a step, unless that gives the whole list.
    [[nodiscard]] Result<void> recognise() const;

    // To be asked before a step, for plan(). Without a plane that is up, it says so.
    [[nodiscard]] Result<Before> before(Reach reach) const;

    // Of all that is in force. Errors: those of make_candidate().
    [[nodiscard]] Result<Plan> plan(const std::vector<order::Scope>& scopes) const;

    // The same after a step, by a change in place if that can be.
    [[nodiscard]] Result<Plan> plan(const Before& before, const std::vector<order::Scope>& scopes) const;

    // The same with the scopes that are kept. instead: what is to be live in place of all that is in force.
    [[nodiscard]] Result<Plan> plan_step(const Before& before,
                                         const std::optional<std::vector<order::Order>>& instead) const;

    // Of less than that; see rollback.h.
    [[nodiscard]] Result<Plan> plan(std::vector<order::Order> in_force,
                                    const std::vector<order::Scope>& scopes) const;

    // Holds what the review found, publishes, and notes the facts for all changes of the book so far. If the
    // live generation is exactly the plan, they are noted for that. A change in place that fails is followed
    // by a whole generation.
    [[nodiscard]] Result<Publication> carry_out(const Plan& plan, const book::Act& act, Stopwatch& watch);

    // Nothing has happened in the book since the facts were noted last.
    [[nodiscard]] Result<bool> all_noted() const;

private:
    [[nodiscard]] Result<void> judge_canaries(Plan& plan) const;
    // An empty book needs no review: what comes into it passes this guard.
    [[nodiscard]] Result<void> begin_reviewed() const;
    // Why the live generation is not what the book had in force before a step; empty: it is.
    [[nodiscard]] Result<std::string> apart() const;
    // After a change in place that failed.
    [[nodiscard]] Result<Publication> mend(const Change& change, const std::string& why,
                                           const Witness& witness) const;
    void put_back(const Change& change, const ruleset::Ruleset& before) const;
    struct CameTrue {
        book::Fact fact;
        std::uint64_t number;
        std::string digest;
        std::int64_t time;
    };
    // In one transaction, which costs a wait for the disk. part: the live generation is what was published,
    // and whether it is less than what is in force.
    void keep(const std::vector<CameTrue>& facts, std::int64_t change, const book::Act& act,
              std::optional<bool> part = {});

    book::Book& book_;
    const guard::Guard& guard_;
    const State& state_;
    Edge& edge_;
    const Listener& listener_;
};

} // namespace interdict::control
