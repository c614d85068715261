// SPDX-License-Identifier: Apache-2.0
//
// ids.h: which rule keeps which id.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "ruleset/ruleset.h"

namespace interdict::ruleset {

// What one order or scope of an earlier set is in a later one.
inline constexpr std::uint32_t kGone = UINT32_MAX;

class Translation {
public:
    Translation(const Ruleset& before, const std::vector<OrderInfo>& orders,
                const std::vector<order::Scope>& scopes);

    // Index in the later set, or kGone.
    [[nodiscard]] std::uint32_t order(std::uint32_t before) const { return orders_[before]; }
    // Bits of the later set; a scope that is gone gives a bit that no scope of it has, or every bit.
    [[nodiscard]] std::uint32_t scope(std::uint32_t before) const;
    // At least one order cites both. Both lists are not empty.
    [[nodiscard]] bool overlap(const std::vector<std::uint32_t>& before,
                               const std::vector<std::uint32_t>& after) const;
    [[nodiscard]] bool equal(const std::vector<std::uint32_t>& before,
                             const std::vector<std::uint32_t>& after) const;
    // Everything the kernel reads but id, chain and order index; scope bits by name.
    [[nodiscard]] bool same_conditions(const interdict_rule& before, const interdict_rule& after) const;

private:
    std::vector<std::uint32_t> orders_;
    std::vector<std::uint32_t> scopes_; // bit of the later set per bit of the earlier, 0 = gone
};

// Same target, and the same role on it: a rule, a derived rule or an exemption.
[[nodiscard]] bool same_identity(const Rule& one, const Rule& other);

// The next id for a new rule.
using IdSource = std::function<std::uint32_t()>;

// Ids that no rule of the previous set has, lowest first. previous: null for the first set; must outlive it.
[[nodiscard]] IdSource free_ids(const Ruleset* previous);

// Sets record.id of all rules. sequence: a rank for each rule, by which new ids are given out.
void assign_ids(std::vector<Rule>& rules, std::span<const std::uint32_t> sequence, const Ruleset* previous,
                const Translation* translation, const IdSource& new_ids);

} // namespace interdict::ruleset
