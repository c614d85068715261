// SPDX-License-Identifier: Apache-2.0
//
// layout.h: every map of the contract as userspace creates it, and the inner maps.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <linux/bpf.h>

#include "base/fd.h"
#include "base/result.h"
#include "maps/counters.h"
#include "maps/flows.h"
#include "maps/opens.h"

namespace interdict::plane {

// In the order of kMaps.
enum class MapId : std::size_t {
    Control,
    NameKeys,
    Filter,
    Targets,
    Rules,
    Answers,
    Counters,
    Totals,
    Flows,
    Opens,
    Armed,
    VlanScopes,
    PrefixScopes,
    Sketches,
    Report,
    Packets,
    Stages,
    MemberStages,
};
inline constexpr std::size_t kMapCount = 18;

// Entries of the maps that the operator may size.
struct Sizes {
    std::uint32_t flows = INTERDICT_FLOWS_DEFAULT;
    std::uint32_t opens = INTERDICT_OPENS_DEFAULT; // rounded down to whole sets, at least one
    // Bytes of struct packet, which only the programs know; Programs::scratch_size().
    std::uint32_t scratch = 0;
    // An LRU keeps free lists per CPU; with fewer entries than this per CPU it evicts what is new.
    std::uint32_t lru_per_cpu = 256;
};

enum class Inner { None, Targets, Rules, Answers, Counters, PrefixScopes };

struct MapSpec {
    std::string_view name;
    bpf_map_type type;
    std::uint32_t key_size;
    std::uint32_t value_size; // 0: Sizes::scratch
    std::uint32_t entries;    // 0: depends on sizes or on the machine
    std::uint32_t flags;
    Inner inner;
};

extern const std::array<MapSpec, kMapCount> kMaps;

[[nodiscard]] const MapSpec& spec(MapId id);

// Null for a name that is not in the contract.
[[nodiscard]] const MapSpec* find_spec(std::string_view name);

[[nodiscard]] Result<Fd> create_map(const MapSpec& spec, const Sizes& sizes);

// Parts of each counter, one per CPU as far as INTERDICT_COUNTER_SHARDS_MAX goes; a power of two.
[[nodiscard]] std::uint32_t counter_shards(std::uint32_t cpus);

// Entries of an inner map of counters.
[[nodiscard]] inline std::uint32_t counter_pages(std::uint32_t shards)
{
    return interdict_counter_elements(shards) / INTERDICT_COUNTERS_OF_PAGE;
}

// entries: at least 1.
[[nodiscard]] Result<Fd> create_inner(Inner kind, std::uint32_t entries);

} // namespace interdict::plane
