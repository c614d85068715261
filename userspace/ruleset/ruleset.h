// SPDX-License-Identifier: Apache-2.0
//
// ruleset.h: a complete, immutable set of rules: what one generation of the plane carries out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "maps/rules.h"
#include "order/order.h"

namespace interdict::ruleset {

// One target under one set of conditions, cited by every order that asks for exactly that.
struct Rule {
    // As the kernel reads it: id, chain, scope bits, window, flags (PRESENT set), means, actions, protocol,
    // ports.
    interdict_rule record{};
    order::Target target;
    std::vector<std::uint32_t> orders; // indices into Ruleset::orders, ascending, never empty
    // Only for rules that hold another order's target below it, in front of an exemption: that target.
    order::NameTarget derived_from;
    bool head = false; // first rule of its target: the id that belongs into the target table

    [[nodiscard]] std::uint32_t id() const { return record.id; }
    [[nodiscard]] bool exempt() const { return record.flags & INTERDICT_RULE_EXEMPT; }
    [[nodiscard]] bool observe() const { return record.flags & INTERDICT_RULE_OBSERVE; }
    [[nodiscard]] bool derived() const { return !derived_from.name.empty(); }
};

// What reports and `explain` say about a cited order; everything but its lists.
struct OrderInfo {
    std::string id;
    order::Kind kind = order::Kind::CourtOrder;
    order::Status status = order::Status::Active;
    order::Mode mode = order::Mode::Enforce;
    std::string authority;
    std::string reference;
    std::string jurisdiction;
    std::int64_t issued = 0;
    std::int64_t effective = 0;
    std::int64_t expires = 0;
    std::int64_t comply_by = 0; // effective + comply_within, 0 = no deadline
    order::Sinkhole sinkhole{};
    order::Notice notice{};

    friend bool operator==(const OrderInfo&, const OrderInfo&) = default;
};

struct Ruleset {
    std::vector<Rule> rules;          // ascending by id; ids start at 1 and may have gaps after removals
    std::vector<OrderInfo> orders;    // every order given, also those that give no rule by their status
    std::vector<order::Scope> scopes; // bit i of record.scope is scopes[i]
    std::uint32_t max_id = 0;         // the largest id in use, 0 without rules

    // Null if no rule has this id.
    [[nodiscard]] const Rule* find(std::uint32_t id) const;
};

// Sets `head` of every rule. Says what is wrong, if anything: a chain's rules are of one target, each has one
// predecessor, there are no more than INTERDICT_RULE_CHAIN_MAX and no ring. Empty: nothing.
[[nodiscard]] std::string link_chains(Ruleset& ruleset);

// Field by field, without padding.
[[nodiscard]] bool same_record(const interdict_rule& one, const interdict_rule& other);

} // namespace interdict::ruleset
