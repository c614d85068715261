// SPDX-License-Identifier: Apache-2.0
#include "control/enforcer.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "control/canaries.h"
#include "control/patcher.h"

namespace interdict::control {

namespace {

// Digest of the generation that was published from this book last.
constexpr char kPublished[] = "published";
// The journal's last line when all facts so far were noted.
constexpr char kNoted[] = "published.noted";
// "yes" if it is not all that was in force then: a rollback.
constexpr char kPart[] = "published.part";
// The scopes with which it was compiled: State::scopes_digest().
constexpr char kScopes[] = "published.scopes";

// A generation that was changed in place has another digest than a whole one of the same rules.
bool same_rules(const ruleset::Ruleset& before, const Candidate& after)
{
    if (!after.diff.empty())
        return false;
    std::unordered_map<std::string_view, const ruleset::OrderInfo*> known;
    for (const auto& order : before.orders)
        known.emplace(order.id, &order);
    return std::ranges::all_of(after.rules.orders, [&](const ruleset::OrderInfo& order) {
        const auto found = known.find(order.id);
        return found != known.end() && *found->second == order;
    });
}

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

Result<std::string> Enforcer::apart() const
{
    if (intended(edge_.plane()))
        return "an earlier change in place was cut short";
    INTERDICT_TRY(const bool reviewed, Review::done(book_, guard_));
    if (!reviewed)
        return "what the guard protects has changed: all that is in force is judged anew";
    const auto live = edge_.live();
    const auto counts = book_.counts();
    INTERDICT_TRY(const auto published, counts.value(kPublished));
    if (!live || published != digest_text(*live))
        return "the live generation is not the one that was published from the book last";
    INTERDICT_TRY(const auto part, counts.value(kPart));
    if (part == "yes")
        return "the live generation is a rollback: more is in force than it has";
    INTERDICT_TRY(const auto scopes, counts.value(kScopes));
    if (scopes != state_.scopes_digest())
        return "the scopes have changed";
    INTERDICT_TRY(const auto noted, counts.value(kNoted));
    INTERDICT_TRY(const auto change, book_.facts().last_change());
    std::int64_t upto = 0;
    if (noted)
        std::from_chars(noted->data(), noted->data() + noted->size(), upto);
    if (change > upto)
        return "the book has other changes that are not live yet";
    if (state_.patches(*published) >= kPatchesMax)
        return fmt::format("{} changes in place since the last whole generation", kPatchesMax);
    return std::string();
}

Result<void> Enforcer::begin_reviewed() const
{
    INTERDICT_TRY(const bool reviewed, Review::done(book_, guard_));
    if (reviewed)
        return {};
    INTERDICT_TRY(const auto tally, book_.orders().tally());
    return tally.orders == 0 ? Review::set_done(book_, guard_) : Result<void>();
}

Result<Before> Enforcer::before(Reach reach) const
{
    INTERDICT_CHECK(begin_reviewed());
    if (!edge_.up())
        return Before{.reach = std::move(reach), .whole = "no plane is up"};
    if (reach.unbounded.empty()) {
        INTERDICT_TRY(reach.unbounded, apart());
    }
    return look_before(book_, edge_, std::move(reach));
}

Result<Plan> Enforcer::plan(const Before& before, const std::vector<order::Scope>& scopes) const
{
    std::string whole = before.whole;
    if (whole.empty()) {
        INTERDICT_TRY(auto planned, plan_change(book_, edge_, before, scopes, now()));
        if (planned.change) {
            Plan made;
            made.unchanged = planned.change->nothing;
            made.change = std::move(planned.change);
            INTERDICT_CHECK(judge_canaries(made));
            return made;
        }
        whole = std::move(planned.whole);
    }
    INTERDICT_TRY(auto made, plan(scopes));
    made.whole = std::move(whole);
    return made;
}

Result<Plan> Enforcer::plan_step(const Before& before,
                                 const std::optional<std::vector<order::Order>>& instead) const
{
    INTERDICT_TRY(const auto scopes, state_.scopes());
    if (!instead)
        return plan(before, scopes);
    INTERDICT_TRY(auto made, plan(*instead, scopes));
    made.part = true;
    made.whole = before.whole;
    return made;
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
    std::size_t targets = 1;
    for (const auto& order : in_force)
        targets += order.targets.size();
    listener_.progress("compiling rules", 0, targets);
    auto candidate = make_candidate(std::move(in_force), scopes, edge_.rules(), now());
    listener_.progress("compiling rules", targets, targets);
    INTERDICT_TRY(made.candidate, std::move(candidate));
    INTERDICT_CHECK(judge_canaries(made));
    const auto live = edge_.live();
    made.unchanged = live && !intended(edge_.plane()) &&
                     (digest_text(*live) == made.candidate.digest ||
                      (state_.patches(digest_text(*live)) != 0 && same_rules(edge_.rules(), made.candidate)));
    return made;
}

Result<void> Enforcer::judge_canaries(Plan& plan) const
{
    const auto canaries = guard_.canaries();
    std::vector<bool> overridden(canaries.size());
    for (const auto& blocked : blocked_canaries(plan.after(), canaries, now())) {
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
    std::vector<CameTrue> facts;
    const Witness later = [&](book::Fact fact, std::uint64_t number, const std::string& digest) {
        watch.came_true(fact);
        facts.push_back({fact, number, digest, act.time != 0 ? act.time : now()});
    };
    const Witness at_once = [&](book::Fact fact, std::uint64_t number, const std::string& digest) {
        later(fact, number, digest);
        keep(std::exchange(facts, {}), change, act);
    };
    Publication done;
    if (plan.unchanged) {
        INTERDICT_TRY(const bool noted, all_noted());
        if (!noted)
            for (const auto fact : {book::Fact::Staged, book::Fact::Published, book::Fact::Proven})
                later(fact, edge_.live()->number, digest_text(*edge_.live()));
    } else if (plan.change) {
        // With the last fact all is said; the wait for the disk goes on beside that for packets.
        const Witness in_place = [&](book::Fact fact, std::uint64_t number, const std::string& digest) {
            later(fact, number, digest);
            if (fact == book::Fact::Proven)
                keep(std::exchange(facts, {}), change, act, plan.part);
        };
        INTERDICT_TRY(auto patching,
                      Patcher(edge_, state_, listener_).carry_out(*plan.change, plan.canaries, in_place));
        done = std::move(patching.done);
        if (patching.failed.empty() && done.proven_live)
            return done;
        if (!patching.failed.empty()) {
            keep(std::exchange(facts, {}), change, act);
            INTERDICT_TRY(done, mend(*plan.change, patching.failed, at_once));
        }
    } else {
        INTERDICT_TRY(done,
                      Publisher(edge_, state_, listener_).publish(plan.candidate, plan.canaries, at_once));
    }
    if (plan.unchanged || done.number != 0)
        keep(facts, change, act, plan.part);
    return done;
}

Result<Publication> Enforcer::mend(const Change& change, const std::string& why, const Witness& witness) const
{
    listener_.warn(fmt::format("the change in place went wrong, a whole generation follows: {}", why));
    // What it changed is proven again, before it is live.
    INTERDICT_TRY(const auto before, state_.rules(change.before));
    if (!before)
        return fail("{} has no file of the rules before the change in place", state_.directory().string());
    edge_.set_rules(*before);
    INTERDICT_TRY(const auto scopes, state_.scopes());
    INTERDICT_TRY(const auto whole, plan(scopes));
    if (!whole.refused.empty()) {
        put_back(change, *before);
        return Publication{.refused = whole.refused};
    }
    auto done = Publisher(edge_, state_, listener_).publish(whole.candidate, whole.canaries, witness);
    if (!done || done->number == 0)
        put_back(change, *before);
    else
        done->instead = why;
    return done;
}

void Enforcer::put_back(const Change& change, const ruleset::Ruleset& before) const
{
    // A lift stays: what was lifted must not be blocked because something else is wrong.
    if (change.rules.diff.added.empty() && change.rules.diff.changed.empty())
        return;
    edge_.set_rules(change.rules.after);
    const auto put = [&]() -> Result<void> {
        INTERDICT_TRY(auto candidate, repeat(before, before));
        candidate.diff.added = change.rules.diff.removed;
        candidate.diff.removed = change.rules.diff.added;
        // Nothing of what the book was changed to has come true with it.
        const Witness nobody = [](book::Fact, std::uint64_t, const std::string&) {};
        INTERDICT_TRY(const auto done, Publisher(edge_, state_, listener_).publish(candidate, {}, nobody));
        if (done.number == 0)
            return fail("{}", done.refused);
        listener_.warn(fmt::format("generation {} has the rules from before the change", done.number));
        return {};
    };
    if (const auto done = put(); !done)
        listener_.warn(
            fmt::format("the rules from before the change cannot be put back: {}", done.error().message));
}

Result<bool> Enforcer::all_noted() const
{
    INTERDICT_TRY(const auto noted, book_.counts().value(kNoted));
    INTERDICT_TRY(const auto last, book_.journal().last());
    return noted == std::to_string(last);
}

void Enforcer::keep(const std::vector<CameTrue>& facts, std::int64_t change, const book::Act& act,
                    std::optional<bool> part)
{
    const auto live = edge_.live();
    const auto steps = [&]() -> Result<bool> {
        book::Act then = act;
        for (const auto& [fact, number, digest, time] : facts) {
            then.time = time;
            INTERDICT_CHECK(book_.facts().note(fact, number, digest, change, then));
        }
        if (!part)
            return true;
        auto counts = book_.counts();
        INTERDICT_CHECK(counts.set_value(kPublished, live ? digest_text(*live) : ""));
        INTERDICT_CHECK(counts.set_value(kPart, *part ? "yes" : "no"));
        INTERDICT_CHECK(counts.set_value(kScopes, state_.scopes_digest()));
        INTERDICT_TRY(const auto last, book_.journal().last());
        INTERDICT_CHECK(counts.set_value(kNoted, std::to_string(last)));
        return true;
    };
    // The plane's state is what counts; a book that cannot be written must not hold up a lift.
    if (const auto kept = book_.together(steps); !kept)
        listener_.warn(fmt::format("generation {}: the book cannot note what came true: {}",
                                   live ? live->number : 0, kept.error().message));
}

} // namespace interdict::control
