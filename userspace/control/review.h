// SPDX-License-Identifier: Apache-2.0
//
// review.h: the guard once more, over what is in force: its lists change while orders stay.
#pragma once

#include <vector>

#include "base/result.h"
#include "book/book.h"
#include "control/intake.h"
#include "guard/guard.h"
#include "order/order.h"

namespace interdict::control {

class Review {
public:
    // The book was reviewed by a guard of the same digest, and everything since came past it.
    [[nodiscard]] static Result<bool> done(const book::Book& book, const guard::Guard& guard);
    // From now on; after a review of all that is in force was written.
    [[nodiscard]] static Result<void> set_done(book::Book& book, const guard::Guard& guard);

    // Takes out of the orders what must be held now. in_force: all of the book's, or some.
    [[nodiscard]] static Result<Review> make(const book::Book& book, const guard::Guard& guard,
                                             std::vector<order::Order>& in_force);

    [[nodiscard]] const std::vector<Held>& held() const { return held_; }
    // The book has it as held, and this guard would let it through.
    [[nodiscard]] const std::vector<book::ItemRecord>& releasable() const { return releasable_; }

    // Holds, and proposes what may be released: nothing is let through without a person.
    [[nodiscard]] Result<void> write(book::Book& book, const book::Act& act) const;

private:
    std::vector<Held> held_;
    std::vector<std::int64_t> keys_; // of held_, in the book
    std::vector<book::ItemRecord> releasable_;
};

} // namespace interdict::control
