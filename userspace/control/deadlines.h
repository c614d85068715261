// SPDX-License-Identifier: Apache-2.0
//
// deadlines.h: how long there is to comply.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "book/book.h"

namespace interdict::control {

struct Deadline {
    enum class State : std::uint8_t {
        Running, // not proven, there is time left
        Overdue, // not proven, there is none
        Missed,  // proven, but late
    };
    book::Delivery delivery;
    State state = State::Running;
    std::int64_t left = 0; // seconds; of Missed: how early it was proven, so below 0
};

// Of the book's open and missed deadlines, nearest first.
[[nodiscard]] Result<std::vector<Deadline>> deadlines(const book::Book& book, std::int64_t time);

// The book in numbers.
struct Overview {
    std::size_t orders = 0;
    std::size_t in_force = 0;     // of them
    std::size_t held = 0;         // targets
    std::size_t proposals = 0;    // open ones
    std::size_t overdue = 0;      // changes
    std::optional<Deadline> next; // of those that there is time for
};
[[nodiscard]] Result<Overview> overview(const book::Book& book, std::int64_t time);

[[nodiscard]] std::string_view to_string(Deadline::State state);

// "2 d 03:15:00" and "- 00:00:07".
[[nodiscard]] std::string countdown(std::int64_t seconds);

// The last fact that is so: "imported", "staged", "published" or "proven".
[[nodiscard]] std::string_view furthest(const book::Delivery& delivery);

} // namespace interdict::control
