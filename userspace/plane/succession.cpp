// SPDX-License-Identifier: Apache-2.0
#include "plane/succession.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstring>

#include <bpf/bpf.h>
#include <sys/stat.h>
#include <unistd.h>

#include "maps/counters.h"
#include "plane/interfaces.h"
#include "plane/mapping.h"

namespace interdict::plane {

namespace fs = std::filesystem;

namespace {

// The contract of struct Predecessor; maps/README.md has it, too.
static_assert(offsetof(interdict_control, live) == 0);
static_assert(offsetof(interdict_control, layout) == 8);
static_assert(offsetof(interdict_control, flags) == 12);
static_assert(offsetof(interdict_control, encapsulations) == 16);
static_assert(offsetof(interdict_control, counter_shards) == 48);
static_assert(offsetof(interdict_control, quic_budget) == 52);
static_assert(offsetof(interdict_control, sketch_key) == 64);
static_assert(offsetof(interdict_control, generation) == 80);
static_assert(offsetof(interdict_generation, digest) == 16);
static_assert(offsetof(interdict_control, interfaces) == 80 + 2 * 224);
constexpr std::size_t kReadable =
    offsetof(interdict_control, interfaces) + sizeof(interdict_control::interfaces);

// Of a set whose version is not known yet.
Result<interdict_control> read_control(const Pins& pins)
{
    const auto pin = pins.map("control");
    INTERDICT_TRY(const auto map, open_pin(pin));
    INTERDICT_TRY(const auto info, map_info(map.get()));
    interdict_control control = {};
    std::vector<std::byte> value(info.value_size);
    const std::uint32_t zero = 0;
    if (info.type != BPF_MAP_TYPE_ARRAY || value.size() < offsetof(interdict_control, flags))
        return fail("{}: not a map of interdict", pin.string());
    if (const int error = bpf_map_lookup_elem(map.get(), &zero, value.data()); error != 0)
        return fail_kernel(error, "cannot read {}", pin.string());
    std::memcpy(&control, value.data(), std::min(value.size(), kReadable));
    if (control.layout != INTERDICT_LAYOUT_VERSION &&
        (control.layout < kFirstReadable || value.size() < kReadable))
        return fail("{}: layout version {}, this build has {} and takes over from version {} on; use the "
                    "interdict that made it, or take it down and up again: interdict down",
                    pin.string(), control.layout, INTERDICT_LAYOUT_VERSION, kFirstReadable);
    return control;
}

// A change in place that was cut short counts as done: its rules are those of the idle slot's digest.
interdict_generation live_of(const interdict_control& control)
{
    if (control.live == 0)
        return {};
    auto live = control.generation[control.live % INTERDICT_SLOTS];
    if (live.number == control.live + INTERDICT_SLOTS)
        std::ranges::copy(control.generation[(control.live + 1) % INTERDICT_SLOTS].digest, live.digest);
    return live;
}

bool same_generation(const interdict_generation& one, const interdict_generation& other)
{
    return one.number == other.number && (one.number == 0 || std::ranges::equal(one.digest, other.digest));
}

bool is_there(const fs::path& path)
{
    std::error_code ignored;
    return fs::exists(path, ignored);
}

// Only while no packet is counted in `to`.
void carry_totals(const Pins& from, const Maps& to)
{
    const auto map = open_pin(from.map("totals"));
    const auto cpus = possible_cpus();
    if (!map || !cpus)
        return;
    const auto info = map_info(map->get());
    const auto& own = spec(MapId::Totals);
    if (!info || info->type != own.type || info->value_size != own.value_size)
        return;
    std::vector<std::uint64_t> values((own.value_size + 7) / 8 * std::size_t{*cpus});
    const std::uint32_t zero = 0;
    if (bpf_map_lookup_elem(map->get(), &zero, values.data()) == 0)
        static_cast<void>(bpf_map_update_elem(to.fd(MapId::Totals), &zero, values.data(), BPF_ANY));
}

void add_hits(interdict_hits& to, const interdict_hits& from)
{
    __atomic_fetch_add(&to.packets, from.packets, __ATOMIC_RELAXED);
    __atomic_fetch_add(&to.bytes, from.bytes, __ATOMIC_RELAXED);
    __atomic_fetch_add(&to.quic, from.quic, __ATOMIC_RELAXED);
    __atomic_fetch_add(&to.dns, from.dns, __ATOMIC_RELAXED);
    __atomic_fetch_add(&to.http, from.http, __ATOMIC_RELAXED);
    if (__atomic_load_n(&to.last_seen, __ATOMIC_RELAXED) < from.last_seen)
        __atomic_store_n(&to.last_seen, from.last_seen, __ATOMIC_RELAXED);
}

// Each is taken out of `from` once it is in `to`: whoever does it again after a death counts nothing twice,
// but for the one counter that was being carried.
Result<void> carry_counters(const Pins& from, std::uint32_t shards, const Maps& to)
{
    if (shards == 0 || shards > INTERDICT_COUNTER_SHARDS_MAX || (shards & (shards - 1)) != 0)
        return fail("the counters of before are laid out otherwise; they begin at zero");
    const std::uint32_t elements = interdict_counter_elements(shards);
    for (std::uint32_t chunk = 0; is_there(from.map(fmt::format("counters_{}", chunk))); ++chunk) {
        INTERDICT_TRY(const auto map, open_pin(from.map(fmt::format("counters_{}", chunk))));
        INTERDICT_TRY(const auto info, map_info(map.get()));
        if (info.type != BPF_MAP_TYPE_ARRAY || info.value_size != sizeof(interdict_hits_page) ||
            info.max_entries != counter_pages(shards))
            return fail("the counters of before are laid out otherwise; they begin at zero");
        INTERDICT_TRY(const auto memory, Mapping<interdict_hits>::open(map.get(), elements, "counters",
                                                                       Access::Write, Touch::Some));
        for (std::uint32_t i = 0; i < INTERDICT_COUNTERS_PER_MAP; ++i) {
            const std::uint32_t id = (chunk << INTERDICT_COUNTERS_SHIFT) + i;
            for (std::uint32_t shard = 0; shard < shards; ++shard) {
                auto& part = memory[interdict_hits_index(shard, id)];
                auto* own = part.packets != 0 ? to.hits(id, 0) : nullptr;
                if (!own)
                    continue;
                add_hits(*own, part);
                part = {};
            }
        }
    }
    return {};
}

Result<void> update_link(const fs::path& pin, int program)
{
    INTERDICT_TRY(const auto link, open_pin(pin));
    // ENOLINK: the interface has gone; what is pinned is nothing but its name.
    if (const int error = bpf_link_update(link.get(), program, nullptr); error != 0 && error != -ENOLINK)
        return fail_kernel(error, "{}: cannot put the new program in place of the old one",
                           pin.filename().string());
    return {};
}

// Those of dispatchers. Both sets judge, for a moment.
Result<void> move_members(const Pins& from, const Pins& to, const Maps& maps, const Programs& programs)
{
    for (const auto& name : from.members()) {
        INTERDICT_TRY(const auto before, attachment(from, name));
        if (before && before->attached)
            INTERDICT_CHECK(attach(maps, programs, to, name,
                                   {.means = Means::Dispatcher, .native_allowed = !before->generic}));
        INTERDICT_CHECK(leave_dispatcher(from, name));
    }
    return {};
}

} // namespace

Result<std::optional<Predecessor>> predecessor(const Pins& pins)
{
    if (!pins.exist())
        return std::nullopt;
    INTERDICT_TRY(const auto control, read_control(pins));
    if (control.layout == INTERDICT_LAYOUT_VERSION)
        return std::nullopt;
    Predecessor old{.layout = control.layout,
                    .live = live_of(control),
                    .flags = control.flags,
                    .encapsulations = control.encapsulations,
                    .quic_budget = control.quic_budget,
                    .counter_shards = control.counter_shards,
                    .sketch_key = {control.sketch_key[0], control.sketch_key[1]},
                    .interfaces = interfaces(control)};
    return old;
}

Result<Succession> Succession::begin(const fs::path& path, const Predecessor& old)
{
    const Pins pins(path);
    INTERDICT_TRY(auto lock, WriterLock::take(pins.root()));
    Succession made(pins, old, std::move(lock));
    const Pins next = pins.next();
    if (next.exist()) {
        auto begun = Plane::adopt(next.root(), Access::Write);
        if (begun)
            made.successor_ = *std::move(begun);
        if (begun && made.filled())
            return made;
        made.successor_.reset();
    }
    // Interfaces that it has already are judged by it until they are given over once more.
    INTERDICT_CHECK(next.remove());
    Config config;
    config.pins = next.root();
    config.observe = (old.flags & INTERDICT_CONTROL_OBSERVE) != 0;
    config.encapsulations = old.encapsulations;
    config.quic_budget = old.quic_budget;
    INTERDICT_TRY(made.successor_, Plane::up(config, {}));
    const auto& maps = made.successor_->maps();
    for (const auto& [ifindex, role, scope] : old.interfaces)
        INTERDICT_CHECK(set_interface(maps.control(), ifindex, role, {scope[0], scope[1]}));
    // By it the book knows whose counters it has read.
    std::ranges::copy(old.sketch_key, maps.control().sketch_key);
    carry_totals(pins, maps);
    // The next generation has the number of the one that is live.
    maps.control().live = old.live.number == 0 ? 0 : old.live.number - 1;
    return made;
}

bool Succession::filled() const
{
    return same_generation(successor_->generation().value_or(interdict_generation{}), old_.live);
}

Result<std::vector<std::string>> Succession::take_over()
{
    std::vector<std::string> warnings;
    const auto& maps = successor_->maps();
    const std::atomic_ref<__u32> flags(maps.control().flags);
    flags.fetch_or(INTERDICT_CONTROL_ATOMIC); // counts are added beside those of packets
    INTERDICT_CHECK(grace_period());
    INTERDICT_CHECK(give_over_links());
    INTERDICT_CHECK(move_members(pins_, pins_.next(), maps, successor_->programs()));
    INTERDICT_CHECK(grace_period());
    if (const auto carried = carry_counters(pins_, old_.counter_shards, maps); !carried)
        warnings.push_back(carried.error().message);
    if (!(old_.flags & INTERDICT_CONTROL_ATOMIC))
        flags.fetch_and(~std::uint32_t{INTERDICT_CONTROL_ATOMIC});
    successor_.reset();
    if (::unlink(pins_.map("control").c_str()) != 0)
        return fail_kernel(errno, "cannot remove the pin {}", pins_.map("control").string());
    INTERDICT_CHECK(finish_takeover(pins_));
    return warnings;
}

Result<void> Succession::give_over_links()
{
    const Pins next = pins_.next();
    for (const auto& name : pins_.linked()) {
        INTERDICT_CHECK(update_link(pins_.link(name), successor_->programs().entry()));
        if (is_there(next.link(name)))
            continue;
        INTERDICT_TRY(const auto link, open_pin(pins_.link(name)));
        INTERDICT_CHECK(make_pin(link.get(), next.link(name)));
    }
    return {};
}

void Succession::give_up()
{
    successor_.reset();
    static_cast<void>(pins_.next().remove());
}

Result<void> finish_takeover(const Pins& pins)
{
    const Pins next = pins.next();
    if (pins.exist() || !next.exist())
        return {};
    // What is not in `next` any more has been moved.
    for (const auto& name : Pins::parts()) {
        const fs::path from = next.root() / name;
        const fs::path to = pins.root() / name;
        if (!is_there(from))
            continue;
        INTERDICT_CHECK(Pins(pins.root()).clear_part(name));
        if (::rename(from.c_str(), to.c_str()) != 0)
            return fail_kernel(errno, "cannot rename the directory {} to {}", from.string(), to.string());
    }
    return next.remove();
}

Result<void> take_back(const Pins& pins, const Maps& maps, const Programs& programs)
{
    const Pins next = pins.next();
    if (!is_there(next.root()))
        return {};
    const auto begun = read_control(next);
    const std::atomic_ref<__u32> flags(maps.control().flags);
    const auto before = flags.fetch_or(INTERDICT_CONTROL_ATOMIC); // counts are added beside those of packets
    INTERDICT_CHECK(grace_period());
    for (const auto& name : pins.linked())
        INTERDICT_CHECK(update_link(pins.link(name), programs.entry()));
    INTERDICT_CHECK(move_members(next, pins, maps, programs));
    if (begun) {
        INTERDICT_CHECK(grace_period());
        static_cast<void>(carry_counters(next, begun->counter_shards, maps));
    }
    if (!(before & INTERDICT_CONTROL_ATOMIC))
        flags.fetch_and(~std::uint32_t{INTERDICT_CONTROL_ATOMIC});
    return next.remove();
}

} // namespace interdict::plane
