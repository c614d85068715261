// SPDX-License-Identifier: Apache-2.0
#include "daemon/edge_keeper.h"

#include <algorithm>
#include <array>

#include <net/if.h>

#include "control/succeed.h"
#include "daemon/health.h"
#include "image/scopes.h"
#include "plane/wall_clock.h"

namespace interdict::daemon {

void EdgeKeeper::bring_up()
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
Result<void> EdgeKeeper::bring_up(std::span<const InterfaceConfig> add, std::span<const std::string> remove)
{
    if (!edge_.up()) {
        const auto succeeded = control::succeed(config_.pins, state_, listener_);
        no_plane_ = succeeded ? "" : succeeded.error().message;
        if (!succeeded)
            return std::unexpected(succeeded.error());
        if (*succeeded)
            events_.add(Severity::Info, "plane", "the plane of another version of interdict was taken over");
    }
    plane::Config config;
    config.pins = config_.pins;
    config.observe = config_.observe;
    config.quic_budget = config_.quic_budget;
    config.encapsulations = config_.encapsulations;
    if (!config.encapsulations && !plane::Pins(config_.pins).exist())
        config.encapsulations = INTERDICT_ENCAP_ALL;
    std::vector<plane::InterfaceRequest> requests;
    for (const auto& [name, role] : add)
        requests.push_back({.name = name, .role = role});
    INTERDICT_CHECK(give_scopes(requests));
    edge_ = {}; // lets go of the lock
    const bool adopted = plane::Pins(config_.pins).exist();
    auto up = plane::Plane::up(config, requests, remove);
    Result<void> done;
    if (!up) {
        done = std::unexpected(up.error());
        no_plane_ = up.error().message;
        up = plane::Plane::adopt(config_.pins, plane::Access::Write);
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

Result<void> EdgeKeeper::give_scopes(std::span<plane::InterfaceRequest> requests) const
{
    if (!edge_.live() || requests.empty() || edge_.rules().scopes.empty())
        return {};
    INTERDICT_TRY(const auto bits, image::scope_bits(edge_.rules().scopes, INTERDICT_PREFIX_SCOPES_MAX));
    for (auto& request : requests)
        request.scope = bits.interface(request.name);
    return {};
}

Result<void> EdgeKeeper::set_interfaces(std::span<const InterfaceConfig> add,
                                        std::span<const std::string> remove)
{
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

std::vector<InterfaceConfig> EdgeKeeper::wanted() const
{
    auto wanted = config_.interfaces;
    std::erase_if(wanted, [&](const auto& one) {
        return taken_off_.contains(one.name) || requested_.contains(one.name);
    });
    for (const auto& [name, role] : requested_)
        wanted.push_back({name, role});
    return wanted;
}

bool EdgeKeeper::wants(std::string_view interface) const
{
    const auto all = wanted();
    return std::ranges::find(all, interface, &InterfaceConfig::name) != all.end();
}

Result<void> EdgeKeeper::attach(const InterfaceConfig& interface)
{
    std::array<plane::InterfaceRequest, 1> request{{{.name = interface.name, .role = interface.role}}};
    INTERDICT_CHECK(give_scopes(request));
    return edge_.plane().attach_to(request.front());
}

Result<std::vector<plane::Plane::Renamed>> EdgeKeeper::follow_renamed()
{
    return edge_.plane().follow_interfaces();
}

void EdgeKeeper::note_missing(const std::string& interface, std::string why)
{
    if (why.empty())
        missing_.erase(interface);
    else
        missing_[interface] = std::move(why);
}

bool EdgeKeeper::mend()
{
    if (!edge_.up()) {
        bring_up();
        return edge_.up();
    }
    if (!edge_.plane().pins_lost())
        return false;
    const auto done = edge_.plane().pin_again();
    no_pins_ = done ? "" : done.error().message;
    return done.has_value();
}

void EdgeKeeper::set_wall_clock()
{
    if (edge_.up())
        plane::set_wall_clock(edge_.plane().maps().control());
}

void EdgeKeeper::configure(const Config& config)
{
    std::vector<std::string> gone;
    for (const auto& before : config_.interfaces)
        if (std::ranges::find(config.interfaces, before.name, &InterfaceConfig::name) ==
            config.interfaces.end())
            gone.push_back(before.name);
    config_ = config;
    requested_.clear();
    taken_off_.clear();
    bring_up();
    for (const auto& name : gone)
        // Whoever takes a line out of a file does not mean to stop filtering at once.
        listener_.warn(
            fmt::format("{} is not in the configuration any more and stays filtered; take it off with: "
                        "POST /v1/interfaces, or interdict down",
                        name));
}

Result<void> EdgeKeeper::forget_rules()
{
    INTERDICT_TRY(edge_, control::Edge::over(std::move(edge_.plane()), state_, listener_));
    return {};
}

std::vector<std::string> EdgeKeeper::faults() const
{
    std::vector<std::string> all;
    if (edge_.up() && edge_.plane().pins_lost()) {
        all.push_back(
            fmt::format("the pins are not in {} any more, and the filter lasts only as long as this "
                        "process; mount the BPF file system again and do not stop the daemon{}",
                        config_.pins.string(), no_pins_.empty() ? "" : ": " + no_pins_));
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

} // namespace interdict::daemon
