// SPDX-License-Identifier: Apache-2.0
#include "control/publisher.h"

#include <algorithm>

#include "control/archive.h"

namespace interdict::control {

namespace {

constexpr std::size_t kShown = 5;

} // namespace

std::string first_failures(const std::vector<std::string>& failures)
{
    std::string text;
    for (std::size_t i = 0; i < std::min(failures.size(), kShown); ++i)
        text += fmt::format("{}{}", i == 0 ? "" : "; ", failures[i]);
    if (failures.size() > kShown)
        text += fmt::format("; and {} more", failures.size() - kShown);
    return text;
}

bool all_stages_loaded(const plane::Plane& plane)
{
    return std::ranges::all_of(plane.programs().stages(), [](const auto& stage) { return stage.loaded; });
}

Result<Publication> Publisher::publish(const Candidate& candidate, std::span<const guard::Canary> canaries,
                                       const Witness& witness)
{
    Publication done;
    const auto rules = candidate.rules.rules.size() + 1;
    listener_.progress("filling the maps", 0, rules);
    const auto filled = edge_.plane().stage(candidate.image);
    listener_.progress("filling the maps", rules, rules);
    INTERDICT_TRY(const auto staged, filled);
    INTERDICT_CHECK(state_.keep(staged.number, candidate.digest, candidate.text));
    witness(book::Fact::Staged, staged.number, candidate.digest);
    const Proof proof(edge_, {candidate.rules, candidate.diff, lifted_targets(candidate, edge_.rules())},
                      canaries, listener_);
    INTERDICT_TRY(const auto proven, proof.staged());
    done.refused = proven.refused;
    if (!done.refused.empty())
        return done;
    done.proven = proven.rules + proven.waiting;
    done.unproven = proven.failures.size();
    if (!proven.failures.empty() && all_stages_loaded(edge_.plane()))
        return fail("not every rule proves: {}; nothing was published", first_failures(proven.failures));
    if (!proven.failures.empty())
        // Rules of a channel that this kernel cannot inspect must not keep the others away.
        listener_.warn(
            fmt::format("not every rule proves, a stage is missing: {}", first_failures(proven.failures)));
    INTERDICT_CHECK(make_live(candidate, staged, witness, done));
    prove_live(proof, candidate, witness, done);
    return done;
}

void Publisher::prove_live(const Proof& proof, const Candidate& candidate, const Witness& witness,
                           Publication& done)
{
    const auto again = proof.live();
    if (!again)
        listener_.warn(fmt::format("generation {} is live, but cannot be proven: {}", done.number,
                                   again.error().message));
    else if (!again->refused.empty() || !again->failures.empty())
        listener_.warn(
            fmt::format("generation {} is live, but does not prove: {}", done.number,
                        again->refused.empty() ? first_failures(again->failures) : again->refused));
    else if (done.unproven == 0) {
        done.proven_live = true;
        witness(book::Fact::Proven, done.number, candidate.digest);
    }
}

Result<void> Publisher::make_live(const Candidate& candidate, const plane::Staged& staged,
                                  const Witness& witness, Publication& done)
{
    const auto& maps = edge_.plane().maps();
    const auto live = edge_.live();
    const auto& diff = candidate.diff;
    Retirement retirement{.before = live ? digest_text(*live) : "",
                          .number = staged.number,
                          .after = candidate.digest,
                          .rules = &edge_.rules(),
                          .plane = plane_name(edge_.plane()),
                          .counts = {}};
    for (const auto id : diff.removed)
        retirement.counts.push_back({id, maps.counter(id).value_or(interdict_hits{})});
    INTERDICT_CHECK(state_.begin_retirement(retirement));
    const auto published = edge_.plane().publish(staged, {.added = diff.added, .removed = diff.removed});
    if (!published) {
        static_cast<void>(state_.cancel_retirement());
        return std::unexpected(published.error());
    }
    done.number = published->number;
    witness(book::Fact::Published, done.number, candidate.digest);
    if (published->afterwards)
        listener_.warn(
            fmt::format("generation {} is live, but: {}", done.number, published->afterwards->message));
    retire(published->removed, done);
    return {};
}

void Publisher::retire(std::span<const plane::LastCount> counts, Publication& done)
{
    const auto tell = [&](const Error& error) {
        listener_.warn(fmt::format("generation {} is live, but: {}", done.number, error.message));
    };
    if (const auto kept = state_.retire(counts); !kept)
        tell(kept.error());
    else
        done.retired = counts.size();
    if (const auto settled = state_.settle(done.number); !settled)
        tell(settled.error());
}

} // namespace interdict::control
