// SPDX-License-Identifier: Apache-2.0
#include "plane/plane.h"

#include <algorithm>
#include <array>

#include <net/if.h>

#include "plane/interfaces.h"
#include "plane/succession.h"
#include "plane/wall_clock.h"

namespace interdict::plane {

namespace fs = std::filesystem;

namespace {

// libxdp keeps what it pinned for an interface when that goes.
void forget_gone_interfaces(const Pins& pins)
{
    const auto maps = Maps::open(pins, Access::Read);
    if (!maps)
        return;
    for (const auto& entry : interfaces(maps->control()))
        if (interface_name(entry.ifindex).empty())
            forget_dispatcher(entry.ifindex);
}

Result<WriterLock> take_lock(const Pins& pins, const fs::path& lock)
{
    return WriterLock::take(lock.empty() ? pins.root() : lock);
}

Result<void> take_down_pinned(const Pins& pins)
{
    std::error_code ignored;
    if (fs::exists(pins.next().root(), ignored))
        INTERDICT_CHECK(take_down_pinned(pins.next()));
    auto names = pins.linked();
    const auto members = pins.members();
    const bool had_members = !members.empty();
    std::ranges::copy(members, std::back_inserter(names));
    // As many as possible; the pins stay while one interface has the programs, so that it can be tried again.
    Result<void> done;
    for (const auto& name : names)
        if (auto detached = detach(pins, name); !detached && done)
            done = std::move(detached);
    INTERDICT_CHECK(done);
    if (had_members)
        forget_gone_interfaces(pins);
    return pins.remove();
}

} // namespace

Result<Plane> Plane::up(const Config& config, std::span<const InterfaceRequest> add,
                        std::span<const std::string> remove)
{
    Plane plane;
    plane.pins_.emplace(config.pins);
    std::error_code ignored;
    const bool directory_existed = fs::exists(config.pins, ignored);
    INTERDICT_CHECK(plane.pins_->make());
    auto lock = take_lock(*plane.pins_, config.lock);
    if (!lock) {
        if (!directory_existed && lock.error().code != EWOULDBLOCK)
            static_cast<void>(plane.pins_->remove());
        return std::unexpected(lock.error());
    }
    plane.lock_ = std::move(*lock);
    INTERDICT_CHECK(finish_takeover(*plane.pins_));

    const bool existed = plane.pins_->exist();
    auto ready = existed ? plane.open(Access::Write) : plane.create(config);
    if (ready && existed)
        if (const auto followed = plane.follow_interfaces(); !followed)
            ready = std::unexpected(followed.error());
    if (ready)
        ready = plane.add_interfaces(config, add);
    if (!ready) {
        if (!existed)
            static_cast<void>(plane.pins_->remove());
        return std::unexpected(ready.error());
    }
    INTERDICT_TRY(plane.foothold_, Foothold::take(*plane.pins_));
    for (const auto& name : remove)
        INTERDICT_CHECK(plane.remove_interface(name));
    if (config.observe)
        plane.set_flag(INTERDICT_CONTROL_OBSERVE, *config.observe);
    if (config.encapsulations)
        plane.maps_->control().encapsulations = *config.encapsulations;
    if (config.quic_budget)
        plane.maps_->control().quic_budget = *config.quic_budget;
    return plane;
}

Result<Plane> Plane::adopt(const fs::path& pins, Access access, const fs::path& lock)
{
    Plane plane;
    plane.pins_.emplace(pins);
    if (access == Access::Write && plane.pins_->exist()) {
        INTERDICT_TRY(plane.lock_, take_lock(*plane.pins_, lock));
        INTERDICT_TRY(plane.foothold_, Foothold::take(*plane.pins_));
    }
    INTERDICT_CHECK(plane.open(access));
    return plane;
}

Result<Plane> Plane::detached(const DetachedConfig& config)
{
    Plane plane;
    plane.interface_ = config.interface;
    Sizes sizes = config.sizes;
    INTERDICT_TRY(sizes.scratch, scratch_size());
    INTERDICT_TRY(auto maps, Maps::create(sizes));
    plane.maps_ = std::make_unique<Maps>(std::move(maps));
    set_wall_clock(plane.maps_->control());
    plane.maps_->control().encapsulations = config.encapsulations;
    plane.maps_->control().quic_budget = config.quic_budget;
    plane.set_flag(INTERDICT_CONTROL_REPORT, true);
    plane.set_flag(INTERDICT_CONTROL_OBSERVE, config.observe);
    INTERDICT_CHECK(plane.set_role(config.role));
    INTERDICT_TRY(plane.programs_, Programs::load(*plane.maps_, config.verbose));
    return plane;
}

Result<void> Plane::down(const fs::path& path, const fs::path& lock)
{
    const Pins pins(path);
    std::error_code ignored;
    if (!fs::exists(path, ignored))
        return {};
    INTERDICT_CHECK(check_bpffs(path));
    INTERDICT_TRY(const auto held, take_lock(pins, lock));
    return take_down_pinned(pins);
}

Result<void> Plane::take_down()
{
    if (!pins_ || !lock_)
        return fail("only a plane that is pinned and adopted for writing can be taken down");
    return take_down_pinned(*pins_);
}

Result<void> Plane::create(const Config& config)
{
    INTERDICT_CHECK(pins_->clear()); // what a controller that died half-way left
    INTERDICT_CHECK(pins_->make());
    Sizes sizes = config.sizes;
    INTERDICT_TRY(sizes.scratch, scratch_size());
    INTERDICT_TRY(auto maps, Maps::create(sizes));
    maps_ = std::make_unique<Maps>(std::move(maps));
    set_wall_clock(maps_->control());
    INTERDICT_TRY(programs_, Programs::load(*maps_, config.attach.verbose));
    INTERDICT_CHECK(programs_.pin(*pins_));
    INTERDICT_TRY(prover_, Prover::make(*maps_));
    INTERDICT_CHECK(prover_->pin(pins_->proof()));
    return maps_->pin(*pins_);
}

Result<void> Plane::open(Access access)
{
    INTERDICT_TRY(auto maps, Maps::open(*pins_, access));
    maps_ = std::make_unique<Maps>(std::move(maps));
    INTERDICT_TRY(programs_, Programs::open(*pins_));
    if (access == Access::Write) {
        set_wall_clock(maps_->control());
        finish_patch(*maps_);
        return take_back(*pins_, *maps_, programs_);
    }
    return {};
}

Result<void> Plane::add_interfaces(const Config& config, std::span<const InterfaceRequest> add)
{
    std::vector<std::string> attached;
    std::vector<interdict_interface> before = plane::interfaces(maps_->control());
    for (const auto& request : add) {
        INTERDICT_TRY(const auto found, attachment(*pins_, request.name));
        if (!found || !found->attached)
            attached.push_back(request.name);
        auto added = add_interface(config, request);
        if (added)
            continue;
        for (const auto& name : attached)
            static_cast<void>(remove_interface(name));
        for (const auto& entry : before)
            static_cast<void>(
                set_interface(maps_->control(), entry.ifindex, entry.role, {entry.scope[0], entry.scope[1]}));
        return added;
    }
    return {};
}

Result<void> Plane::add_interface(const Config& config, const InterfaceRequest& request)
{
    if (request.role == 0)
        return fail("{}: an interface needs a role: {}:subscriber, {}:uplink", request.name, request.name,
                    request.name);
    const unsigned ifindex = ::if_nametoindex(request.name.c_str());
    if (ifindex == 0)
        return fail_errno(ENODEV, "{}: no such interface in this network namespace; see: ip link",
                          request.name);
    // The role first: the first packet is already to be judged.
    std::array<std::uint32_t, INTERDICT_SLOTS> scope;
    scope.fill(request.scope);
    INTERDICT_CHECK(set_interface(maps_->control(), ifindex, request.role, scope));
    INTERDICT_TRY(auto made, attach(*maps_, programs_, *pins_, request.name, config.attach));
    std::ranges::move(made.warnings, std::back_inserter(warnings_));
    return {};
}

Result<void> Plane::attach_to(const InterfaceRequest& request, const AttachOptions& options)
{
    if (!pins_ || !lock_)
        return fail("only a plane that is pinned and adopted for writing has interfaces to change");
    Config config;
    config.attach = options;
    return add_interfaces(config, std::span(&request, 1));
}

Result<std::vector<Plane::Renamed>> Plane::follow_interfaces()
{
    if (!pins_ || !lock_)
        return fail("only a plane that is pinned and adopted for writing has interfaces to follow");
    const auto entries = plane::interfaces(maps_->control());
    std::vector<unsigned> known;
    for (const auto& entry : entries)
        known.push_back(entry.ifindex);
    std::vector<Renamed> done;
    INTERDICT_TRY(const auto moves, renamed(*pins_, known));
    for (const auto& move : moves)
        done.push_back({move.pin, move.name});
    INTERDICT_CHECK(rename_pins(*pins_, moves));
    for (const auto index : known)
        if (interface_name(index).empty())
            clear_interface(maps_->control(), index);
    return done;
}

bool Plane::pins_lost() const { return foothold_ && foothold_->lost(*pins_); }

Result<void> Plane::pin_again()
{
    if (!foothold_)
        return fail("only a plane that is pinned and adopted for writing can be pinned again");
    INTERDICT_CHECK(foothold_->pin_again(*pins_));
    // The lock of before is on a folder that nobody finds any more.
    INTERDICT_TRY(auto lock, WriterLock::take(pins_->root()));
    INTERDICT_TRY(auto foothold, Foothold::take(*pins_));
    lock_ = std::move(lock);
    foothold_ = std::move(foothold);
    return {};
}

Result<void> Plane::remove_interface(const std::string& name)
{
    unsigned ifindex = ::if_nametoindex(name.c_str());
    INTERDICT_TRY(const auto found, attachment(*pins_, name));
    if (found && found->ifindex != 0)
        ifindex = found->ifindex;
    INTERDICT_CHECK(detach(*pins_, name));
    clear_interface(maps_->control(), ifindex);
    return {};
}

Result<Staged> Plane::stage(const image::Image& image, const Limits& limits)
{
    const auto scopes = [&](unsigned ifindex) {
        return image.scopes.interface(pins_ ? interface_name(ifindex) : interface_);
    };
    return plane::stage(*maps_, image, limits, scopes);
}

Result<Published> Plane::publish(const Staged& staged, const Changes& changes)
{
    return plane::publish(*maps_, staged, changes);
}

Result<Runner> Plane::runner() const
{
    if (pins_ && !lock_)
        return fail("only a plane that is adopted for writing can be given frames");
    return Runner::open(*maps_, programs_.entry());
}

Result<Prover*> Plane::prover()
{
    if (prover_)
        return &*prover_;
    if (pins_ && !lock_)
        return fail("only a plane that is adopted for writing can be proven");
    if (pins_) {
        INTERDICT_TRY(auto prover, Prover::open(pins_->proof()));
        INTERDICT_CHECK(prover.same_tables(*maps_));
        INTERDICT_CHECK(prover.same_programs(programs_));
        prover_ = std::move(prover);
    } else {
        INTERDICT_TRY(prover_, Prover::make(*maps_));
    }
    return &*prover_;
}

Result<void> Plane::make_room(const LiveTables& tables, std::span<const order::Target> targets) const
{
    return plane::make_room(*maps_, tables, targets);
}

Result<Patched> Plane::patch(const LiveTables& tables, const image::Patch& patch, const Digest& digest,
                             const std::function<void()>& between,
                             const std::function<void(std::uint64_t)>& live)
{
    return plane::patch(*maps_, tables, patch, digest, between, live);
}

std::optional<interdict_generation> Plane::generation() const
{
    const interdict_generation header = live_header(*maps_);
    return header.number == 0 ? std::nullopt : std::optional(header);
}

void Plane::set_observe(bool observe) { set_flag(INTERDICT_CONTROL_OBSERVE, observe); }

bool Plane::observe() const { return maps_->control().flags & INTERDICT_CONTROL_OBSERVE; }

Result<void> Plane::set_role(std::uint32_t role)
{
    if (pins_)
        return fail("only the interface of test frames can change its role; use up --iface NAME:ROLE");
    const auto* entry = find_interface(maps_->control(), kTestInterface);
    const std::array<std::uint32_t, INTERDICT_SLOTS> scope =
        entry ? std::to_array(entry->scope) : std::array<std::uint32_t, INTERDICT_SLOTS>{};
    return set_interface(maps_->control(), kTestInterface, role, scope);
}

Result<std::vector<InterfaceState>> Plane::interfaces() const
{
    std::vector<InterfaceState> states;
    if (!pins_)
        return states;
    auto names = pins_->linked();
    std::ranges::copy(pins_->members(), std::back_inserter(names));
    std::ranges::sort(names);
    for (const auto& name : names) {
        INTERDICT_TRY(auto found, attachment(*pins_, name));
        if (!found)
            continue;
        const auto* entry = find_interface(maps_->control(), found->ifindex);
        states.push_back({*std::move(found), entry ? entry->role : 0});
    }
    std::ranges::stable_partition(states, [](const auto& state) { return state.attachment.ifindex != 0; });
    return states;
}

void Plane::set_flag(interdict_control_flag flag, bool on)
{
    auto& flags = maps_->control().flags;
    flags = on ? flags | flag : flags & ~static_cast<std::uint32_t>(flag);
}

} // namespace interdict::plane
