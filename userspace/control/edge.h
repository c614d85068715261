// SPDX-License-Identifier: Apache-2.0
//
// edge.h: the plane that is up, and what the state directory says about its rules.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "control/listener.h"
#include "control/state.h"
#include "plane/plane.h"
#include "ruleset/ruleset.h"

namespace interdict::control {

class Edge {
public:
    // No plane: what is compared with it is compared with nothing.
    Edge() = default;

    // As a writer, it first finishes what a process that died has begun. Error: no plane is up, or another
    // writer (code EWOULDBLOCK).
    [[nodiscard]] static Result<Edge> adopt(const std::filesystem::path& pins, const State& state,
                                            plane::Access access, const Listener& listener);

    // A plane that the caller has: detached ones, for tests and rehearsals.
    [[nodiscard]] static Result<Edge> over(plane::Plane plane, const State& state, const Listener& listener);

    [[nodiscard]] bool up() const { return plane_.has_value(); }
    // Only of one that is up.
    [[nodiscard]] plane::Plane& plane() { return *plane_; }
    [[nodiscard]] const plane::Plane& plane() const { return *plane_; }

    [[nodiscard]] std::optional<interdict_generation> live() const;

    // Of the live generation, or if a change in place was cut short of what it was to become. Read when they
    // are first asked for: there may be millions. Empty without a generation, and if the state directory has
    // lost it (which is told).
    [[nodiscard]] const ruleset::Ruleset& rules() const;

    // These are to be taken for the live ones.
    void set_rules(ruleset::Ruleset rules);

private:
    [[nodiscard]] ruleset::Ruleset read_rules() const;

    std::optional<plane::Plane> plane_;
    std::optional<State> state_;
    Listener listener_;
    mutable std::optional<ruleset::Ruleset> rules_;
};

// "; generation 7 keeps filtering": what an operator wants to know first after any failure. Empty if none is
// live.
[[nodiscard]] std::string still_live(const std::optional<interdict_generation>& live);

} // namespace interdict::control
