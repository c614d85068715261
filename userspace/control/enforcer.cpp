// SPDX-License-Identifier: Apache-2.0
#include "control/enforcer.h"

#include <algorithm>

#include "base/clock.h"
#include "control/canaries.h"

namespace interdict::control {

namespace {

// Digest of the generation that was published from this book last.
constexpr char kPublished[] = "published";
// The journal's last line when all facts so far were noted.
constexpr char kNoted[] = "published.noted";

} // namespace

Result<void> Enforcer::recognise() const
{
    const auto live = edge_.live();
    if (!live || live->rules == 0)
        return {};
    INTERDICT_TRY(const auto published, book_.counts().value(kPublished));
    if (published)
        return {};
    return fail(
        "generation {} was not published from the book in {}, and all its rules would go; give the whole "
        "list first: interdict apply FILE...",
        live->number, state_.directory().string());
}

Result<Plan> Enforcer::plan(const std::vector<order::Scope>& scopes) const
{
    INTERDICT_TRY(auto in_force, book_.orders().in_force());
    return plan(std::move(in_force), scopes);
}

Result<Plan> Enforcer::plan(std::vector<order::Order> in_force, const std::vector<order::Scope>& scopes) const
{
    Plan made;
    INTERDICT_TRY(const bool reviewed, Review::done(book_, guard_));
    if (!reviewed) {
        INTERDICT_TRY(made.review, Review::make(book_, guard_, in_force));
    }
    INTERDICT_TRY(made.candidate, make_candidate(std::move(in_force), scopes, edge_.rules(), now()));
    INTERDICT_CHECK(judge_canaries(made));
    const auto live = edge_.live();
    made.unchanged = live && digest_text(*live) == made.candidate.digest;
    return made;
}

Result<void> Enforcer::judge_canaries(Plan& plan) const
{
    const auto canaries = guard_.canaries();
    std::vector<bool> overridden(canaries.size());
    for (const auto& blocked : blocked_canaries(plan.candidate.rules, canaries, now())) {
        INTERDICT_TRY(const auto items, book_.orders().citing(blocked.by));
        overridden[blocked.index] = std::ranges::any_of(items, [&](const book::ItemRecord& item) {
            return item.state == book::ItemState::Overridden &&
                   order::same_place(item.item.target, blocked.by);
        });
        if (!overridden[blocked.index] && plan.refused.empty())
            plan.refused = blocked.text;
    }
    for (std::size_t i = 0; i < canaries.size(); ++i)
        if (!overridden[i])
            plan.canaries.push_back(canaries[i]);
    return {};
}

Result<Publication> Enforcer::carry_out(const Plan& plan, const book::Act& act, Stopwatch& watch)
{
    if (!plan.refused.empty())
        return Publication{.refused = plan.refused};
    if (plan.review) {
        INTERDICT_CHECK(plan.review->write(book_, act));
        INTERDICT_CHECK(Review::set_done(book_, guard_));
    }
    INTERDICT_TRY(const auto change, book_.journal().last());
    const Witness witness = [&](book::Fact fact, std::uint64_t number, const std::string& digest) {
        watch.came_true(fact);
        // The plane's state is what counts; a book that cannot be written must not hold up a lift.
        if (const auto noted = book_.facts().note(fact, number, digest, change, act); !noted)
            listener_.warn(
                fmt::format("generation {}: the book cannot note a fact: {}", number, noted.error().message));
    };
    Publication done;
    if (plan.unchanged) {
        INTERDICT_TRY(const bool noted, all_noted());
        if (!noted)
            for (const auto fact : {book::Fact::Staged, book::Fact::Published, book::Fact::Proven})
                witness(fact, edge_.live()->number, plan.candidate.digest);
    } else {
        INTERDICT_TRY(done,
                      Publisher(edge_, state_, listener_).publish(plan.candidate, plan.canaries, witness));
        if (done.number == 0)
            return done;
    }
    remember(plan.candidate.digest);
    return done;
}

Result<bool> Enforcer::all_noted() const
{
    INTERDICT_TRY(const auto noted, book_.counts().value(kNoted));
    INTERDICT_TRY(const auto last, book_.journal().last());
    return noted == std::to_string(last);
}

void Enforcer::remember(const std::string& digest)
{
    const auto keep = [&]() -> Result<void> {
        INTERDICT_CHECK(book_.counts().set_value(kPublished, digest));
        INTERDICT_TRY(const auto last, book_.journal().last());
        return book_.counts().set_value(kNoted, std::to_string(last));
    };
    if (const auto kept = keep(); !kept)
        listener_.warn(kept.error().message);
}

} // namespace interdict::control
