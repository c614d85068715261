// SPDX-License-Identifier: Apache-2.0
#include "control/edge.h"

namespace interdict::control {

Result<Edge> Edge::adopt(const std::filesystem::path& pins, const State& state, plane::Access access,
                         const Listener& listener)
{
    Edge edge;
    INTERDICT_TRY(edge.plane_, plane::Plane::adopt(pins, access));
    if (access == plane::Access::Write) {
        INTERDICT_CHECK(state.make());
        INTERDICT_TRY(const auto recovered, state.recover(*edge.plane_));
        if (recovered != 0)
            listener.warn(
                fmt::format("an earlier apply was interrupted; the last counts of {} rule{} are now archived",
                            recovered, recovered == 1 ? "" : "s"));
    }
    edge.state_ = state;
    edge.listener_ = listener;
    return edge;
}

Result<Edge> Edge::over(plane::Plane plane, const State& state, const Listener& listener)
{
    Edge edge;
    edge.plane_ = std::move(plane);
    INTERDICT_CHECK(state.make());
    edge.state_ = state;
    edge.listener_ = listener;
    return edge;
}

std::optional<interdict_generation> Edge::live() const
{
    return plane_ ? plane_->generation() : std::nullopt;
}

const ruleset::Ruleset& Edge::rules() const
{
    if (!rules_)
        rules_ = read_rules();
    return *rules_;
}

void Edge::set_rules(ruleset::Ruleset rules) { rules_ = std::move(rules); }

ruleset::Ruleset Edge::read_rules() const
{
    auto generation = live();
    if (!generation)
        return {};
    if (const auto half = intended(*plane_))
        generation = half;
    auto found = state_->rules(*generation);
    if (found && *found)
        return **std::move(found);
    listener_.warn(fmt::format(
        "{}; the counters of generation {} cannot be carried on, all rules count as new",
        found ? fmt::format("{} has no file of the live generation's rules", state_->directory().string())
              : found.error().message,
        generation->number));
    return {};
}

std::string still_live(const std::optional<interdict_generation>& live)
{
    return live ? fmt::format("; generation {} keeps filtering", live->number) : "";
}

} // namespace interdict::control
