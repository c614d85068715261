// SPDX-License-Identifier: Apache-2.0
#include "plane/live.h"

#include <algorithm>
#include <atomic>

#include "plane/kernel.h"

namespace interdict::plane {

namespace {

constexpr int kTries = 10;

template <class T>
Result<Mapping<T>> open_inner(const Maps& maps, MapId outer, std::uint32_t slot, Access access)
{
    INTERDICT_TRY(const auto table, maps.table(outer, slot));
    INTERDICT_TRY(const auto info, map_info(table.get()));
    return Mapping<T>::open(table.get(), info.max_entries, spec(outer).name, access, Touch::Some);
}

} // namespace

interdict_generation live_header(const Maps& maps)
{
    interdict_generation copy{};
    for (int i = 0; i < kTries; ++i) {
        const std::uint64_t live = maps.live();
        if (live == 0)
            return {};
        // A patch gives the header its new number first and its digest then, from the idle slot's header.
        auto& header = maps.control().generation[live % INTERDICT_SLOTS];
        const std::atomic_ref<__u64> number(header.number);
        const std::uint64_t before = number.load(std::memory_order_acquire);
        copy = header;
        if (before == live + INTERDICT_SLOTS)
            std::ranges::copy(maps.control().generation[(live + 1) % INTERDICT_SLOTS].digest, copy.digest);
        copy.number = before;
        std::atomic_thread_fence(std::memory_order_acquire);
        if (number.load(std::memory_order_relaxed) == before && maps.live() == live)
            break;
    }
    return copy;
}

Result<LiveTables> LiveTables::open(const Maps& maps, Access access)
{
    Error last{"generations change too fast to be read; try again", 0};
    // A generation that is replaced meanwhile is freed piece by piece, so it may look incomplete.
    for (int i = 0; i < kTries; ++i) {
        const std::uint64_t live = maps.live();
        if (live == 0)
            return fail("no generation is live; apply orders: interdict apply FILE...");
        const auto slot = static_cast<std::uint32_t>(live % INTERDICT_SLOTS);
        LiveTables tables;
        tables.header_ = live_header(maps);
        tables.name_key_ = maps.name_keys()[slot];
        auto buckets = open_inner<interdict_bucket>(maps, MapId::Targets, slot, access);
        auto rules = open_inner<interdict_rule>(maps, MapId::Rules, slot, access);
        auto answers = open_inner<interdict_answer>(maps, MapId::Answers, slot, access);
        if (maps.live() != live || tables.header_.number % INTERDICT_SLOTS != slot)
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

image::Live LiveTables::memory(const Maps& maps) const
{
    const auto slot = static_cast<std::uint32_t>(header_.number % INTERDICT_SLOTS);
    return {.header = maps.control().generation[slot],
            .name_key = maps.name_keys()[slot],
            .filter = maps.filter().all().subspan(slot * INTERDICT_FILTER_WORDS, INTERDICT_FILTER_WORDS),
            .buckets = buckets_.all(),
            .rules = rules_.all(),
            .answers = answers_.all()};
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
