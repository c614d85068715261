// SPDX-License-Identifier: Apache-2.0
//
// in_place.h: a step that touches few targets of a large book, planned as a change of the live generation
// where it is. Nothing here reads all that is in force.
#pragma once

#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "book/book.h"
#include "control/candidate.h"
#include "control/edge.h"
#include "image/patch.h"
#include "order/order.h"
#include "plane/live.h"
#include "ruleset/patch.h"

namespace interdict::control {

// Beyond, reading the live rules back takes too long.
inline constexpr std::size_t kPatchesMax = 1000;

// What a step may change on the plane, said before it is taken.
struct Reach {
    std::vector<order::Target> targets; // every one whose rules it may change
    std::string unbounded;              // not empty: these are not all, and why
    // The order whose status it sets, if it sets one.
    std::optional<std::pair<std::string, order::Status>> status{};
};

using Items = std::vector<const order::Item*>;
[[nodiscard]] Items items_of(const order::Order& order);
// The targets that one list has and the other has not, or with another end.
[[nodiscard]] std::vector<order::Target> differing(Items before, Items after);

// Of orders as they are before and as they are given: the targets that one has and the other has not or with
// another end; all of them if anything else that rules are made of differs.
[[nodiscard]] Reach reach_of(const order::Order& before, const order::Order& after);
// The same of several, each against what the book has of it.
[[nodiscard]] Result<Reach> reach_of(const book::Book& book, std::span<const order::Order> orders);

// What is at a step's places before it is taken.
struct Before {
    Reach reach;
    std::vector<std::uint64_t> places{};         // order::place_hash(), distinct
    std::vector<order::Order> orders{};          // in force there, with their targets there
    std::string whole;                           // why a whole generation is needed; empty: perhaps none is
    std::shared_ptr<plane::LiveTables> tables{}; // of the live generation
    // Done: there is room in them for what may come. Until then nobody else reads or changes them.
    std::shared_future<void> room{};
};

// Reads what is in force at the places, and begins to make room for what may come to them: that waits for
// packets, and the step for the disk. Says in `whole` what the book and the plane know against a change in
// place.
[[nodiscard]] Result<Before> look_before(const book::Book& book, const Edge& edge, Reach reach);

struct Change {
    std::shared_ptr<plane::LiveTables> tables;
    ruleset::Patch rules;
    image::Patch image;
    std::string before; // digests of what is live and of what it becomes
    std::string digest;
    std::string text; // ruleset::write_patch()
    Expired expired;
    bool nothing = false; // it changes neither rules nor what is known of orders
};

// A change, or why it takes a whole generation.
struct ChangePlan {
    std::optional<Change> change{};
    std::string whole{};
};

// After the step. Changes nothing. Errors: as make_candidate().
[[nodiscard]] Result<ChangePlan> plan_change(const book::Book& book, Edge& edge, const Before& before,
                                             const std::vector<order::Scope>& scopes, std::int64_t time);

} // namespace interdict::control
