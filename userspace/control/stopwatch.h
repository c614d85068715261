// SPDX-License-Identifier: Apache-2.0
//
// stopwatch.h: the four facts about a step, kept apart, in milliseconds since it was asked for.
#pragma once

#include <chrono>
#include <optional>

#include "book/records.h"

namespace interdict::control {

struct Times {
    std::optional<double> imported{};
    std::optional<double> staged{};
    std::optional<double> published{};
    std::optional<double> proven{};
};

class Stopwatch {
public:
    void imported() { times_.imported = elapsed(); }
    void came_true(book::Fact fact)
    {
        (fact == book::Fact::Staged      ? times_.staged
         : fact == book::Fact::Published ? times_.published
                                         : times_.proven) = elapsed();
    }
    [[nodiscard]] const Times& times() const { return times_; }

private:
    [[nodiscard]] double elapsed() const
    {
        return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start_).count();
    }

    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    Times times_;
};

} // namespace interdict::control
