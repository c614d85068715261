// SPDX-License-Identifier: Apache-2.0
//
// maps.h: the maps of one plane: created, or adopted from a pin set, and those that can be in memory.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "maps/control.h"
#include "maps/counters.h"
#include "maps/report.h"
#include "maps/sketches.h"
#include "plane/kernel.h"
#include "plane/layout.h"
#include "plane/mapping.h"
#include "plane/pins.h"

namespace interdict::plane {

// One inner map of "counters". The kernel enters every page of it when it is mapped, so that waits until it
// is looked at: a change of one target looks at one of many.
class CounterMap {
public:
    CounterMap(Fd map, std::uint32_t elements, Access access)
        : fd_(std::move(map)), elements_(elements), access_(access)
    {
    }

    [[nodiscard]] int fd() const { return fd_.get(); }
    // Null: no memory.
    [[nodiscard]] interdict_hits* at(std::uint32_t index) const;

private:
    Fd fd_;
    std::uint32_t elements_;
    Access access_;
    mutable std::once_flag once_;
    mutable Mapping<interdict_hits> memory_; // and interdict_seen behind them
};

class Maps {
public:
    // Unpinned and empty, with fresh secrets and the layout version written. No generation is live.
    [[nodiscard]] static Result<Maps> create(const Sizes& sizes);

    // For proofs: the tables of `plane`, which no program writes, and of everything else a small one of its
    // own. What runs on these maps judges as the plane does and leaves no trace in it.
    [[nodiscard]] static Result<Maps> beside(const Maps& plane);

    // Errors: no complete pin set; another layout version; a map that is not as this build would create it.
    // The message names the pin, what was found and expected, and the remedy. With Access::Read nothing may
    // be written to what is in memory.
    [[nodiscard]] static Result<Maps> open(const Pins& pins, Access access = Access::Write);

    // The map "control" last, as the mark of a complete set.
    [[nodiscard]] Result<void> pin(const Pins& pins);

    [[nodiscard]] int fd(MapId id) const { return fds_[static_cast<std::size_t>(id)].get(); }

    // The generation that packets are judged by, 0 = none.
    [[nodiscard]] std::uint64_t live() const;

    [[nodiscard]] interdict_control& control() const { return control_[0]; }
    [[nodiscard]] const Mapping<interdict_name_key>& name_keys() const { return name_keys_; }
    [[nodiscard]] const Mapping<std::uint64_t>& filter() const { return filter_; }
    [[nodiscard]] const Mapping<std::uint32_t>& vlan_scopes() const { return vlan_scopes_; }
    [[nodiscard]] const Mapping<interdict_open_set>& opens() const { return opens_; }
    [[nodiscard]] const Mapping<interdict_report>& report() const { return report_; }

    // The inner map of one slot: put into the outer one and pinned beside it; opened, by the pin if there is
    // one (by its number it takes CAP_SYS_ADMIN); or given back. outer: a map of generations' tables.
    [[nodiscard]] Result<void> set_table(MapId outer, std::uint32_t slot, int inner);
    [[nodiscard]] Result<Fd> table(MapId outer, std::uint32_t slot) const;
    [[nodiscard]] Result<void> free_table(MapId outer, std::uint32_t slot);

    // By interdict_rule.answer of rules that count names; [0] is nobody's.
    [[nodiscard]] const Mapping<interdict_sketch>& sketches() const { return sketches_; }

    // Makes sure that the ids 0 to `rules` - 1 have counters; a new one starts at zero. In a pinned set the
    // new maps are pinned too.
    [[nodiscard]] Result<void> grow_counters(std::uint32_t rules);

    // The same in maps for proofs, where every id counts in the place of id % INTERDICT_COUNTERS_PER_MAP.
    [[nodiscard]] Result<void> fold_counters(std::uint32_t rules);

    // Lets go of every conversation in the map Flows or Opens.
    [[nodiscard]] Result<void> empty(MapId flows) const;

    // A snapshot, all CPUs added up, without a system call. Nothing if there is no counter for the id.
    [[nodiscard]] std::optional<interdict_hits> counter(std::uint32_t id) const;

    // Those of the ids below `end` that have counted a packet, in their order. Of millions that takes tens of
    // milliseconds.
    [[nodiscard]] std::vector<std::pair<std::uint32_t, interdict_hits>>
    moved_counters(std::uint32_t end) const;

    // One CPU's part of a counter, in the kernel's own memory; null if there is no counter for the id, or no
    // memory to reach it.
    [[nodiscard]] interdict_hits* hits(std::uint32_t id, std::uint32_t shard) const;

    // id: has a counter, and no live rule counts there. Error: no memory to reach it.
    [[nodiscard]] Result<void> zero_counter(std::uint32_t id) const;

private:
    [[nodiscard]] static Result<Maps> create(const Sizes& sizes, const Maps* shared);
    [[nodiscard]] std::filesystem::path table_pin(MapId outer, std::uint32_t slot) const;
    [[nodiscard]] Result<void> map_memory(Access access);
    [[nodiscard]] Result<void> open_counters(const Pins& pins, Access access);
    [[nodiscard]] Result<void> insert_counters(std::uint32_t chunk, int inner);
    void add_counters(Fd fd, Access access);

    std::array<Fd, kMapCount> fds_;
    Mapping<interdict_control> control_;
    Mapping<interdict_name_key> name_keys_;
    Mapping<std::uint64_t> filter_;
    Mapping<std::uint32_t> vlan_scopes_;
    Mapping<interdict_sketch> sketches_;
    Mapping<interdict_open_set> opens_;
    Mapping<interdict_report> report_;
    std::vector<std::unique_ptr<CounterMap>> counters_;
    std::optional<Pins> pinned_;
};

} // namespace interdict::plane
