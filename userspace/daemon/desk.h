// SPDX-License-Identifier: Apache-2.0
//
// desk.h: where everything is changed: book, guard, state directory and plane in the hands of one writer, the
// loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "book/book.h"
#include "control/enforcer.h"
#include "control/listener.h"
#include "control/state.h"
#include "control/stepper.h"
#include "control/steps.h"
#include "daemon/config.h"
#include "daemon/edge_keeper.h"
#include "daemon/events.h"
#include "daemon/metrics/tally.h"
#include "daemon/reply.h"
#include "guard/guard.h"

namespace interdict::daemon {

// Of long work, from the loop's thread. total 0 = unknown.
using Progress = std::function<void(std::string_view what, std::uint64_t done, std::uint64_t total)>;

class Desk {
public:
    // Holds the book's lock, and the plane's if there is one, until destroyed. A plane that is up is adopted
    // as it is; interfaces of the configuration are added to it. Errors: the book or the guard cannot be had,
    // another writer. A plane that cannot be had is no error: it is a fault.
    [[nodiscard]] static Result<std::unique_ptr<Desk>> open(const Config& config, Events& events);
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;

    [[nodiscard]] book::Book& book() { return book_; }
    [[nodiscard]] const guard::Guard& guard() const { return guard_; }
    [[nodiscard]] const control::State& state() const { return state_; }
    // What it is on, and whether it is up at all.
    [[nodiscard]] EdgeKeeper& edge_keeper() { return keeper_; }
    [[nodiscard]] const control::Edge& edge() const { return keeper_.edge(); }
    [[nodiscard]] const control::Listener& listener() const { return listener_; }

    // What may be asked of it. act: must outlive the steps.
    [[nodiscard]] control::Steps steps(const book::Act& act)
    {
        return {book_, guard_, state_, listener_, act};
    }

    // Answers: docs/api.md, Outcome.
    [[nodiscard]] Reply take(const book::Act& act, control::Step step);
    // What a careful step would do, without doing it.
    [[nodiscard]] Reply rehearse(const control::Step& step);

    // The new guard and scopes, and interfaces that are new or have another role. Then what is in force is
    // may have to be published anew: then true. Error: nothing has changed.
    [[nodiscard]] Result<bool> reconfigure(const Config& config);

    // A step is in the book and could not be made live.
    [[nodiscard]] bool behind() const { return behind_; }

    // Nothing has happened in the book since it was made live last.
    [[nodiscard]] Result<bool> settled()
    {
        return control::Enforcer(book_, guard_, state_, keeper_.edge(), listener_).all_noted();
    }

    // Lets go of the book while its disk has failed, and takes it again when that is well. True: it did.
    [[nodiscard]] bool mend_book();

    // Where it does less than it should, one line each.
    [[nodiscard]] std::vector<std::string> faults() const;

    // From any thread.
    [[nodiscard]] const Tally& tally() const { return tally_; }

    // Of the step that is being taken; empty = nobody wants to know.
    void set_progress(Progress progress) { progress_ = std::move(progress); }
    // Of every step.
    void set_heartbeat(Progress heartbeat) { heartbeat_ = std::move(heartbeat); }

private:
    Desk(const Config& config, control::State state, book::Book book, guard::Guard guard, Events& events);

    // True: they are others than before.
    [[nodiscard]] Result<bool> take_scopes(const Config& config) const;
    [[nodiscard]] control::Stepper stepper();
    [[nodiscard]] Json answer(control::Outcome outcome, std::vector<std::string> warnings) const;
    // Into metrics and events.
    void tell(const control::Outcome& outcome);

    control::State state_;
    book::Book book_;
    guard::Guard guard_;
    Events& events_;
    Progress progress_;
    Progress heartbeat_;
    control::Listener listener_;
    EdgeKeeper keeper_;
    Tally tally_;
    std::optional<std::vector<std::string>> warnings_; // of the step that is being taken
    std::string no_book_;                              // why it cannot be taken again
    bool behind_ = false;
};

} // namespace interdict::daemon
