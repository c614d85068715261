// SPDX-License-Identifier: Apache-2.0
#include "daemon/desk.h"

#include <algorithm>
#include <array>

#include <malloc.h>
#include <net/if.h>

#include "base/clock.h"
#include "base/file.h"
#include "control/changes_json.h"
#include "control/office.h"
#include "control/succeed.h"
#include "daemon/disk.h"
#include "daemon/health.h"
#include "image/scopes.h"
#include "order/parse.h"
#include "plane/capabilities.h"
#include "plane/wall_clock.h"

namespace interdict::daemon {

Desk::Desk(const Config& config, control::State state, book::Book book, guard::Guard guard, Events& events)
    : state_(std::move(state)), pins_(config.pins), config_(config), book_(std::move(book)),
      guard_(std::move(guard)), events_(events)
{
    listener_.warn = [this](std::string_view text) {
        warnings_.emplace_back(text);
        events_.add(Severity::Warning, "warning", std::string(text));
    };
    listener_.progress = [this](std::string_view what, std::uint64_t done, std::uint64_t total) {
        if (heartbeat_)
            heartbeat_(what, done, total);
        if (progress_)
            progress_(what, done, total);
    };
}

Result<std::unique_ptr<Desk>> Desk::open(const Config& config, Events& events)
{
    const control::State state(config.state);
    INTERDICT_CHECK(state.make());
    const control::Listener listener{
        .warn = [&](std::string_view text) { events.add(Severity::Warning, "warning", std::string(text)); }};
    INTERDICT_TRY(auto book, book::Book::open(state.book(), book::Access::Write));
    INTERDICT_TRY(auto guard, control::open_guard(state, config.guard, guard::Keep::Yes, listener));
    std::unique_ptr<Desk> desk(new Desk(config, state, std::move(book), std::move(guard), events));
    INTERDICT_CHECK(desk->take_scopes(config));
    desk->bring_up_what_there_is();
    return desk;
}

void Desk::bring_up_what_there_is()
{
    std::vector<InterfaceConfig> there;
    missing_.clear();
    for (const auto& interface : config_.interfaces)
        if (::if_nametoindex(interface.name.c_str()) != 0)
            there.push_back(interface);
        else
            note_missing(interface.name, fmt::format("{}: there is no such interface", interface.name));
    const auto up = bring_up(there, {});
    if (!up && edge_.up())
        note_missing("", up.error().message);
}

// The plane of before goes on if it cannot be done; no packet is judged otherwise meanwhile.
Result<void> Desk::bring_up(std::span<const InterfaceConfig> add, std::span<const std::string> remove)
{
    if (!edge_.up()) {
        const auto succeeded = control::succeed(pins_, state_, listener_);
        no_plane_ = succeeded ? "" : succeeded.error().message;
        if (!succeeded)
            return std::unexpected(succeeded.error());
        if (*succeeded)
            events_.add(Severity::Info, "plane", "the plane of another version of interdict was taken over");
    }
    plane::Config config;
    config.pins = pins_;
    config.observe = config_.observe;
    config.quic_budget = config_.quic_budget;
    config.encapsulations = config_.encapsulations;
    if (!config.encapsulations && !plane::Pins(pins_).exist())
        config.encapsulations = INTERDICT_ENCAP_ALL;
    std::vector<plane::InterfaceRequest> requests;
    for (const auto& [name, role] : add)
        requests.push_back({.name = name, .role = role});
    INTERDICT_CHECK(give_scopes(requests));
    edge_ = {}; // lets go of the lock
    const bool adopted = plane::Pins(pins_).exist();
    auto up = plane::Plane::up(config, requests, remove);
    Result<void> done;
    if (!up) {
        done = std::unexpected(up.error());
        no_plane_ = up.error().message;
        up = plane::Plane::adopt(pins_, plane::Access::Write);
        if (!up)
            return done;
    }
    for (const auto& warning : up->warnings())
        listener_.warn(warning);
    if (!adopted) {
        control::Refusals refusals;
        for (const auto& stage : up->programs().stages())
            if (!stage.loaded)
                refusals.emplace(stage.name, stage.reason);
        INTERDICT_CHECK(state_.note_refusals(refusals));
    }
    INTERDICT_TRY(const auto recovered, state_.recover(*up));
    if (recovered != 0)
        listener_.warn(fmt::format(
            "an earlier step was interrupted; the last counts of {} rules are now archived", recovered));
    INTERDICT_TRY(edge_, control::Edge::over(*std::move(up), state_, listener_));
    no_plane_.clear();
    return done;
}

Result<void> Desk::give_scopes(std::span<plane::InterfaceRequest> requests) const
{
    if (!edge_.live() || requests.empty() || edge_.rules().scopes.empty())
        return {};
    INTERDICT_TRY(const auto bits, image::scope_bits(edge_.rules().scopes, INTERDICT_PREFIX_SCOPES_MAX));
    for (auto& request : requests)
        request.scope = bits.interface(request.name);
    return {};
}

Result<void> Desk::set_interfaces(std::span<const InterfaceConfig> add, std::span<const std::string> remove)
{
    begin();
    INTERDICT_CHECK(bring_up(add, remove));
    for (const auto& [name, role] : add) {
        taken_off_.erase(name);
        requested_[name] = role;
    }
    for (const auto& name : remove) {
        requested_.erase(name);
        taken_off_.insert(name);
        missing_.erase(name);
    }
    return {};
}

std::vector<InterfaceConfig> Desk::wanted_interfaces() const
{
    auto wanted = config_.interfaces;
    std::erase_if(wanted, [&](const auto& one) {
        return taken_off_.contains(one.name) || requested_.contains(one.name);
    });
    for (const auto& [name, role] : requested_)
        wanted.push_back({name, role});
    return wanted;
}

bool Desk::wants(std::string_view interface) const
{
    const auto wanted = wanted_interfaces();
    return std::ranges::find(wanted, interface, &InterfaceConfig::name) != wanted.end();
}

Result<void> Desk::attach(const InterfaceConfig& interface)
{
    std::array<plane::InterfaceRequest, 1> request{{{.name = interface.name, .role = interface.role}}};
    INTERDICT_CHECK(give_scopes(request));
    return edge_.plane().attach_to(request.front());
}

Result<std::vector<plane::Plane::Renamed>> Desk::follow_interfaces()
{
    return edge_.plane().follow_interfaces();
}

void Desk::note_missing(const std::string& interface, std::string why)
{
    if (why.empty())
        missing_.erase(interface);
    else
        missing_[interface] = std::move(why);
}

bool Desk::mend_plane()
{
    if (!edge_.up()) {
        begin();
        bring_up_what_there_is();
        return edge_.up();
    }
    if (!edge_.plane().pins_lost())
        return false;
    const auto done = edge_.plane().pin_again();
    no_pins_ = done ? "" : done.error().message;
    return done.has_value();
}

void Desk::set_wall_clock()
{
    if (edge_.up())
        plane::set_wall_clock(edge_.plane().maps().control());
}

Result<bool> Desk::take_scopes(const Config& config) const
{
    if (config.scopes.empty())
        return false;
    INTERDICT_TRY(const auto text, read_file(config.scopes));
    const auto parsed = order::parse_scopes(text, config.scopes.string());
    if (!parsed.ok())
        return fail("{}", to_string(parsed.problems.front()));
    const auto kept = read_file(state_.directory() / "scopes.json");
    if (kept && *kept == text)
        return false;
    INTERDICT_CHECK(state_.keep_scopes(text));
    return true;
}

Result<bool> Desk::reconfigure(const Config& config)
{
    begin();
    if (config.state != config_.state || config.pins != config_.pins)
        return fail("state and pins cannot change while the daemon runs; restart it");
    INTERDICT_TRY(auto guard, control::open_guard(state_, config.guard, guard::Keep::Yes, listener_));
    INTERDICT_TRY(const bool scopes_differ, take_scopes(config));
    const bool guard_differs = guard.digest() != guard_.digest();
    guard_ = std::move(guard);
    std::vector<std::string> gone;
    for (const auto& before : config_.interfaces)
        if (std::ranges::find(config.interfaces, before.name, &InterfaceConfig::name) ==
            config.interfaces.end())
            gone.push_back(before.name);
    config_ = config;
    requested_.clear();
    taken_off_.clear();
    bring_up_what_there_is();
    for (const auto& name : gone)
        // Whoever takes a line out of a file does not mean to stop filtering at once.
        listener_.warn(
            fmt::format("{} is not in the configuration any more and stays filtered; take it off with: "
                        "POST /v1/interfaces, or interdict down",
                        name));
    return scopes_differ || guard_differs;
}

std::vector<std::string> Desk::faults() const
{
    std::vector<std::string> all;
    for (const auto& [capability, needed_for] : plane::missing_capabilities())
        all.push_back(fmt::format("this process has not {}, which it needs {}; see docs/operations.md",
                                  capability, needed_for));
    if (auto fault = disk_fault(state_.directory()); !fault.empty())
        all.push_back(std::move(fault));
    if (edge_.up() && edge_.plane().pins_lost()) {
        all.push_back(
            fmt::format("the pins are not in {} any more, and the filter lasts only as long as this "
                        "process; mount the BPF file system again and do not stop the daemon{}",
                        pins_.string(), no_pins_.empty() ? "" : ": " + no_pins_));
    } else if (!edge_.up()) {
        all.push_back(fmt::format("no plane is up: {}", no_plane_));
    } else if (auto found = daemon::faults(edge_.plane(), state_); found) {
        all.insert(all.end(), found->begin(), found->end());
    } else {
        all.push_back(found.error().message);
    }
    for (const auto& [interface, why] : missing_)
        // An interface that had the program is in the list already.
        if (std::ranges::none_of(all, [&](const auto& fault) { return fault.starts_with(interface + ": "); }))
            all.push_back(why);
    return all;
}

control::Stepper Desk::stepper()
{
    return {book_, guard_,    state_,
            edge_, listener_, {fmt::format("no plane is up, it is in the book alone: {}", no_plane_)}};
}

Reply Desk::take(const book::Act& act, control::Step step)
{
    begin();
    auto outcome = stepper().take(act, std::move(step));
    if (!outcome) {
        const auto& setback = outcome.error();
        if (setback.why == control::Setback::Why::Refused)
            tally_.refused();
        if (setback.why == control::Setback::Why::NotLive)
            tally_.failed();
        behind_ = behind_ || setback.in_book;
        return failure(setback);
    }
    if (outcome->plan)
        behind_ = false;
    else
        listener_.warn(outcome->alone.why);
    if (outcome->published())
        tell(*outcome);
    const bool published = outcome->published();
    const bool whole = published && !outcome->in_place();
    Json json = answer(*std::move(outcome));
    if (published) {
        // The rules are read again when they are needed: a list of millions is not kept in memory twice.
        auto again = control::Edge::over(std::move(edge_.plane()), state_, listener_);
        if (!again)
            return internal(again.error());
        edge_ = *std::move(again);
    }
    if (whole)
        ::malloc_trim(0); // what was taken for all rules
    return json;
}

Reply Desk::rehearse(const control::Step& step)
{
    begin();
    auto outcome = stepper().rehearse(step);
    return outcome ? Reply(answer(*std::move(outcome))) : failure(outcome.error());
}

Json Desk::answer(control::Outcome outcome)
{
    const auto broken = faults();
    auto warnings = warnings_;
    warnings.insert(warnings.end(), broken.begin(), broken.end());
    Json json = std::move(outcome.taken.json);
    control::put_outcome(json, outcome, edge_, control::end_of(outcome, !broken.empty()), warnings);
    return json;
}

void Desk::tell(const control::Outcome& outcome)
{
    const auto& [number, refused, retired, proven, unproven, proven_live, instead] = outcome.publication;
    if (!instead.empty())
        tally_.failed();
    tally_.published({.in_place = outcome.in_place(),
                      .proven = proven_live,
                      .rules = proven,
                      .unproven = unproven,
                      .canaries = outcome.plan->canaries.size(),
                      .seconds = outcome.times.proven.value_or(0) / 1000,
                      .time = now()});
    const auto live = edge_.live();
    const auto& diff = outcome.plan->diff();
    events_.add(Severity::Info, "generation",
                fmt::format("generation {} is live: {} added, {} removed, {} changed", live->number,
                            diff.added.size(), diff.removed.size(), diff.changed.size()),
                {{"number", live->number},
                 {"added", diff.added.size()},
                 {"removed", diff.removed.size()},
                 {"changed", diff.changed.size()},
                 {"proven", proven_live}});
}

} // namespace interdict::daemon
