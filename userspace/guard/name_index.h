// SPDX-License-Identifier: Apache-2.0
//
// name_index.h: which of many names stand above a name, and which below it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "order/order.h"

namespace interdict::guard {

class NameIndex {
public:
    // id: the caller's own. Of equal names the first that was added stands, unless only a later one covers
    // what is below it. name must outlive the index.
    void add(const order::NameTarget& name, std::uint32_t id);
    void seal();

    // The name itself, or the nearest name above it that covers what is below.
    [[nodiscard]] std::optional<std::uint32_t> at_or_above(std::string_view name) const;
    // Whether any name stands below; cheap.
    [[nodiscard]] bool any_below(std::string_view name) const;
    // All names below, in no order that means anything.
    [[nodiscard]] std::vector<std::uint32_t> below(std::string_view name) const;

private:
    struct Entry {
        std::uint32_t id = 0;
        bool subtree = false;
    };
    struct Hash {
        std::size_t operator()(std::string_view name) const { return order::place_hash(name); }
    };

    std::unordered_map<std::string_view, Entry, Hash> names_;
    std::unordered_set<std::string_view, Hash> parents_; // every name above one of names_
    // The last characters first, so that what is below a name stands together.
    std::vector<std::pair<std::string, std::uint32_t>> reversed_;
};

} // namespace interdict::guard
