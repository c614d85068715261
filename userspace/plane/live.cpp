// SPDX-License-Identifier: Apache-2.0
#include "plane/live.h"

#include <bpf/bpf.h>

#include "plane/kernel.h"

namespace interdict::plane {

namespace {

constexpr int kTries = 10;

template <class T>
Result<Mapping<T>> open_inner(const Maps& maps, MapId outer, std::uint32_t slot)
{
    std::uint32_t number = 0;
    if (const int error = bpf_map_lookup_elem(maps.fd(outer), &slot, &number); error != 0)
        return fail_kernel(error, "cannot find the live table of the map {}", spec(outer).name);
    const int opened = bpf_map_get_fd_by_id(number);
    if (opened < 0)
        return fail_kernel(opened, "cannot open the live table of the map {}", spec(outer).name);
    const Fd table(opened);
    INTERDICT_TRY(const auto info, map_info(table.get()));
    return Mapping<T>::open(table.get(), info.max_entries, spec(outer).name, Access::Read);
}

} // namespace

Result<LiveTables> LiveTables::open(const Maps& maps)
{
    Error last{"generations change too fast to be read; try again", 0};
    // A generation that is replaced meanwhile is freed piece by piece, so it may look incomplete.
    for (int i = 0; i < kTries; ++i) {
        const std::uint64_t live = maps.live();
        if (live == 0)
            return fail("no generation is live; apply orders: interdict apply FILE...");
        const auto slot = static_cast<std::uint32_t>(live % INTERDICT_SLOTS);
        LiveTables tables;
        tables.header_ = maps.control().generation[slot];
        tables.name_key_ = maps.name_keys()[slot];
        auto buckets = open_inner<interdict_bucket>(maps, MapId::Targets, slot);
        auto rules = open_inner<interdict_rule>(maps, MapId::Rules, slot);
        auto answers = open_inner<interdict_answer>(maps, MapId::Answers, slot);
        if (maps.live() != live || tables.header_.number != live)
            continue;
        if (buckets && rules && answers && buckets->size() >= tables.header_.buckets &&
            rules->size() >= tables.header_.rules) {
            tables.buckets_ = *std::move(buckets);
            tables.rules_ = *std::move(rules);
            tables.answers_ = *std::move(answers);
            return tables;
        }
        if (!buckets || !rules || !answers)
            return std::unexpected(!buckets ? buckets.error() : !rules ? rules.error() : answers.error());
        last = {"the live tables are smaller than their header says; apply the orders again", 0};
    }
    return std::unexpected(last);
}

image::View LiveTables::view() const
{
    return {header_, std::span(&buckets_[0], buckets_.size()), name_key_};
}

std::optional<interdict_rule> LiveTables::rule(std::uint32_t id) const
{
    if (id == 0 || id >= header_.rules || !(rules_[id].flags & INTERDICT_RULE_PRESENT))
        return std::nullopt;
    return rules_[id];
}

std::optional<interdict_answer> LiveTables::answer(std::uint32_t index) const
{
    if (index >= answers_.size())
        return std::nullopt;
    return answers_[index];
}

} // namespace interdict::plane
