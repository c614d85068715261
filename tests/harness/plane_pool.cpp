// SPDX-License-Identifier: Apache-2.0
#include "harness/plane_pool.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <bpf/bpf.h>

#include "maps/flows.h"
#include "plane/counts.h"

namespace interdict::harness {

struct PooledPlane::Entry {
    plane::Plane plane;
    std::string interface; // fixed when a plane is made
    bool spoiled = false;
};

namespace {

// Those of nobody's, the last one given back first.
template <class Entry>
std::vector<std::unique_ptr<Entry>>& idle()
{
    static std::vector<std::unique_ptr<Entry>> entries;
    return entries;
}

Result<void> disarm(int map)
{
    std::vector<std::uint32_t> keys(INTERDICT_ARMED_SLOTS);
    std::iota(keys.begin(), keys.end(), 0);
    const std::vector<interdict_armed> slots(INTERDICT_ARMED_SLOTS);
    std::uint32_t count = INTERDICT_ARMED_SLOTS;
    if (const int error = bpf_map_update_batch(map, keys.data(), slots.data(), &count, nullptr); error != 0)
        return fail_errno(-error, "cannot empty the map armed");
    return {};
}

Result<void> renew(plane::Plane& plane, const plane::DetachedConfig& config)
{
    const plane::Maps& maps = plane.maps();
    INTERDICT_CHECK(maps.empty(plane::MapId::Flows));
    INTERDICT_CHECK(maps.empty(plane::MapId::Opens));
    INTERDICT_CHECK(disarm(maps.fd(plane::MapId::Armed)));
    interdict_control& control = maps.control();
    control.encapsulations = config.encapsulations;
    control.quic_budget = config.quic_budget;
    control.second_start = 0; // a test may have set the clock
    control.tick = 0;
    control.flags |= INTERDICT_CONTROL_REPORT;
    plane.set_observe(config.observe);
    return plane.set_role(config.role);
}

} // namespace

PooledPlane::PooledPlane(std::unique_ptr<Entry> entry) : entry_(std::move(entry)) {}
PooledPlane::PooledPlane(PooledPlane&&) noexcept = default;

PooledPlane::~PooledPlane()
{
    if (entry_ && !entry_->spoiled)
        idle<Entry>().push_back(std::move(entry_));
}

Result<PooledPlane> PooledPlane::take(const plane::DetachedConfig& config, bool fresh)
{
    auto& entries = idle<Entry>();
    const auto fits = std::ranges::find_if(
        entries, [&](const auto& entry) { return !fresh && entry->interface == config.interface; });
    std::unique_ptr<Entry> entry;
    if (fits != entries.end()) {
        entry = std::move(*fits);
        entries.erase(fits);
        INTERDICT_CHECK(renew(entry->plane, config));
    } else {
        INTERDICT_TRY(auto plane, plane::Plane::detached(config));
        entry = std::make_unique<Entry>(Entry{std::move(plane), config.interface});
    }
    PooledPlane taken(std::move(entry));
    INTERDICT_TRY(taken.before_, plane::read_totals(taken->maps()));
    return taken;
}

plane::Plane& PooledPlane::operator*() const { return entry_->plane; }
plane::Plane* PooledPlane::operator->() const { return &entry_->plane; }

Result<interdict_totals> PooledPlane::totals() const
{
    INTERDICT_TRY(auto now, plane::read_totals(entry_->plane.maps()));
    for (std::size_t i = 0; i < INTERDICT_TOTAL_MAX; ++i)
        now.value[i] -= before_.value[i];
    return now;
}

void PooledPlane::spoil() { entry_->spoiled = true; }

} // namespace interdict::harness
