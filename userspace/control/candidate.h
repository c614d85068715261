// SPDX-License-Identifier: Apache-2.0
//
// candidate.h: a rule set that may become the next generation, whole, before anything is touched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "image/image.h"
#include "order/order.h"
#include "ruleset/diff.h"
#include "ruleset/ruleset.h"

namespace interdict::control {

struct Expired {
    std::size_t orders = 0;
    std::size_t targets = 0; // of other orders
};

// What has expired gives no rules: a table of millions is better spent on what can still be hit. Such orders
// stay in the list, as expired and with their targets.
[[nodiscard]] Expired drop_expired(std::vector<order::Order>& orders, std::int64_t time);

struct Candidate {
    ruleset::Ruleset rules;
    std::string text;   // ruleset/text.h
    std::string digest; // of text
    image::Image image;
    ruleset::Diff diff; // from `before`
    Expired expired;
};

// before: the live rule set, whose rules keep their ids and counters. Pure. Errors: those of
// ruleset::compile() and image::build_image().
[[nodiscard]] Result<Candidate> make_candidate(std::vector<order::Order> orders,
                                               std::vector<order::Scope> scopes,
                                               const ruleset::Ruleset& before, std::int64_t time);

// The same rules once more, whatever the orders say now.
[[nodiscard]] Result<Candidate> repeat(const ruleset::Ruleset& rules, const ruleset::Ruleset& before);

} // namespace interdict::control
