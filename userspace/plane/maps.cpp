// SPDX-License-Identifier: Apache-2.0
#include "plane/maps.h"

#include <algorithm>
#include <atomic>

#include <bpf/bpf.h>
#include <sys/random.h>

#include "base/file.h"

namespace interdict::plane {

namespace {

// PREEMPT_RT: two packets may be in the same program on one CPU.
bool softirqs_are_preempted()
{
    const auto text = read_file("/sys/kernel/realtime");
    return text && text->starts_with('1');
}

std::filesystem::path counters_pin(const Pins& pins, std::size_t chunk)
{
    return pins.map(fmt::format("counters_{}", chunk));
}

// Before anything else of another version is believed: `layout` has always been in this place.
Result<void> check_layout(int fd, const bpf_map_info& info, const std::filesystem::path& pin)
{
    constexpr std::size_t kEnd = offsetof(interdict_control, layout) + sizeof(interdict_control::layout);
    std::uint32_t found = 0;
    if (info.type == BPF_MAP_TYPE_ARRAY && info.value_size >= kEnd) {
        std::vector<std::byte> value(info.value_size);
        const std::uint32_t zero = 0;
        if (const int error = bpf_map_lookup_elem(fd, &zero, value.data()); error != 0)
            return fail_kernel(error, "cannot read {}", pin.string());
        std::memcpy(&found, value.data() + offsetof(interdict_control, layout), sizeof(found));
    }
    if (found != INTERDICT_LAYOUT_VERSION)
        return fail(
            "{}: layout version {}, this build has {}; use the interdict that made it, or take it down "
            "and up again: interdict down",
            pin.string(), found, INTERDICT_LAYOUT_VERSION);
    return {};
}

Result<void> check_map(const MapSpec& map, const bpf_map_info& info, const std::filesystem::path& pin)
{
    const auto expect = [&](std::string_view what, std::uint32_t found,
                            std::uint32_t wanted) -> Result<void> {
        if (found == wanted)
            return {};
        return fail("{}: {} {}, this build has {}; take it down and up again: interdict down", pin.string(),
                    what, found, wanted);
    };
    INTERDICT_CHECK(expect("map type", info.type, map.type));
    INTERDICT_CHECK(expect("key size", info.key_size, map.key_size));
    if (map.value_size)
        INTERDICT_CHECK(expect("value size", info.value_size, map.value_size));
    if (map.entries)
        INTERDICT_CHECK(expect("number of entries", info.max_entries, map.entries));
    INTERDICT_CHECK(expect("map flags", info.map_flags & (BPF_F_MMAPABLE | BPF_F_NO_PREALLOC), map.flags));
    return {};
}

// Only the controller writes them.
bool is_table(MapId id)
{
    switch (id) {
    case MapId::NameKeys:
    case MapId::Filter:
    case MapId::Targets:
    case MapId::Rules:
    case MapId::Answers:
    case MapId::VlanScopes:
    case MapId::PrefixScopes:
        return true;
    default:
        return false;
    }
}

// One frame at a time, none of which follows on another.
constexpr std::uint32_t kProofFlows = 64;

} // namespace

Result<Maps> Maps::create(const Sizes& sizes) { return create(sizes, nullptr); }

Result<Maps> Maps::beside(const Maps& plane)
{
    INTERDICT_TRY(const auto packets, map_info(plane.fd(MapId::Packets)));
    INTERDICT_TRY(
        auto maps,
        create({.flows = kProofFlows, .opens = kProofFlows, .scratch = packets.value_size, .lru_per_cpu = 4},
               &plane));
    maps.control().counter_shards = plane.control().counter_shards;
    return maps;
}

Result<Maps> Maps::create(const Sizes& sizes, const Maps* shared)
{
    Maps maps;
    for (std::size_t i = 0; i < kMapCount; ++i) {
        if (shared && is_table(static_cast<MapId>(i))) {
            INTERDICT_TRY(maps.fds_[i], duplicate(shared->fds_[i].get()));
        } else {
            INTERDICT_TRY(maps.fds_[i], create_map(kMaps[i], sizes));
        }
    }
    INTERDICT_CHECK(maps.map_memory(Access::Write));
    interdict_control& control = maps.control();
    control.layout = INTERDICT_LAYOUT_VERSION;
    INTERDICT_TRY(const auto cpus, possible_cpus());
    control.counter_shards = counter_shards(cpus);
    control.quic_budget = INTERDICT_QUIC_BUDGET_DEFAULT;
    if (cpus > control.counter_shards || softirqs_are_preempted())
        control.flags |= INTERDICT_CONTROL_ATOMIC;
    INTERDICT_CHECK(maps.grow_counters(1));
    control.open_sets = static_cast<__u32>(maps.opens_.size());
    if (::getrandom(&control.open_key, sizeof(control.open_key), 0) != sizeof(control.open_key) ||
        ::getrandom(control.sketch_key, sizeof(control.sketch_key), 0) != sizeof(control.sketch_key))
        return fail_errno(errno, "no random bytes");
    return maps;
}

Result<Maps> Maps::open(const Pins& pins, Access access)
{
    if (!pins.exist()) {
        INTERDICT_CHECK(check_bpffs(pins.root()));
        return fail("{}: no plane is up here; bring one up: interdict up --iface NAME:subscriber",
                    pins.root().string());
    }
    Maps maps;
    for (std::size_t i = 0; i < kMapCount; ++i) {
        const auto pin = pins.map(kMaps[i].name);
        INTERDICT_TRY(maps.fds_[i], open_pin(pin));
        INTERDICT_TRY(const auto info, map_info(maps.fds_[i].get()));
        if (i == static_cast<std::size_t>(MapId::Control))
            INTERDICT_CHECK(check_layout(maps.fds_[i].get(), info, pin));
        INTERDICT_CHECK(check_map(kMaps[i], info, pin));
    }
    INTERDICT_CHECK(maps.map_memory(access));
    if (maps.opens_.size() != maps.control().open_sets)
        return fail("{}: {} entries, {} says {}; take it down and up again: interdict down",
                    pins.map("opens").string(), maps.opens_.size(), pins.map("control").string(),
                    maps.control().open_sets);
    INTERDICT_CHECK(maps.open_counters(pins, access));
    maps.pinned_ = pins;
    return maps;
}

Result<void> Maps::pin(const Pins& pins)
{
    for (std::size_t i = 0; i < counters_.size(); ++i)
        INTERDICT_CHECK(make_pin(counters_[i]->fd(), counters_pin(pins, i)));
    for (std::size_t i = kMapCount; i-- > 0;) // "control" is the first, hence pinned last
        INTERDICT_CHECK(make_pin(fds_[i].get(), pins.map(kMaps[i].name)));
    pinned_ = pins;
    return {};
}

std::uint64_t Maps::live() const
{
    return std::atomic_ref<__u64>(control().live).load(std::memory_order_acquire);
}

Result<void> Maps::map_memory(Access access)
{
    const auto open = [&]<class T>(Mapping<T>& mapping, MapId id, Touch touch = Touch::All) -> Result<void> {
        INTERDICT_TRY(const auto info, map_info(fd(id)));
        INTERDICT_TRY(mapping, Mapping<T>::open(fd(id), info.max_entries, spec(id).name, access, touch));
        return {};
    };
    INTERDICT_CHECK(open(control_, MapId::Control));
    INTERDICT_CHECK(open(name_keys_, MapId::NameKeys));
    INTERDICT_CHECK(open(filter_, MapId::Filter));
    INTERDICT_CHECK(open(vlan_scopes_, MapId::VlanScopes));
    INTERDICT_CHECK(open(sketches_, MapId::Sketches));
    INTERDICT_CHECK(open(opens_, MapId::Opens, Touch::Some));
    return open(report_, MapId::Report);
}

Result<void> Maps::open_counters(const Pins& pins, Access access)
{
    std::error_code ignored;
    for (std::size_t chunk = 0; std::filesystem::exists(counters_pin(pins, chunk), ignored); ++chunk) {
        INTERDICT_TRY(auto map, open_pin(counters_pin(pins, chunk)));
        INTERDICT_TRY(const auto info, map_info(map.get()));
        const std::uint32_t pages = counter_pages(control().counter_shards);
        if (info.value_size != sizeof(interdict_hits_page) || info.max_entries != pages)
            return fail("{}: {} entries of {} bytes, this build has {} of {}; take it down and up again: "
                        "interdict down",
                        counters_pin(pins, chunk).string(), info.max_entries, info.value_size, pages,
                        sizeof(interdict_hits_page));
        // A controller that died between the two steps of grow_counters() left a pin alone.
        const auto index = static_cast<std::uint32_t>(chunk);
        std::uint32_t id = 0;
        if (access == Access::Write && bpf_map_lookup_elem(fd(MapId::Counters), &index, &id) != 0)
            INTERDICT_CHECK(insert_counters(index, map.get()));
        add_counters(std::move(map), access);
    }
    return {};
}

Result<void> Maps::insert_counters(std::uint32_t chunk, int inner)
{
    if (const int error = bpf_map_update_elem(fd(MapId::Counters), &chunk, &inner, BPF_ANY); error != 0)
        return fail_kernel(error, "cannot add the counters of rules from {} on",
                           std::uint64_t{chunk} << INTERDICT_COUNTERS_SHIFT);
    return {};
}

void Maps::add_counters(Fd map, Access access)
{
    const std::uint32_t elements = interdict_counter_elements(control().counter_shards);
    counters_.push_back(std::make_unique<CounterMap>(std::move(map), elements, access));
}

interdict_hits* CounterMap::at(std::uint32_t index) const
{
    std::call_once(once_, [this] {
        if (auto mapping =
                Mapping<interdict_hits>::open(fd_.get(), elements_, "counters", access_, Touch::Some))
            memory_ = *std::move(mapping);
    });
    return index < memory_.size() ? &memory_[index] : nullptr;
}

std::filesystem::path Maps::table_pin(MapId outer, std::uint32_t slot) const
{
    return pinned_->map(fmt::format("{}_{}", spec(outer).name, slot));
}

Result<void> Maps::set_table(MapId outer, std::uint32_t slot, int inner)
{
    if (pinned_)
        ::unlink(table_pin(outer, slot).c_str());
    if (const int error = bpf_map_update_elem(fd(outer), &slot, &inner, BPF_ANY); error != 0)
        return fail_kernel(error, "cannot put a table into the map {}", spec(outer).name);
    return pinned_ ? make_pin(inner, table_pin(outer, slot)) : Result<void>();
}

Result<Fd> Maps::table(MapId outer, std::uint32_t slot) const
{
    std::uint32_t number = 0;
    if (const int error = bpf_map_lookup_elem(fd(outer), &slot, &number); error != 0)
        return fail_kernel(error, "cannot find the live table of the map {}", spec(outer).name);
    if (pinned_)
        if (auto pinned = open_pin(table_pin(outer, slot)))
            if (const auto info = map_info(pinned->get()); info && info->id == number)
                return std::move(*pinned);
    const int opened = bpf_map_get_fd_by_id(number);
    if (opened < 0)
        return fail_kernel(opened, "cannot open the live table of the map {}", spec(outer).name);
    return Fd(opened);
}

Result<void> Maps::free_table(MapId outer, std::uint32_t slot)
{
    if (pinned_)
        ::unlink(table_pin(outer, slot).c_str());
    if (const int error = bpf_map_delete_elem(fd(outer), &slot); error != 0 && error != -ENOENT)
        return fail_kernel(error, "cannot free the last generation's part of the map {}", spec(outer).name);
    return {};
}

Result<void> Maps::grow_counters(std::uint32_t rules)
{
    const std::size_t wanted =
        (rules + std::uint64_t{INTERDICT_COUNTERS_PER_MAP} - 1) >> INTERDICT_COUNTERS_SHIFT;
    if (wanted > INTERDICT_COUNTER_MAPS)
        return fail("rule ids up to {}, the limit is {}; lift or merge orders", rules - 1,
                    INTERDICT_RULE_ID_MAX);
    while (counters_.size() < wanted) {
        const auto chunk = static_cast<std::uint32_t>(counters_.size());
        INTERDICT_TRY(auto map, create_inner(Inner::Counters, counter_pages(control().counter_shards)));
        // Pinned first: one that the programs reach but the next controller does not would be lost.
        if (pinned_)
            INTERDICT_CHECK(make_pin(map.get(), counters_pin(*pinned_, chunk)));
        if (auto inserted = insert_counters(chunk, map.get()); !inserted) {
            if (pinned_)
                ::unlink(counters_pin(*pinned_, chunk).c_str());
            return inserted;
        }
        add_counters(std::move(map), Access::Write);
    }
    return {};
}

Result<void> Maps::fold_counters(std::uint32_t rules)
{
    const std::uint32_t chunks = rules >> INTERDICT_COUNTERS_SHIFT;
    for (std::uint32_t chunk = 1; chunk <= chunks; ++chunk) {
        std::uint32_t id = 0;
        if (bpf_map_lookup_elem(fd(MapId::Counters), &chunk, &id) != 0)
            INTERDICT_CHECK(insert_counters(chunk, counters_.front()->fd()));
    }
    return {};
}

Result<void> Maps::empty(MapId flows) const
{
    if (flows == MapId::Opens) {
        std::ranges::fill(opens_.all(), interdict_open_set{});
        return {};
    }
    interdict_flow_key key{};
    while (bpf_map_get_next_key(fd(flows), nullptr, &key) == 0)
        if (const int error = bpf_map_delete_elem(fd(flows), &key); error != 0 && error != -ENOENT)
            return fail_kernel(error, "cannot empty the map {}", spec(flows).name);
    return {};
}

interdict_hits* Maps::hits(std::uint32_t id, std::uint32_t shard) const
{
    const std::size_t chunk = id >> INTERDICT_COUNTERS_SHIFT;
    return chunk < counters_.size() ? counters_[chunk]->at(interdict_hits_index(shard, id)) : nullptr;
}

std::optional<interdict_hits> Maps::counter(std::uint32_t id) const
{
    if (!hits(id, 0))
        return std::nullopt;
    const std::uint32_t shards = control().counter_shards;
    interdict_hits sum = {};
    for (std::uint32_t shard = 0; shard < shards; ++shard) {
        const interdict_hits* part = hits(id, shard);
        sum.packets += __atomic_load_n(&part->packets, __ATOMIC_RELAXED);
        sum.bytes += __atomic_load_n(&part->bytes, __ATOMIC_RELAXED);
        sum.quic += __atomic_load_n(&part->quic, __ATOMIC_RELAXED);
        sum.dns += __atomic_load_n(&part->dns, __ATOMIC_RELAXED);
        sum.http += __atomic_load_n(&part->http, __ATOMIC_RELAXED);
        sum.last_seen = std::max(sum.last_seen, __atomic_load_n(&part->last_seen, __ATOMIC_RELAXED));
    }
    return sum;
}

std::vector<std::pair<std::uint32_t, interdict_hits>> Maps::moved_counters(std::uint32_t end) const
{
    std::vector<std::pair<std::uint32_t, interdict_hits>> moved;
    const std::uint32_t shards = control().counter_shards;
    std::array<const interdict_hits*, INTERDICT_COUNTER_SHARDS_MAX> parts{};
    for (std::uint32_t first = 0; first < end && hits(first, 0); first += INTERDICT_COUNTERS_PER_MAP) {
        for (std::uint32_t shard = 0; shard < shards; ++shard)
            parts[shard] = hits(first, shard);
        const std::uint32_t here = std::min(end - first, INTERDICT_COUNTERS_PER_MAP);
        for (std::uint32_t i = 0; i < here; ++i)
            for (std::uint32_t shard = 0; shard < shards; ++shard)
                if (__atomic_load_n(&parts[shard][i].packets, __ATOMIC_RELAXED) != 0) {
                    moved.emplace_back(first + i, *counter(first + i));
                    break;
                }
    }
    return moved;
}

Result<void> Maps::zero_counter(std::uint32_t id) const
{
    if (!hits(id, 0))
        return fail("the counter of rule {} cannot be reached: no memory to map it", id);
    const std::uint32_t shards = control().counter_shards;
    for (std::uint32_t shard = 0; shard < shards; ++shard) {
        interdict_hits* part = hits(id, shard);
        __atomic_store_n(&part->packets, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&part->bytes, 0, __ATOMIC_RELAXED);
        for (__u32* field : {&part->quic, &part->dns, &part->http, &part->last_seen})
            __atomic_store_n(field, 0, __ATOMIC_RELAXED);
    }
    return {};
}

} // namespace interdict::plane
