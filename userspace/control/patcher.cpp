// SPDX-License-Identifier: Apache-2.0
#include "control/patcher.h"

#include <algorithm>
#include <unordered_set>

#include "control/archive.h"

namespace interdict::control {

Result<Patching> Patcher::carry_out(const Change& change, std::span<const guard::Canary> canaries,
                                    const Witness& witness)
{
    Patching patching;
    auto& done = patching.done;
    auto& plane = edge_.plane();
    const auto number = plane::number_in_place(change.tables->header().number);
    INTERDICT_TRY(const auto digest, plane::digest_of(change.digest));
    INTERDICT_CHECK(write_down(change, number));
    witness(book::Fact::Staged, number, change.digest);
    // Proven while packets that were judged by what has gone may still be on their way.
    const auto live = [&](std::uint64_t) {
        done.number = number;
        witness(book::Fact::Published, number, change.digest);
        prove(change, canaries, patching);
        if (!patching.failed.empty())
            return;
        if (done.proven_live)
            witness(book::Fact::Proven, number, change.digest);
        tell_afterwards(state_.flush_patch(number, change.digest, change.before), number);
        tell_afterwards(state_.settle(number), number);
    };
    const auto patched = plane.patch(*change.tables, change.image, digest, {}, live);
    if (!patched) {
        patching.failed = patched.error().message;
        return patching;
    }
    if (!patching.failed.empty())
        return patching;
    if (patched->afterwards)
        tell_afterwards(std::unexpected(*patched->afterwards), number);
    if (const auto retired = state_.retire(patched->removed); retired)
        done.retired = patched->removed.size();
    else
        tell_afterwards(retired, number);
    return patching;
}

void Patcher::tell_afterwards(const Result<void>& done, std::uint64_t number) const
{
    if (!done)
        listener_.warn(fmt::format("generation {} is live, but: {}", number, done.error().message));
}

Result<void> Patcher::write_down(const Change& change, std::uint64_t number) const
{
    Retirement retirement{.before = change.before,
                          .number = number,
                          .after = change.digest,
                          .rules = &change.rules.before,
                          .plane = plane_name(edge_.plane()),
                          .counts = {}};
    for (const auto id : change.image.removed)
        retirement.counts.push_back({id, edge_.plane().maps().counter(id).value_or(interdict_hits{})});
    INTERDICT_CHECK(state_.keep_patch(number, change.digest, change.before, change.text));
    return state_.begin_retirement(retirement);
}

void Patcher::prove(const Change& change, std::span<const guard::Canary> canaries, Patching& patching)
{
    auto& done = patching.done;
    const auto concerned = canaries_at(canaries, change.rules.after);
    const Proof proof(edge_, {change.rules.after, change.rules.diff, lifted(change)}, concerned, listener_);
    const auto proven = proof.live_whole();
    if (!proven) {
        patching.failed = fmt::format("it cannot be proven: {}", proven.error().message);
        return;
    }
    done.proven = proven->rules + proven->waiting;
    done.unproven = proven->failures.size();
    if (!proven->refused.empty())
        patching.failed = proven->refused;
    else if (!proven->failures.empty() && all_stages_loaded(edge_.plane()))
        patching.failed = fmt::format("not every rule proves: {}", first_failures(proven->failures));
    else if (!proven->failures.empty())
        listener_.warn(
            fmt::format("not every rule proves, a stage is missing: {}", first_failures(proven->failures)));
    else
        done.proven_live = true;
}

std::vector<order::Target> Patcher::lifted(const Change& change) const
{
    std::vector<order::Target> out;
    const auto& maps = edge_.plane().maps();
    const auto live = change.tables->memory(maps);
    const image::View view(live.header, live.buckets, live.name_key);
    for (const auto id : change.rules.diff.removed) {
        const auto* rule = change.rules.before.find(id);
        if (!rule)
            continue;
        const auto& target = rule->target;
        const auto& prefix = target.address.prefix;
        const bool passes = target.is_name() ? view.name(target.name.name).empty()
                                             : prefix.length == prefix.width() && view.prefix(prefix).empty();
        if (!passes)
            continue;
        out.push_back(target);
        out.back().name.match = order::Match::Exact;
    }
    return out;
}

std::vector<guard::Canary> canaries_at(std::span<const guard::Canary> canaries, const ruleset::Ruleset& rules)
{
    std::unordered_set<std::string_view> names;
    std::vector<order::Prefix> prefixes;
    for (const auto& rule : rules.rules)
        if (rule.target.is_name())
            names.insert(rule.target.name.name);
        else
            prefixes.push_back(rule.target.address.prefix);
    std::vector<guard::Canary> out;
    for (const auto& canary : canaries) {
        bool concerned = false;
        if (canary.name.empty())
            concerned = std::ranges::any_of(
                prefixes, [&](const auto& prefix) { return prefix.contains(canary.address); });
        else
            for (std::string_view name = canary.name; !name.empty() && !concerned;
                 name = order::parent_of(name))
                concerned = names.contains(name);
        if (concerned)
            out.push_back(canary);
    }
    return out;
}

} // namespace interdict::control
