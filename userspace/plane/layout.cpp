// SPDX-License-Identifier: Apache-2.0
#include "plane/layout.h"

#include <algorithm>
#include <bit>

#include <bpf/bpf.h>

#include "maps/answers.h"
#include "maps/control.h"
#include "maps/counters.h"
#include "maps/filter.h"
#include "maps/opens.h"
#include "maps/pins.h"
#include "maps/report.h"
#include "maps/rules.h"
#include "maps/scopes.h"
#include "maps/sketches.h"
#include "maps/targets.h"
#include "maps/totals.h"
#include "plane/kernel.h"

namespace interdict::plane {

namespace {

constexpr std::uint32_t kIndex = sizeof(std::uint32_t);

struct InnerSpec {
    const char* name;
    bpf_map_type type;
    std::uint32_t key_size;
    std::uint32_t value_size;
    std::uint32_t flags;
};

InnerSpec inner_spec(Inner kind)
{
    switch (kind) {
    case Inner::Targets:
        return {"targets_inner", BPF_MAP_TYPE_ARRAY, kIndex, sizeof(interdict_bucket),
                BPF_F_MMAPABLE | BPF_F_INNER_MAP};
    case Inner::Rules:
        return {"rules_inner", BPF_MAP_TYPE_ARRAY, kIndex, sizeof(interdict_rule),
                BPF_F_MMAPABLE | BPF_F_INNER_MAP};
    case Inner::Answers:
        return {"answers_inner", BPF_MAP_TYPE_ARRAY, kIndex, sizeof(interdict_answer),
                BPF_F_MMAPABLE | BPF_F_INNER_MAP};
    case Inner::Counters:
        return {"counters_inner", BPF_MAP_TYPE_ARRAY, kIndex, sizeof(interdict_hits_page), BPF_F_MMAPABLE};
    case Inner::PrefixScopes:
        return {"prefix_inner", BPF_MAP_TYPE_LPM_TRIE, sizeof(interdict_prefix_key), sizeof(std::uint32_t),
                BPF_F_NO_PREALLOC};
    case Inner::None:
        break;
    }
    return {};
}

// The size an inner map must have to be like the template that the programs are verified against.
std::uint32_t template_entries(Inner kind, std::uint32_t cpus)
{
    return kind == Inner::Counters ? counter_pages(counter_shards(cpus)) : 1;
}

} // namespace

const std::array<MapSpec, kMapCount> kMaps = {{
    {"control", BPF_MAP_TYPE_ARRAY, kIndex, sizeof(interdict_control), 1, BPF_F_MMAPABLE, Inner::None},
    {"name_keys", BPF_MAP_TYPE_ARRAY, kIndex, sizeof(interdict_name_key), INTERDICT_SLOTS, BPF_F_MMAPABLE,
     Inner::None},
    {"filter", BPF_MAP_TYPE_ARRAY, kIndex, sizeof(std::uint64_t), INTERDICT_FILTER_ENTRIES, BPF_F_MMAPABLE,
     Inner::None},
    {"targets", BPF_MAP_TYPE_ARRAY_OF_MAPS, kIndex, kIndex, INTERDICT_SLOTS, 0, Inner::Targets},
    {"rules", BPF_MAP_TYPE_ARRAY_OF_MAPS, kIndex, kIndex, INTERDICT_SLOTS, 0, Inner::Rules},
    {"answers", BPF_MAP_TYPE_ARRAY_OF_MAPS, kIndex, kIndex, INTERDICT_SLOTS, 0, Inner::Answers},
    {"counters", BPF_MAP_TYPE_ARRAY_OF_MAPS, kIndex, kIndex, INTERDICT_COUNTER_MAPS, 0, Inner::Counters},
    {"totals", BPF_MAP_TYPE_PERCPU_ARRAY, kIndex, sizeof(interdict_totals), 1, 0, Inner::None},
    {"flows", BPF_MAP_TYPE_LRU_HASH, sizeof(interdict_flow_key), sizeof(interdict_flow), 0, 0, Inner::None},
    {"opens", BPF_MAP_TYPE_ARRAY, kIndex, sizeof(interdict_open_set), 0, BPF_F_MMAPABLE, Inner::None},
    {"armed", BPF_MAP_TYPE_ARRAY, kIndex, sizeof(interdict_armed), INTERDICT_ARMED_SLOTS, 0, Inner::None},
    {"vlan_scopes", BPF_MAP_TYPE_ARRAY, kIndex, sizeof(std::uint32_t), INTERDICT_SLOTS* INTERDICT_VLANS,
     BPF_F_MMAPABLE, Inner::None},
    {"prefix_scopes", BPF_MAP_TYPE_ARRAY_OF_MAPS, kIndex, kIndex, INTERDICT_SLOTS, 0, Inner::PrefixScopes},
    {"sketches", BPF_MAP_TYPE_ARRAY, kIndex, sizeof(interdict_sketch), INTERDICT_SKETCHES, BPF_F_MMAPABLE,
     Inner::None},
    {"report", BPF_MAP_TYPE_ARRAY, kIndex, sizeof(interdict_report), 0, BPF_F_MMAPABLE, Inner::None},
    {"packets", BPF_MAP_TYPE_PERCPU_ARRAY, kIndex, 0, 1, 0, Inner::None},
    {"stages", BPF_MAP_TYPE_PROG_ARRAY, kIndex, kIndex, INTERDICT_STAGE_MAX, 0, Inner::None},
    {"stages_member", BPF_MAP_TYPE_PROG_ARRAY, kIndex, kIndex, INTERDICT_STAGE_MAX, 0, Inner::None},
}};

const MapSpec& spec(MapId id) { return kMaps[static_cast<std::size_t>(id)]; }

const MapSpec* find_spec(std::string_view name)
{
    const auto* found = std::ranges::find(kMaps, name, &MapSpec::name);
    return found == kMaps.end() ? nullptr : found;
}

Result<Fd> create_map(const MapSpec& map, const Sizes& sizes)
{
    LIBBPF_OPTS(bpf_map_create_opts, options);
    options.map_flags = map.flags;
    INTERDICT_TRY(const auto cpus, possible_cpus());
    Fd model;
    if (map.inner != Inner::None) {
        INTERDICT_TRY(model, create_inner(map.inner, template_entries(map.inner, cpus)));
        options.inner_map_fd = static_cast<__u32>(model.get());
    }
    std::uint32_t entries = map.entries;
    if (map.name == "report")
        entries = cpus;
    else if (map.name == "opens")
        entries = std::max(sizes.opens / INTERDICT_OPEN_WAYS, 1u);
    else if (map.name == "flows")
        entries = std::max(sizes.flows, cpus * sizes.lru_per_cpu);
    const std::uint32_t value_size = map.value_size ? map.value_size : sizes.scratch;
    const int fd = bpf_map_create(map.type, map.name.data(), map.key_size, value_size, entries, &options);
    if (fd < 0)
        return fail_kernel(fd, "cannot create the BPF map {} ({} entries of {} bytes)", map.name, entries,
                           value_size);
    return Fd(fd);
}

std::uint32_t counter_shards(std::uint32_t cpus)
{
    return std::min(std::bit_ceil(cpus), INTERDICT_COUNTER_SHARDS_MAX);
}

Result<Fd> create_inner(Inner kind, std::uint32_t entries)
{
    const InnerSpec inner = inner_spec(kind);
    LIBBPF_OPTS(bpf_map_create_opts, options);
    options.map_flags = inner.flags;
    const int fd =
        bpf_map_create(inner.type, inner.name, inner.key_size, inner.value_size, entries, &options);
    if (fd < 0)
        return fail_kernel(fd, "cannot create the BPF map {} ({} entries of {} bytes)", inner.name, entries,
                           inner.value_size);
    return Fd(fd);
}

} // namespace interdict::plane
