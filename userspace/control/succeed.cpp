// SPDX-License-Identifier: Apache-2.0
#include "control/succeed.h"

#include "control/candidate.h"
#include "control/publisher.h"
#include "plane/succession.h"

namespace interdict::control {

namespace {

Result<void> fill(plane::Succession& succession, const interdict_generation& generation, const State& state,
                  const Listener& listener)
{
    INTERDICT_TRY(const auto rules, state.rules(generation));
    if (!rules)
        return fail(
            "{} has no file of the rules of generation {}, so another layout cannot take over from it; use "
            "the interdict that made it, or: interdict down, interdict up, interdict apply",
            state.directory().string(), generation.number);
    INTERDICT_TRY(const auto candidate, repeat(*rules, {}));
    INTERDICT_TRY(auto edge, Edge::over(std::move(succession.successor()), state, listener));
    const auto published = Publisher(edge, state, listener).publish(candidate, {}, [](auto...) {});
    succession.successor() = std::move(edge.plane());
    if (!published)
        return std::unexpected(published.error());
    if (!published->refused.empty())
        return fail("{}", published->refused);
    if (!succession.filled())
        return fail("generation {} came out as another one", generation.number);
    return {};
}

} // namespace

Result<bool> succeed(const std::filesystem::path& path, const State& state, const Listener& listener)
{
    const plane::Pins pins(path);
    if (!pins.exist() && pins.next().exist()) {
        INTERDICT_TRY(const auto lock, plane::WriterLock::take(pins.root()));
        INTERDICT_CHECK(plane::finish_takeover(pins));
        return true;
    }
    INTERDICT_TRY(const auto old, plane::predecessor(pins));
    if (!old)
        return false;
    const auto context = [&](const Error& error) {
        return std::unexpected(error.context(fmt::format(
            "the plane in {} has layout version {} and filters on; this build, with version {}, cannot "
            "take over",
            path.string(), old->layout, INTERDICT_LAYOUT_VERSION)));
    };
    INTERDICT_CHECK(state.make());
    auto succession = plane::Succession::begin(path, *old);
    if (!succession)
        return context(succession.error());
    if (!succession->filled())
        if (const auto filled = fill(*succession, old->live, state, listener); !filled) {
            succession->give_up();
            return context(filled.error());
        }
    const auto warnings = succession->take_over();
    if (!warnings)
        return context(warnings.error());
    for (const auto& warning : *warnings)
        listener.warn(warning);
    return true;
}

} // namespace interdict::control
