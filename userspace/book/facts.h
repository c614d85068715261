// SPDX-License-Identifier: Apache-2.0
//
// facts.h: imported, staged, published, proven: when, for every change of an order.
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

class Facts {
public:
    explicit Facts(Store& store) : store_(store) {}

    // Holds for every change up to the journal's sequence number `change` that has not got this fact.
    [[nodiscard]] Result<void> note(Fact fact, std::uint64_t generation, std::string_view digest,
                                    std::int64_t change, const Act& act);
    [[nodiscard]] Result<std::vector<Delivery>> deliveries(std::string_view order) const;
    // Of the latest change that is to be carried out; 0 = there was none.
    [[nodiscard]] Result<std::int64_t> last_change() const;
    // Changes not proven yet that have a deadline, and proven ones that missed it; nearest deadline first.
    [[nodiscard]] Result<std::vector<Delivery>> due() const;

private:
    Store& store_;
};

} // namespace interdict::book
