// SPDX-License-Identifier: Apache-2.0
#include "plane/patch.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <future>

#include "base/clock.h"
#include "plane/sketches.h"

namespace interdict::plane {

namespace {

interdict_generation& live_slot(const Maps& maps)
{
    return maps.control().generation[maps.live() % INTERDICT_SLOTS];
}

// While the live generation is changed, the header of the idle slot says what it will be.
interdict_generation& idle_slot(const Maps& maps)
{
    return maps.control().generation[(maps.live() + 1) % INTERDICT_SLOTS];
}

void store(__u64& place, std::uint64_t value)
{
    std::atomic_ref<__u64>(place).store(value, std::memory_order_release);
}

void begin(Maps& maps, std::uint64_t number, const Digest& digest)
{
    auto& mark = idle_slot(maps);
    mark = {}; // what was staged here, if anything, can no longer be published
    std::ranges::copy(digest, mark.digest);
    store(mark.number, number);
}

// A digest that is half written can only be read while the number beside it is not the live one.
void finish(Maps& maps)
{
    auto& header = live_slot(maps);
    auto& mark = idle_slot(maps);
    const std::uint64_t number = mark.number;
    store(header.number, number);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    std::ranges::copy(mark.digest, header.digest);
    header.published = static_cast<std::uint64_t>(now());
    store(maps.control().live, number);
    mark = {};
}

} // namespace

Result<Digest> digest_of(std::string_view hex)
{
    Digest digest{};
    if (hex.size() != 2 * digest.size())
        return fail("digest: {} is not {} hex digits", hex, 2 * digest.size());
    for (std::size_t at = 0; at < digest.size(); ++at) {
        const char* const first = hex.data() + 2 * at;
        if (const auto [end, error] = std::from_chars(first, first + 2, digest[at], 16);
            error != std::errc() || end != first + 2)
            return fail("digest: {} is not {} hex digits", hex, 2 * digest.size());
    }
    return digest;
}

std::uint64_t cut_short(const Maps& maps)
{
    const std::uint64_t live = maps.live();
    const std::uint64_t number = idle_slot(maps).number;
    return live != 0 && number == number_in_place(live) ? number : 0;
}

void finish_patch(Maps& maps)
{
    if (const std::uint64_t number = cut_short(maps); number != 0 && live_slot(maps).number == number)
        finish(maps);
}

Result<void> make_room(const Maps& maps, const LiveTables& tables, std::span<const order::Target> targets)
{
    return image::make_room(tables.memory(maps), targets, grace_period);
}

Result<Patched> patch(Maps& maps, const LiveTables& tables, const image::Patch& patch, const Digest& digest,
                      const std::function<void()>& between, const std::function<void(std::uint64_t)>& live)
{
    const std::uint64_t before = maps.live();
    if (before == 0 || tables.header().number != before)
        return fail("generation {} is live, the change is of generation {}; make it anew", before,
                    tables.header().number);
    if (const std::uint64_t number = cut_short(maps))
        return fail("an earlier change of the live generation, to number {}, was cut short; publish a whole "
                    "generation",
                    number);
    INTERDICT_CHECK(maps.grow_counters(patch.header.rules));
    for (const std::uint32_t id : patch.added)
        INTERDICT_CHECK(maps.zero_counter(id));

    const image::Live memory = tables.memory(maps);
    const image::Waits waits{.grace = grace_period, .between = between};
    image::PatchRun run(patch, memory, waits);
    const std::uint64_t number = number_in_place(before);
    INTERDICT_CHECK(run.reserve());
    begin(maps, number, digest);
    INTERDICT_CHECK(run.carry_out());
    for (const std::uint32_t id : patch.added)
        give_sketch(maps, memory.rules[id]);
    finish(maps);
    if (between)
        between();
    Patched patched{.number = number};
    std::future<Result<void>> wait;
    if (!patch.removed.empty())
        wait = std::async(std::launch::async, grace_period);
    if (live)
        live(number);
    if (patch.removed.empty())
        return patched;
    const auto waited = wait.get();
    for (const std::uint32_t id : patch.removed)
        patched.removed.push_back({id, maps.counter(id).value_or(interdict_hits{})});
    if (waited)
        forget(patch, memory);
    else
        patched.afterwards = waited.error();
    return patched;
}

} // namespace interdict::plane
