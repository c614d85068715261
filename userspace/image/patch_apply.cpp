// SPDX-License-Identifier: Apache-2.0
#include <atomic>

#include "image/filter.h"
#include "image/patch.h"
#include "image/store.h"
#include "image/view.h"

namespace interdict::image {

namespace {

// Everything here is wider than before or the same, so packets may see any part of it at any time.
void widen_header(const interdict_generation& wanted, interdict_generation& header)
{
    store(header.rules, wanted.rules);
    store(header.means, wanted.means);
    store(header.hosts, wanted.hosts);
    store(header.ipv4_lengths, wanted.ipv4_lengths);
    for (unsigned half = 0; half < 2; ++half)
        store(header.ipv6_lengths[half], wanted.ipv6_lengths[half]);
}

} // namespace

Result<void> make_room(const Live& live, std::span<const order::Target> targets, const Grace& grace)
{
    const View view(live.header, live.buckets, live.name_key);
    std::vector<TableEntry> entries;
    for (const auto& target : targets)
        if (const auto hash = view.hash(target); view.find(hash) == 0)
            entries.push_back({hash, 1});
    LiveTable table(live.buckets.first(live.header.buckets));
    INTERDICT_CHECK(table.reserve(entries, grace));
    table.release();
    return {};
}

PatchRun::PatchRun(const Patch& patch, const Live& live, const Waits& waits)
    : patch_(patch), live_(live), waits_(waits), table_(live.buckets.first(live.header.buckets))
{
}

Result<void> PatchRun::reserve()
{
    std::vector<TableEntry> entries;
    for (const NewTarget& added : patch_.targets)
        entries.push_back(added.entry);
    return table_.reserve(entries, [this]() -> Result<void> {
        between();
        return waits_.grace();
    });
}

Result<void> PatchRun::carry_out()
{
    for (const auto& [index, answer] : patch_.answers)
        live_.answers[index] = answer;
    for (const interdict_rule& record : patch_.records)
        live_.rules[record.id] = record;
    for (const NewTarget& added : patch_.targets)
        filter_add(live_.filter, live_.header, added.target, added.entry.hash);
    widen_header(patch_.header, live_.header);
    std::atomic_thread_fence(std::memory_order_release);
    between();
    take(patch_.additions);
    if (!patch_.additions.empty() && !(patch_.changes.empty() && patch_.removals.empty()))
        INTERDICT_CHECK(waits_.grace());
    take(patch_.changes);
    take(patch_.removals);
    store(live_.header.targets, patch_.header.targets);
    return {};
}

void PatchRun::take(const std::vector<Step>& steps)
{
    for (const Step& step : steps) {
        take(step);
        between();
    }
}

void PatchRun::take(const Step& step)
{
    switch (step.kind) {
    case Step::Kind::Show:
        return table_.show(step.hash);
    case Step::Kind::Head:
        return table_.set(step.hash, step.value);
    case Step::Kind::Clear:
        return table_.clear(step.hash);
    case Step::Kind::Link:
        return store(live_.rules[step.id].next, step.value);
    case Step::Kind::Record:
        return store(reinterpret_cast<std::uint64_t*>(&live_.rules[step.id])[step.word], step.bits);
    }
}

void PatchRun::between() const
{
    if (waits_.between)
        waits_.between();
}

void forget(const Patch& patch, const Live& live)
{
    for (const std::uint32_t id : patch.removed)
        live.rules[id] = {};
}

} // namespace interdict::image
