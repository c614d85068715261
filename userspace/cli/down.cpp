// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "control/archive.h"
#include "control/state.h"
#include "plane/plane.h"

namespace interdict::cli {

namespace {

// Notes the counts of all rules that were ever hit.
Result<std::vector<plane::LastCount>> begin(const control::State& state, const plane::Plane& plane)
{
    const auto live = plane.generation();
    if (!live)
        return std::vector<plane::LastCount>{};
    INTERDICT_CHECK(state.make());
    INTERDICT_CHECK(state.recover(plane));
    INTERDICT_TRY(const auto rules, state.rules(*live));
    control::Retirement retirement{.before = control::digest_text(*live),
                                   .number = 0,
                                   .after = {},
                                   .rules = rules ? &*rules : nullptr,
                                   .plane = control::plane_name(plane),
                                   .counts = {}};
    for (std::uint32_t id = 1; id < live->rules; ++id)
        if (const auto counter = plane.maps().counter(id); counter && counter->packets != 0)
            if (!rules || rules->find(id))
                retirement.counts.push_back({id, *counter});
    INTERDICT_CHECK(state.begin_retirement(retirement));
    return std::move(retirement.counts);
}

Result<std::size_t> archive_and_take_down(Session& session, plane::Plane plane)
{
    const control::State state(session.globals.state);
    const auto tell = [&](const Error& error) {
        session.console.warn(fmt::format("the last counts cannot be archived: {}", error.message));
    };
    // What cannot be archived must not keep a plane up.
    auto counts = begin(state, plane);
    if (!counts)
        tell(counts.error());
    if (auto done = plane.take_down(); !done) {
        static_cast<void>(state.cancel_retirement());
        return std::unexpected(done.error());
    }
    if (!counts)
        return 0;
    // They are still in this process' memory, and no packet reaches them any more.
    for (auto& [id, counter] : *counts)
        counter = plane.maps().counter(id).value_or(counter);
    if (const auto kept = state.retire(*counts); !kept)
        tell(kept.error());
    return counts->size();
}

Result<Exit> down(Session& session)
{
    const auto& pins = session.globals.pins;
    std::error_code ignored;
    const bool was_up = std::filesystem::exists(pins, ignored);
    std::size_t archived = 0;
    auto adopted = plane::Pins(pins).exist() ? plane::Plane::adopt(pins, plane::Access::Write)
                                             : std::unexpected(Error{});
    if (adopted) {
        INTERDICT_TRY(archived, archive_and_take_down(session, *std::move(adopted)));
    } else if (adopted.error().code == EWOULDBLOCK) {
        return std::unexpected(adopted.error());
    } else {
        // Of another version, or half-made.
        if (!adopted.error().message.empty())
            session.console.warn(
                fmt::format("the last counts cannot be archived: {}", adopted.error().message));
        INTERDICT_CHECK(plane::Plane::down(pins));
    }
    session.console.put({{"up", false}, {"was_up", was_up}, {"archived", archived}});
    if (!was_up)
        session.console.say("nothing is up at {}", pins.string());
    else
        session.console.say(
            "down: every program, map and pin is gone; everything passes. Last counts of {} are "
            "archived in {}",
            counted(archived, "rule"), session.globals.state.string());
    return Exit::Ok;
}

} // namespace

void add_down(CommandLine& line)
{
    line.add(
        "down", "take the programs off every interface and leave nothing behind",
        "Nothing is filtered any more. The last counts of all rules that were hit are archived in the state\n"
        "directory, which stays. No error if nothing is up.",
        "interdict down\n"
        "interdict down --pin-path /sys/fs/bpf/trial",
        down);
}

} // namespace interdict::cli
