// SPDX-License-Identifier: Apache-2.0
//
// targets.h: a target of an order in the book, as a person names it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "book/book.h"
#include "order/order.h"

namespace interdict::control {

// text: "www.example.org", "192.0.2.7", "192.0.2.0/24", or exactly as `order show` writes it. Only items in
// this state, if one is given; lifted ones never without. Errors: no such target (what there is), more than
// one (how to tell them apart).
[[nodiscard]] Result<order::Target> find_target(const book::Book& book, const std::string& order,
                                                const std::string& text,
                                                std::optional<book::ItemState> state = {});

} // namespace interdict::control
