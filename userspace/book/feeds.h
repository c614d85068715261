// SPDX-License-Identifier: Apache-2.0
//
// feeds.h: lists from outside: when each was taken last, and what it held.
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

class Feeds {
public:
    explicit Feeds(Store& store) : store_(store) {}

    [[nodiscard]] Result<std::optional<FeedState>> find(std::string_view name) const;
    [[nodiscard]] Result<std::vector<FeedState>> all() const;
    [[nodiscard]] Result<void> set(const FeedState& state); // not journalled; taking a list is

private:
    Store& store_;
};

} // namespace interdict::book
