// SPDX-License-Identifier: Apache-2.0
//
// live.h: the tables of the live generation in this process' memory: what the kernel judges by.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/result.h"
#include "image/view.h"
#include "maps/answers.h"
#include "maps/control.h"
#include "maps/rules.h"
#include "maps/targets.h"
#include "plane/mapping.h"
#include "plane/maps.h"

namespace interdict::plane {

// A generation stays readable here after another one has taken its place.
class LiveTables {
public:
    // Errors: no generation is live; no privilege to open inner maps by their number (CAP_SYS_ADMIN).
    [[nodiscard]] static Result<LiveTables> open(const Maps& maps);

    [[nodiscard]] const interdict_generation& header() const { return header_; }

    // Valid as long as this object is neither moved nor destroyed.
    [[nodiscard]] image::View view() const;

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
