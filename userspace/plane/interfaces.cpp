// SPDX-License-Identifier: Apache-2.0
#include "plane/interfaces.h"

#include <atomic>

namespace interdict::plane {

namespace {

interdict_interface& place(interdict_control& control, unsigned ifindex, unsigned probe)
{
    return control.interfaces[(ifindex + probe) % INTERDICT_INTERFACES];
}

void store(__u32& field, std::uint32_t value)
{
    std::atomic_ref<__u32>(field).store(value, std::memory_order_release);
}

} // namespace

interdict_interface* find_interface(interdict_control& control, unsigned ifindex)
{
    for (unsigned probe = 0; probe < INTERDICT_INTERFACE_PROBES; ++probe) {
        auto& entry = place(control, ifindex, probe);
        if (entry.ifindex == ifindex && entry.role != 0)
            return &entry;
    }
    return nullptr;
}

Result<void> set_interface(interdict_control& control, unsigned ifindex, std::uint32_t role,
                           const std::array<std::uint32_t, INTERDICT_SLOTS>& scope)
{
    interdict_interface* entry = find_interface(control, ifindex);
    // The kernel stops at an entry that was never used, and at the first with the right number, role or none.
    // So an entry that has lost its role keeps its number until another interface takes the place, and an
    // interface that comes back takes its own.
    for (unsigned probe = 0; !entry && probe < INTERDICT_INTERFACE_PROBES; ++probe)
        if (auto& candidate = place(control, ifindex, probe); candidate.ifindex == ifindex)
            entry = &candidate;
    for (unsigned probe = 0; !entry && probe < INTERDICT_INTERFACE_PROBES; ++probe)
        if (auto& candidate = place(control, ifindex, probe); candidate.role == 0)
            entry = &candidate;
    if (!entry)
        return fail(
            "no room for interface number {}: {} interfaces whose numbers are equal or next to each other "
            "modulo {}; take one down, or make the interface anew",
            ifindex, INTERDICT_INTERFACE_PROBES, INTERDICT_INTERFACES);
    for (std::size_t slot = 0; slot < scope.size(); ++slot)
        store(entry->scope[slot], scope[slot]);
    store(entry->ifindex, ifindex);
    store(entry->role, role);
    return {};
}

void clear_interface(interdict_control& control, unsigned ifindex)
{
    if (auto* entry = find_interface(control, ifindex))
        store(entry->role, 0);
}

std::vector<interdict_interface> interfaces(const interdict_control& control)
{
    std::vector<interdict_interface> found;
    for (const auto& entry : control.interfaces)
        if (entry.ifindex != 0 && entry.role != 0)
            found.push_back(entry);
    return found;
}

} // namespace interdict::plane
