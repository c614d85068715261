// SPDX-License-Identifier: Apache-2.0
//
// intake.h: orders on their way into the book, past the guard.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "book/book.h"
#include "guard/guard.h"
#include "order/order.h"

namespace interdict::control {

// A target that the guard does not let through.
struct Held {
    std::string order;
    order::Target target;
    guard::Finding finding;
    bool known = false; // the book has it as held already
};

struct Vetted {
    std::vector<book::Incoming> orders;
    std::vector<Held> held;
    std::size_t passed = 0; // targets
};

class Intake {
public:
    Intake(const book::Book& book, const guard::Guard& guard) : book_(book), guard_(guard) {}

    // Splits every order's targets. What two persons have let through before passes again; what is held stays
    // so until a person has decided.
    [[nodiscard]] Result<Vetted> vet(std::vector<order::Order> orders) const;

private:
    // What the book has of these, and perhaps of others.
    [[nodiscard]] Result<std::vector<book::OrderRecord>>
    records(const std::vector<order::Order>& orders) const;
    // before: the order as the book has it; null if it has not.
    [[nodiscard]] Result<void> vet_order(order::Order order, const book::OrderRecord* before,
                                         Vetted& vetted) const;

    const book::Book& book_;
    const guard::Guard& guard_;
};

} // namespace interdict::control
