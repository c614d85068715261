// SPDX-License-Identifier: Apache-2.0
//
// health.h: where a plane does less than it was asked to.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "base/result.h"
#include "control/state.h"
#include "maps/rules.h"
#include "plane/plane.h"

namespace interdict::daemon {

// A writer died while it changed the live generation in place. One that is at work is waited for, some
// moments.
[[nodiscard]] bool cut_short(const plane::Plane& plane);
// That, in words.
[[nodiscard]] std::string cut_short_text();

// One line each: an interface that is gone or has lost the program, a stage that the kernel refused, a change
// in place that was cut short. Empty: all well.
[[nodiscard]] Result<std::vector<std::string>> faults(const plane::Plane& plane, const control::State& state);

// Whether names of a channel are looked for at all.
struct ChannelState {
    bool inspected = true;
    std::string reason; // why not, or which part not; one line, empty if all of it is
};

// By enum interdict_channel.
[[nodiscard]] std::array<ChannelState, INTERDICT_CHANNEL_MAX> channel_states(const plane::Plane& plane,
                                                                             const control::State& state);

// Empty; or why whatever is to be answered is dropped.
[[nodiscard]] std::string answer_fault(const plane::Plane& plane, const control::State& state);

} // namespace interdict::daemon
