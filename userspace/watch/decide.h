// SPDX-License-Identifier: Apache-2.0
//
// decide.h: from what was seen of an order's names to what is proposed under it. Pure.
//
//     Successor   dynamic orders only: the service of an address target answers at another address; a name
//     became
//                 an alias of another domain; a candidate serves from an address of its own that a target has
//                 too
//     Suspend     a target stands at a banner: who visits it should see that
//     Lift        a name is dead
//
// A proposal says what is so now, not what has just happened: a check that was interrupted loses none.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "book/records.h"
#include "guard/guard.h"
#include "order/order.h"
#include "watch/observe.h"
#include "watch/settings.h"

namespace interdict::watch {

using Snapshots = std::map<std::string, Snapshot, std::less<>>; // by name

// guard::Guard::check() of the present lists.
using Judge = std::function<std::vector<guard::Finding>(const order::Order&)>;

struct Draft {
    book::Proposal proposal; // without id, proposer and times
    std::int64_t since = 0;  // what it rests on has been so since then
    std::string summary;     // a line for people
};

struct Decision {
    std::vector<Draft> drafts;
    std::vector<std::string> notes; // what was seen and not proposed, and why
};

// order: one in force, with the targets that give rules. snapshots: at least of its names and of its
// candidates; a name without one is passed over.
[[nodiscard]] Decision decide(const order::Order& order, const Snapshots& snapshots, const Settings& settings,
                              const Judge& judge, std::int64_t now);

// A person has decided the same since what it rests on began: it is not asked again.
[[nodiscard]] bool was_decided(const Draft& draft, std::span<const book::Proposal> proposals);

} // namespace interdict::watch
