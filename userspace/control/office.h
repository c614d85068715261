// SPDX-License-Identifier: Apache-2.0
//
// office.h: the book, the guard and the state directory, opened together.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "book/book.h"
#include "control/listener.h"
#include "control/state.h"
#include "guard/guard.h"
#include "guard/load.h"

namespace interdict::control {

// settings: the guard's; empty = guard.json in the state directory, and without one what is built in. Lists
// that are not as they should be are told. Errors: those of guard::load(), one a line.
[[nodiscard]] Result<guard::Guard> open_guard(const State& state, const std::filesystem::path& settings,
                                              guard::Keep keep, const Listener& listener);

class Office {
public:
    // Access::Write makes the state directory and the book. Errors: those of Book::open() and open_guard().
    [[nodiscard]] static Result<Office> open(const State& state, book::Access access,
                                             const std::filesystem::path& guard_settings,
                                             const Listener& listener);

    // With an empty book in memory, where there is none yet and none is to be made.
    [[nodiscard]] static Result<Office>
    rehearsal(const State& state, const std::filesystem::path& guard_settings, const Listener& listener);

    [[nodiscard]] book::Book& book() { return book_; }
    [[nodiscard]] const guard::Guard& guard() const { return guard_; }
    [[nodiscard]] const State& state() const { return state_; }

private:
    Office(State state, book::Book book, guard::Guard guard)
        : state_(std::move(state)), book_(std::move(book)), guard_(std::move(guard))
    {
    }

    State state_;
    book::Book book_;
    guard::Guard guard_;
};

} // namespace interdict::control
