// SPDX-License-Identifier: Apache-2.0
//
// sketches.h: how many names were seen behind an address that a rule observes (maps/sketches.h).
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_set>

#include "base/result.h"
#include "maps/rules.h"
#include "maps/sketches.h"
#include "plane/mapping.h"
#include "plane/maps.h"

namespace interdict::plane {

// Relative: one in three estimates is further off, one in twenty by more than twice as much.
inline constexpr double kSketchError = 1.04 / 16;
static_assert(INTERDICT_SKETCH_REGISTERS == 16 * 16);

// Distinct names that went into it, as an estimate.
[[nodiscard]] double estimate(const interdict_sketch& sketch);

// The same by the rule's id; nothing for a rule that has no sketch.
[[nodiscard]] std::optional<double> names_behind(const Maps& maps, std::uint32_t rule);

// The rule counts names: it is on an address, and only observes.
[[nodiscard]] bool has_sketch(const interdict_rule& record);

// For a generation in the making: sets `answer` of each rule that counts names, to the sketch that it has, or
// to an empty one that no rule of the live generation uses; those that neither uses are nobody's from then
// on. rules: by id. Once all are given away, further rules get none (answer 0). Returns how many did not get
// one.
std::size_t assign_sketches(const Maps& maps, const Mapping<interdict_rule>& rules);

// For a rule that came in place: an empty sketch that nobody has, if it counts names and there is one left.
void give_sketch(const Maps& maps, interdict_rule& record);

// For rules that begin anew, as their counters do.
void empty_sketches(const Maps& maps, const std::unordered_set<std::uint32_t>& rules);

} // namespace interdict::plane
