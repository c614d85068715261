// SPDX-License-Identifier: Apache-2.0
//
// stepper.h: takes a step: in the book, and what follows from it on the plane. What became of it is a value;
// whoever asked says it in words or as JSON (changes_json.h).
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "book/book.h"
#include "control/edge.h"
#include "control/enforcer.h"
#include "control/intake.h"
#include "control/listener.h"
#include "control/plan.h"
#include "control/publisher.h"
#include "control/state.h"
#include "control/stopwatch.h"
#include "guard/guard.h"
#include "order/order.h"

namespace interdict::control {

// A file of scopes.
struct ScopesFile {
    std::string text;
    std::vector<order::Scope> scopes; // what it says
};

// A step, taken in the book.
struct Taken {
    std::string sentence;
    nlohmann::ordered_json json = nlohmann::ordered_json::object();
    std::vector<Held> held{};                           // targets that did not get in
    bool nothing_new = false;                           // and nothing else did
    std::optional<std::vector<order::Order>> instead{}; // to be live in place of all that is in force
    std::optional<ScopesFile> scopes{};                 // to be kept, and to make rules with from now on
};

// One that may be taken, once.
struct Step {
    enum class Way {
        // More may be blocked by it. It is in the book only if rules can be made of all that is then in
        // force, and no canary would be blocked by them.
        Carefully,
        // Like that, of a step that gives the whole list: it may replace rules that are not of this book.
        WholeList,
        // Less is blocked by it. It is in the book whatever becomes of the plane.
        AtOnce
    };

    Way way = Way::Carefully;
    Reach reach; // what it may change
    std::function<Result<Taken>()> take;
};

// Why a step was not taken, or is not live.
struct Setback {
    enum class Why {
        Missing,  // there is no such order, target, proposal, generation
        Conflict, // it cannot be taken as things are
        Refused,  // a canary would be blocked
        NotLive,  // the plane could not be made to follow
        Broken    // the book or the state directory cannot be read
    };

    Why why = Why::Conflict;
    Error error;          // one line
    bool in_book = false; // the step is, and the live generation goes on as it was
};

// Why a step is in the book alone. meant: that was asked for.
struct Alone {
    std::string why;
    bool meant = false;
};

// Of a step that is in the book and, if a plane is up, live there; or that was only rehearsed.
struct Outcome {
    Taken taken; // held: with what the guard's review has taken out
    bool rehearsed = false;
    std::optional<Plan> plan{}; // nothing: no plane is up
    Publication publication{};
    Times times{};
    Alone alone{}; // then: why

    [[nodiscard]] bool published() const { return publication.number != 0; }
    [[nodiscard]] bool in_place() const { return plan && plan->change && publication.instead.empty(); }
};

enum class End {
    Ok,
    Degraded, // taken, and something is not as it should be
    Refused   // the guard let nothing of it through
};

// faults: the plane does less than it should.
[[nodiscard]] End end_of(const Outcome& outcome, bool faults);

class Stepper {
public:
    // All must outlive it. book: open for writing. alone: of steps that are taken while no plane is up.
    Stepper(book::Book& book, const guard::Guard& guard, const State& state, Edge& edge,
            const Listener& listener, Alone alone)
        : book_(book), state_(state), edge_(edge), enforcer_(book, guard, state, edge, listener),
          alone_(std::move(alone))
    {
    }

    using Became = std::expected<Outcome, Setback>;

    // watch: since the step was asked for. The edge's rules stay those that were live before.
    [[nodiscard]] Became take(const book::Act& act, Step step, Stopwatch watch = {});

    // What a careful step would do, without doing it.
    [[nodiscard]] Became rehearse(const Step& step);

private:
    // Error: the plane has rules that are not of this book, and the step is no whole list.
    [[nodiscard]] Result<void> recognise(const Step& step) const;
    [[nodiscard]] Result<Plan> plan(const Before& before, const Taken& taken) const;
    [[nodiscard]] Became follow(const book::Act& act, Outcome outcome, Stopwatch& watch);
    // In words, with what goes on filtering.
    [[nodiscard]] std::unexpected<Setback> refused(const std::string& why, const char* where,
                                                   bool in_book) const;
    [[nodiscard]] std::unexpected<Setback> not_live(const Error& error) const;

    book::Book& book_;
    const State& state_;
    Edge& edge_;
    Enforcer enforcer_;
    Alone alone_;
};

} // namespace interdict::control
