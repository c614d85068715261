// SPDX-License-Identifier: Apache-2.0
#include "plane/publish.h"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <unordered_set>

#include <bpf/bpf.h>

#include "base/clock.h"
#include "plane/interfaces.h"
#include "plane/sketches.h"

namespace interdict::plane {

namespace {

constexpr std::uint64_t kMebibyte = 1 << 20;
// The kernel's own size of a trie node here, with its slab.
constexpr std::uint64_t kPrefixBytes = 150;

std::uint32_t slot_of(std::uint64_t generation) { return generation % INTERDICT_SLOTS; }

std::uint64_t memory_available()
{
    std::ifstream file("/proc/meminfo");
    std::string key;
    std::uint64_t kibibytes = 0;
    std::string unit;
    while (file >> key >> kibibytes) {
        if (key == "MemAvailable:")
            return kibibytes * 1024;
        std::getline(file, unit);
    }
    return 0;
}

// Memory that the kernel has room for now may be gone in a moment, so every table is made and filled before
// anything of the slot is changed.
template <class T>
Result<Fd> filled_table(Inner kind, std::span<const T> values, std::size_t size, std::string_view what)
{
    const auto entries = static_cast<std::uint32_t>(std::max<std::size_t>(size, 1));
    INTERDICT_TRY(auto table, create_inner(kind, entries));
    INTERDICT_TRY(const auto memory, Mapping<T>::open(table.get(), entries, what));
    memory.write(0, values);
    return table;
}

Result<Fd> filled_prefixes(std::span<const image::PrefixScope> prefixes)
{
    const auto entries = static_cast<std::uint32_t>(std::max<std::size_t>(prefixes.size(), 1));
    INTERDICT_TRY(auto trie, create_inner(Inner::PrefixScopes, entries));
    for (const auto& prefix : prefixes)
        if (const int error = bpf_map_update_elem(trie.get(), &prefix.key, &prefix.scopes, BPF_ANY);
            error != 0)
            return fail_kernel(error, "cannot put a prefix into the map prefix_scopes");
    return trie;
}

struct Tables {
    Fd targets;
    Fd rules;
    Fd answers;
    Fd prefixes;
};

// The sketches that rules count names in are the plane's, not the image's.
Result<void> lay_sketches(const Maps& maps, int rules, const image::Image& image)
{
    if (image.rules.empty())
        return {};
    INTERDICT_TRY(const auto memory, Mapping<interdict_rule>::open(
                                         rules, static_cast<std::uint32_t>(image.rules.size()), "rules"));
    assign_sketches(maps, memory); // a rule that gets none observes all the same
    return {};
}

Result<Tables> make_tables(const Maps& maps, const image::Image& image)
{
    Tables tables;
    INTERDICT_TRY(tables.targets, filled_table<interdict_bucket>(Inner::Targets, image.buckets,
                                                                 image.buckets.size(), "targets"));
    INTERDICT_TRY(tables.rules, filled_table<interdict_rule>(Inner::Rules, image.rules,
                                                             image::rule_entries(image), "rules"));
    INTERDICT_CHECK(lay_sketches(maps, tables.rules.get(), image));
    INTERDICT_TRY(tables.answers, filled_table<interdict_answer>(Inner::Answers, image.answers,
                                                                 image::answer_entries(image), "answers"));
    INTERDICT_TRY(tables.prefixes, filled_prefixes(image.scopes.prefixes));
    return tables;
}

void write_slot(Maps& maps, std::uint32_t slot, const image::Image& image, const InterfaceScopes& scopes)
{
    maps.name_keys()[slot] = image.name_key;
    maps.filter().write(slot * INTERDICT_FILTER_WORDS, image.filter);
    maps.vlan_scopes().write(slot * INTERDICT_VLANS, image.scopes.vlans);
    for (const auto& interface : interfaces(maps.control()))
        if (auto* entry = find_interface(maps.control(), interface.ifindex))
            entry->scope[slot] = scopes(interface.ifindex);
}

// After a grace period nothing reads the slot; its memory is worth more to the next generation.
Result<void> free_slot(Maps& maps, std::uint32_t slot)
{
    maps.control().generation[slot] = {};
    for (const MapId outer : {MapId::Targets, MapId::Rules, MapId::Answers, MapId::PrefixScopes})
        INTERDICT_CHECK(maps.free_table(outer, slot));
    return {};
}

} // namespace

std::uint64_t memory_needed(const Maps& maps, const image::Image& image)
{
    const std::uint64_t rules = image::rule_entries(image);
    std::uint64_t counters = 0;
    for (std::uint64_t first = 0; first < image.rules.size(); first += INTERDICT_COUNTERS_PER_MAP)
        if (!maps.counter(static_cast<std::uint32_t>(first)))
            counters += std::uint64_t{interdict_counter_elements(maps.control().counter_shards)} *
                        sizeof(interdict_hits);
    return image.buckets.size() * sizeof(interdict_bucket) + rules * sizeof(interdict_rule) + counters +
           image::answer_entries(image) * sizeof(interdict_answer) +
           image.scopes.prefixes.size() * kPrefixBytes;
}

Result<void> check_capacity(const Maps& maps, const image::Image& image, const Limits& limits)
{
    const auto& header = image.header;
    if (header.targets > limits.targets)
        return fail("the rule set has {} targets, the limit is {}; raise the limit or drop orders",
                    header.targets, limits.targets);
    if (!image.rules.empty() && image.rules.size() - 1 > limits.rules)
        return fail("the rule set has ids up to {}, the limit is {}; raise the limit or drop orders",
                    image.rules.size() - 1, limits.rules);
    if (image.scopes.prefixes.size() > limits.prefix_scopes)
        return fail("the scopes have {} subscriber prefixes, the limit is {}; name shorter prefixes",
                    image.scopes.prefixes.size(), limits.prefix_scopes);
    const std::uint64_t needed = memory_needed(maps, image);
    const std::uint64_t available = limits.bytes.value_or(memory_available());
    if (needed > available)
        return fail(
            "the rule set needs {} MiB of kernel memory, {} MiB are available; add memory or drop orders",
            needed / kMebibyte + 1, available / kMebibyte);
    return {};
}

Result<Staged> stage(Maps& maps, const image::Image& image, const Limits& limits,
                     const InterfaceScopes& scopes)
{
    if (image.filter.size() != INTERDICT_FILTER_WORDS || image.scopes.vlans.size() != INTERDICT_VLANS ||
        image.buckets.size() != image.header.buckets || image.rules.size() != image.header.rules)
        return fail("the image does not agree with its header: {} of {} buckets, {} of {} rules",
                    image.buckets.size(), image.header.buckets, image.rules.size(), image.header.rules);
    INTERDICT_CHECK(check_capacity(maps, image, limits));
    INTERDICT_TRY(const auto tables, make_tables(maps, image));
    INTERDICT_CHECK(maps.grow_counters(static_cast<std::uint32_t>(image.rules.size())));
    INTERDICT_CHECK(grace_period());

    Staged staged{.number = maps.live() + 1};
    std::ranges::copy(image.header.digest, staged.digest.begin());
    const std::uint32_t slot = slot_of(staged.number);
    auto& header = maps.control().generation[slot];
    header = {}; // what was staged here before, if anything, can no longer be published
    INTERDICT_CHECK(maps.set_table(MapId::Targets, slot, tables.targets.get()));
    INTERDICT_CHECK(maps.set_table(MapId::Rules, slot, tables.rules.get()));
    INTERDICT_CHECK(maps.set_table(MapId::Answers, slot, tables.answers.get()));
    INTERDICT_CHECK(maps.set_table(MapId::PrefixScopes, slot, tables.prefixes.get()));
    write_slot(maps, slot, image, scopes);
    header = image.header;
    header.number = staged.number;
    return staged;
}

Result<Published> publish(Maps& maps, const Staged& staged, const Changes& changes)
{
    auto& control = maps.control();
    const std::uint64_t before = maps.live();
    auto& header = control.generation[slot_of(staged.number)];
    if (staged.number != before + 1 || header.number != staged.number ||
        !std::ranges::equal(header.digest, staged.digest))
        return fail("generation {} is not the one that is staged; generation {} stays live", staged.number,
                    before);
    for (const std::uint32_t id : changes.added)
        if (!maps.counter(id))
            return fail("rule {} has no counter; generation {} stays live", id, before);

    Published published{.number = staged.number};
    const std::unordered_set<std::uint32_t> added(changes.added.begin(), changes.added.end());
    published.removed.reserve(changes.removed.size());
    for (const std::uint32_t id : changes.removed)
        published.removed.push_back({id, maps.counter(id).value_or(interdict_hits{})});
    for (const std::uint32_t id : changes.added)
        INTERDICT_CHECK(maps.zero_counter(id));
    empty_sketches(maps, added);
    header.published = static_cast<std::uint64_t>(now());
    std::atomic_ref<__u64>(control.live).store(staged.number, std::memory_order_release);

    if (auto waited = grace_period(); !waited) {
        published.afterwards = waited.error();
        return published;
    }
    for (auto& last : published.removed)
        if (const auto counter = maps.counter(last.id); counter && !added.contains(last.id))
            last.counter = *counter;
    if (auto freed = free_slot(maps, slot_of(before)); !freed)
        published.afterwards = freed.error();
    return published;
}

} // namespace interdict::plane
