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

    // Of the live generation; empty without one, and if the state directory has lost it (which is told).
    [[nodiscard]] const ruleset::Ruleset& rules() const { return rules_; }
    [[nodiscard]] bool rules_known() const { return known_; }

    // After publishing.
    void set_rules(ruleset::Ruleset rules);

private:
    [[nodiscard]] Result<void> read_rules(const State& state, const Listener& listener);

    std::optional<plane::Plane> plane_;
    ruleset::Ruleset rules_;
    bool known_ = true;
};

} // namespace interdict::control
