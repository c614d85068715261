// SPDX-License-Identifier: Apache-2.0
//
// counts.h: what rules have counted, by order, target and hour.
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

class Counts {
public:
    explicit Counts(Store& store) : store_(store) {}

    // Adds to what is there for the same order, target and hour. Not journalled.
    [[nodiscard]] Result<void> add(std::span<const CountRecord> counts);
    [[nodiscard]] Result<std::vector<CountRecord>> of(std::string_view order, std::int64_t from,
                                                      std::int64_t until) const;

    // One of several steps of a together(). Sums an order's counts of one hour into its day's: the first hour
    // of those that begin from `from` on and before `until`. False: there is none left.
    [[nodiscard]] Result<bool> roll_up(std::string_view order, std::int64_t from, std::int64_t until);

    // Counters as they were kept last.
    [[nodiscard]] Result<std::vector<RuleReading>> readings() const;
    [[nodiscard]] Result<std::optional<RuleReading>> reading(std::uint32_t rule) const;
    [[nodiscard]] Result<void> set_reading(const RuleReading& reading);
    // The rule is no more: its number may be given to another one.
    [[nodiscard]] Result<void> forget_reading(std::uint32_t rule);
    [[nodiscard]] Result<void> forget_readings();

    // Small values that must survive, e.g. the counters as they were archived last.
    [[nodiscard]] Result<std::optional<std::string>> value(std::string_view key) const;
    [[nodiscard]] Result<void> set_value(std::string_view key, std::string_view value);

private:
    Store& store_;
};

} // namespace interdict::book
