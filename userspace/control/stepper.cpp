// SPDX-License-Identifier: Apache-2.0
#include "control/stepper.h"

#include "plane/publish.h"

namespace interdict::control {

namespace {

std::unexpected<Setback> set_back(Setback::Why why, Error error)
{
    return std::unexpected(Setback{why, std::move(error)});
}

void add_reviewed(Outcome& outcome)
{
    if (!outcome.plan || !outcome.plan->review)
        return;
    const auto& reviewed = outcome.plan->review->held();
    outcome.taken.held.insert(outcome.taken.held.end(), reviewed.begin(), reviewed.end());
}

} // namespace

End end_of(const Outcome& outcome, bool faults)
{
    const auto& [sentence, json, held, nothing_new, instead, scopes] = outcome.taken;
    if (!held.empty() && nothing_new)
        return End::Refused;
    const bool unproven = outcome.published() && !outcome.publication.proven_live;
    const bool alone = !outcome.plan && !outcome.alone.meant;
    return !held.empty() || unproven || alone || faults ? End::Degraded : End::Ok;
}

Result<void> Stepper::recognise(const Step& step) const
{
    return edge_.up() && step.way != Step::Way::WholeList ? enforcer_.recognise() : Result<void>();
}

Stepper::Became Stepper::take(const book::Act& act, Step step, Stopwatch watch)
{
    if (const auto known = recognise(step); !known)
        return set_back(Setback::Why::Conflict, known.error());
    const auto before = enforcer_.before(std::move(step.reach));
    if (!before)
        return set_back(Setback::Why::Broken, before.error());
    Outcome outcome;
    const auto take = [&]() -> Result<void> {
        INTERDICT_TRY(outcome.taken, step.take());
        return {};
    };
    const auto plan = [&]() -> Result<bool> {
        INTERDICT_TRY(outcome.plan, this->plan(*before, outcome.taken));
        return outcome.plan->refused.empty();
    };
    if (step.way == Step::Way::AtOnce) {
        if (const auto done = take(); !done)
            return set_back(Setback::Why::Conflict, done.error());
        watch.imported();
        if (edge_.up())
            if (const auto planned = plan(); !planned)
                return not_live(planned.error());
    } else {
        const auto kept = book_.together([&]() -> Result<bool> {
            INTERDICT_CHECK(take());
            return plan();
        });
        if (!kept)
            return set_back(
                Setback::Why::Conflict,
                {fmt::format("{}; nothing was done{}", kept.error().message, still_live(edge_.live())), 0});
        if (!*kept)
            return refused(outcome.plan->refused, "nothing was done", false);
        watch.imported();
    }
    if (outcome.taken.scopes)
        if (const auto written = state_.keep_scopes(outcome.taken.scopes->text); !written)
            return not_live(written.error());
    if (edge_.up())
        return follow(act, std::move(outcome), watch);
    outcome.plan.reset();
    outcome.alone = alone_;
    outcome.times = watch.times();
    return outcome;
}

Result<Plan> Stepper::plan(const Before& before, const Taken& taken) const
{
    return taken.scopes ? enforcer_.plan(before, taken.scopes->scopes)
                        : enforcer_.plan_step(before, taken.instead);
}

Stepper::Became Stepper::follow(const book::Act& act, Outcome outcome, Stopwatch& watch)
{
    auto publication = enforcer_.carry_out(*outcome.plan, act, watch);
    if (!publication)
        return not_live(publication.error());
    if (!publication->refused.empty())
        return refused(publication->refused, "it is in the book, but nothing was published", true);
    outcome.publication = *std::move(publication);
    outcome.times = watch.times();
    add_reviewed(outcome);
    return outcome;
}

Stepper::Became Stepper::rehearse(const Step& step)
{
    if (const auto known = recognise(step); !known)
        return set_back(Setback::Why::Conflict, known.error());
    Outcome outcome{.taken = {}, .rehearsed = true};
    const auto kept = book_.together([&]() -> Result<bool> {
        INTERDICT_TRY(outcome.taken, step.take());
        INTERDICT_TRY(outcome.plan, plan({.reach = {}, .whole = "a rehearsal"}, outcome.taken));
        if (edge_.up())
            INTERDICT_CHECK(plane::check_capacity(edge_.plane().maps(), outcome.plan->candidate.image, {}));
        return false;
    });
    if (!kept)
        return set_back(Setback::Why::Conflict, kept.error());
    if (!outcome.plan->refused.empty())
        return set_back(Setback::Why::Refused, {outcome.plan->refused, 0});
    add_reviewed(outcome);
    return outcome;
}

std::unexpected<Setback> Stepper::refused(const std::string& why, const char* where, bool in_book) const
{
    return std::unexpected(Setback{
        Setback::Why::Refused, {fmt::format("{}; {}{}", why, where, still_live(edge_.live())), 0}, in_book});
}

std::unexpected<Setback> Stepper::not_live(const Error& error) const
{
    return std::unexpected(Setback{
        Setback::Why::NotLive,
        {fmt::format("it is in the book, but not live: {}{}", error.message, still_live(edge_.live())), 0},
        true});
}

} // namespace interdict::control
