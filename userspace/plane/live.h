// SPDX-License-Identifier: Apache-2.0
//
// live.h: the tables of the live generation in this process' memory: what the kernel judges by.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/result.h"
#include "image/patch.h"
#include "image/view.h"
#include "maps/answers.h"
#include "maps/control.h"
#include "maps/rules.h"
#include "maps/targets.h"
#include "plane/mapping.h"
#include "plane/maps.h"

namespace interdict::plane {

// The header of the live generation, whole even while it is changed in place; number 0: none is live.
[[nodiscard]] interdict_generation live_header(const Maps& maps);

// A generation stays readable here after another one has taken its place.
class LiveTables {
public:
    // Errors: no generation is live; no privilege.
    [[nodiscard]] static Result<LiveTables> open(const Maps& maps, Access access = Access::Read);

    [[nodiscard]] const interdict_generation& header() const { return header_; }

    // Valid as long as this object is neither moved nor destroyed.
    [[nodiscard]] image::View view() const;

    // Opened with Access::Write: what a patch reads and changes. maps: those that this was opened from.
    [[nodiscard]] image::Live memory(const Maps& maps) const;

    // Nothing if the generation has no such rule.
    [[nodiscard]] std::optional<interdict_rule> rule(std::uint32_t id) const;

    // interdict_rule.answer; nothing if the generation has none of this index.
    [[nodiscard]] std::optional<interdict_answer> answer(std::uint32_t index) const;

private:
    LiveTables() = default;

    interdict_generation header_{};
    interdict_name_key name_key_{};
    Mapping<interdict_bucket> buckets_;
    Mapping<interdict_rule> rules_;
    Mapping<interdict_answer> answers_;
};

} // namespace interdict::plane
