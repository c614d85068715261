// SPDX-License-Identifier: Apache-2.0
#include "plane/sketches.h"

#include <cmath>
#include <optional>
#include <unordered_map>
#include <vector>

#include "plane/live.h"

namespace interdict::plane {

namespace {

// Null if the rule has none.
interdict_sketch* find(const Maps& maps, std::uint32_t rule)
{
    for (std::uint32_t index = 1; rule && index < INTERDICT_SKETCHES; ++index)
        if (maps.sketches()[index].rule == rule)
            return &maps.sketches()[index];
    return nullptr;
}

void clear(interdict_sketch& sketch)
{
    for (auto& rank : sketch.rank)
        __atomic_store_n(&rank, 0, __ATOMIC_RELAXED);
}

} // namespace

double estimate(const interdict_sketch& sketch)
{
    constexpr double kRegisters = INTERDICT_SKETCH_REGISTERS;
    constexpr double kAlpha = 0.7213 / (1 + 1.079 / kRegisters);
    double sum = 0;
    unsigned empty = 0;
    for (const auto& rank : sketch.rank) {
        const unsigned value = __atomic_load_n(&rank, __ATOMIC_RELAXED);
        sum += std::ldexp(1.0, -static_cast<int>(value));
        empty += value == 0;
    }
    const double raw = kAlpha * kRegisters * kRegisters / sum;
    // Few names: how many registers are still empty says more (section 4 of the paper).
    if (raw <= 2.5 * kRegisters && empty != 0)
        return kRegisters * std::log(kRegisters / empty);
    return raw;
}

std::optional<double> names_behind(const Maps& maps, std::uint32_t rule)
{
    const interdict_sketch* sketch = find(maps, rule);
    if (!sketch)
        return std::nullopt;
    return estimate(*sketch);
}

bool has_sketch(const interdict_rule& record)
{
    constexpr auto kWanted = INTERDICT_RULE_PRESENT | INTERDICT_RULE_OBSERVE;
    return (record.flags & (kWanted | INTERDICT_RULE_EXEMPT)) == kWanted &&
           record.means == INTERDICT_MEANS(INTERDICT_CHANNEL_ADDRESS);
}

std::size_t assign_sketches(const Maps& maps, const Mapping<interdict_rule>& rules)
{
    std::vector<std::uint32_t> wanting;
    for (std::uint32_t id = 1; id < rules.size(); ++id)
        if (has_sketch(rules[id]))
            wanting.push_back(id);
    bool any = !wanting.empty();
    for (std::uint32_t index = 1; !any && index < INTERDICT_SKETCHES; ++index)
        any = maps.sketches()[index].rule != 0;
    if (!any)
        return 0;
    const auto live = LiveTables::open(maps);
    const auto is_used = [&](std::uint32_t rule, std::uint32_t index) {
        if (!live)
            return maps.live() != 0; // nobody can tell
        const auto record = live->rule(rule);
        return record && has_sketch(*record) && record->answer == index;
    };
    std::unordered_map<std::uint32_t, std::uint32_t> owned; // index by rule
    std::vector<std::uint32_t> free;                        // the lowest last
    for (std::uint32_t index = INTERDICT_SKETCHES; --index > 0;) {
        const std::uint32_t rule = maps.sketches()[index].rule;
        if (rule && rule < rules.size() && has_sketch(rules[rule]))
            owned.emplace(rule, index);
        else if (rule == 0 || !is_used(rule, index)) {
            maps.sketches()[index].rule = 0;
            free.push_back(index);
        }
    }
    std::size_t without = 0;
    for (const std::uint32_t id : wanting) {
        if (const auto found = owned.find(id); found != owned.end()) {
            rules[id].answer = found->second;
        } else if (free.empty()) {
            rules[id].answer = 0;
            ++without;
        } else {
            interdict_sketch& sketch = maps.sketches()[free.back()];
            clear(sketch);
            sketch.rule = id;
            rules[id].answer = free.back();
            free.pop_back();
        }
    }
    return without;
}

void give_sketch(const Maps& maps, interdict_rule& record)
{
    if (!has_sketch(record))
        return;
    interdict_sketch* sketch = find(maps, record.id); // of the rule that had this id before
    for (std::uint32_t index = 1; !sketch && index < INTERDICT_SKETCHES; ++index)
        if (maps.sketches()[index].rule == 0)
            sketch = &maps.sketches()[index];
    if (!sketch)
        return;
    clear(*sketch);
    sketch->rule = record.id;
    const auto index = static_cast<std::uint32_t>(sketch - &maps.sketches()[0]);
    __atomic_store_n(&record.answer, index, __ATOMIC_RELEASE);
}

void empty_sketches(const Maps& maps, const std::unordered_set<std::uint32_t>& rules)
{
    for (std::uint32_t index = 1; index < INTERDICT_SKETCHES; ++index)
        if (rules.contains(maps.sketches()[index].rule))
            clear(maps.sketches()[index]);
}

} // namespace interdict::plane
