// SPDX-License-Identifier: Apache-2.0
//
// suggest.h: rules on names instead of a block on an address that carries others, too.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "guard/guard.h"
#include "order/order.h"
#include "order/problem.h"

namespace interdict::guard {

// A name that was seen at an address, e.g. in passive DNS.
struct Sighting {
    order::Prefix address; // full length
    std::string name;
};

struct ParsedSightings {
    std::vector<Sighting> sightings; // sorted, each once
    std::vector<order::Problem> problems;
};

// Lines "ADDRESS NAME...", # starts a comment. What cannot be read is reported and left out.
[[nodiscard]] ParsedSightings parse_sightings(std::string_view text, const std::string& file);

// One address target that others share.
struct SharedItem {
    std::size_t item = 0;            // index into order.targets
    std::string why;                 // a sentence
    std::vector<std::string> own;    // names of the order that were seen there
    std::vector<std::string> others; // names seen there that the order does not name
    std::size_t domains = 0;         // registrable domains among all of them
    bool dropped = false;            // rules on names take its place
};

struct Suggestion {
    std::vector<SharedItem> shared;
    // Candidates of an order that names no name itself: all that were seen at its shared addresses and that
    // the guard does not hold. A person strikes out what the order does not mean.
    std::vector<order::NameTarget> names;

    // Something would change.
    [[nodiscard]] bool any() const;
};

// An address is shared if a loaded list, the order or two registrable domains among the sightings say so.
// Where the order has names of its own, these take the address's place, and what else was seen there is told
// as what a block would have taken away; nothing is added to them. An address of which no name is known
// stays.
[[nodiscard]] Suggestion suggest(const Guard& guard, const order::Order& order,
                                 std::span<const Sighting> sightings);

} // namespace interdict::guard
