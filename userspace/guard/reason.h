// SPDX-License-Identifier: Apache-2.0
//
// reason.h: why a target is held and what to do instead, in sentences that a court may read.
#pragma once

#include <string>

#include "guard/guard.h"

namespace interdict::guard {

enum class Relation {
    Is,
    Inside,
    Around
}; // the target to the entry: is it, lies in or below it, has it inside

// Of one order, which must outlive it. item: index of the target that is held.
class Reasons {
public:
    explicit Reasons(const order::Order& order) : order_(order) {}

    [[nodiscard]] const order::Order& order() const { return order_; }

    // The target collides with an entry of list.
    [[nodiscard]] Finding collision(std::size_t item, const List& list, const NameEntry& entry,
                                    Relation relation);
    [[nodiscard]] Finding collision(std::size_t item, const List& list, const PrefixEntry& entry,
                                    Relation relation, Sharing sharing);
    // The order itself says that an address is not used exclusively.
    [[nodiscard]] Finding admitted_sharing(std::size_t item, Sharing sharing);
    [[nodiscard]] Finding too_wide(std::size_t item, unsigned longest);
    [[nodiscard]] Finding without_end(std::size_t item) const;
    [[nodiscard]] Finding single_label(std::size_t item) const;
    [[nodiscard]] Finding public_suffix(std::size_t item, bool registry) const;

private:
    [[nodiscard]] const order::Target& target_of(std::size_t item) const
    {
        return order_.targets[item].target;
    }
    // The upper rungs of the ladder: dns, then tls, quic and http; below are the address with ports and
    // alone.
    [[nodiscard]] const std::string& by_name();

    const order::Order& order_;
    std::string by_name_; // made once: an order may have a million names
};

} // namespace interdict::guard
