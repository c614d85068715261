// SPDX-License-Identifier: Apache-2.0
//
// near.h: ids of rules on full addresses, so given out that packets find their counters early (maps/near.h).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "maps/near.h"
#include "ruleset/ruleset.h"

namespace interdict::ruleset {

// Fewer rules at once are given the lowest ids that are free, in order: their counters fit a cache.
inline constexpr std::size_t kNearMin = 16'384;

// A rule on one full address: only those have a place that follows from it.
[[nodiscard]] bool has_near(const Rule& rule);
[[nodiscard]] std::uint64_t near_mix(const Rule& rule); // has_near()

// The id is one of the four that follow from the address.
[[nodiscard]] bool is_near(const Rule& rule, std::uint32_t blocks);

// Sets record.id of rules[i] for each i in `fresh`, of which none has one. ids: as many as `fresh`,
// ascending. Rules for which there is no id near their address get what is left, both in order.
void place_near(std::vector<Rule>& rules, std::span<const std::uint32_t> fresh,
                std::span<const std::uint32_t> ids);

// Over how many blocks the ids of most rules on full addresses lie as they should, 0 = of too few.
[[nodiscard]] std::uint32_t near_blocks(const Ruleset& ruleset);

} // namespace interdict::ruleset
