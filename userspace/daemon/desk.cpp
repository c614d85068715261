// SPDX-License-Identifier: Apache-2.0
#include "daemon/desk.h"

#include <utility>

#include <malloc.h>

#include "base/clock.h"
#include "base/file.h"
#include "control/changes_json.h"
#include "control/office.h"
#include "daemon/disk.h"
#include "order/parse.h"
#include "plane/capabilities.h"

namespace interdict::daemon {

Desk::Desk(const Config& config, control::State state, book::Book book, guard::Guard guard, Events& events)
    : state_(std::move(state)), book_(std::move(book)), guard_(std::move(guard)), events_(events),
      keeper_(config, state_, listener_, events)
{
    listener_.warn = [this](std::string_view text) {
        if (warnings_)
            warnings_->emplace_back(text);
        events_.add(Severity::Warning, "warning", std::string(text));
    };
    listener_.progress = [this](std::string_view what, std::uint64_t done, std::uint64_t total) {
        if (heartbeat_)
            heartbeat_(what, done, total);
        if (progress_)
            progress_(what, done, total);
    };
}

Result<std::unique_ptr<Desk>> Desk::open(const Config& config, Events& events)
{
    const control::State state(config.state);
    INTERDICT_CHECK(state.make());
    const control::Listener listener{
        .warn = [&](std::string_view text) { events.add(Severity::Warning, "warning", std::string(text)); }};
    INTERDICT_TRY(auto book, book::Book::open(state.book(), book::Access::Write));
    INTERDICT_TRY(auto guard, control::open_guard(state, config.guard, guard::Keep::Yes, listener));
    std::unique_ptr<Desk> desk(new Desk(config, state, std::move(book), std::move(guard), events));
    INTERDICT_CHECK(desk->take_scopes(config));
    desk->keeper_.bring_up();
    return desk;
}

Result<bool> Desk::take_scopes(const Config& config) const
{
    if (config.scopes.empty())
        return false;
    INTERDICT_TRY(const auto text, read_file(config.scopes));
    const auto parsed = order::parse_scopes(text, config.scopes.string());
    if (!parsed.ok())
        return fail("{}", to_string(parsed.problems.front()));
    const auto kept = read_file(state_.directory() / "scopes.json");
    if (kept && *kept == text)
        return false;
    INTERDICT_CHECK(state_.keep_scopes(text));
    return true;
}

Result<bool> Desk::reconfigure(const Config& config)
{
    if (config.state != state_.directory() || config.pins != keeper_.pins())
        return fail("state and pins cannot change while the daemon runs; restart it");
    INTERDICT_TRY(auto guard, control::open_guard(state_, config.guard, guard::Keep::Yes, listener_));
    INTERDICT_TRY(const bool scopes_differ, take_scopes(config));
    const bool guard_differs = guard.digest() != guard_.digest();
    guard_ = std::move(guard);
    keeper_.configure(config);
    return scopes_differ || guard_differs;
}

bool Desk::mend_book()
{
    const auto disk = look_at_disk(state_.directory());
    if (book_.held() && (disk.failed || !book_.in_place())) {
        const auto done = book_.let_go();
        no_book_ = done ? "" : done.error().message;
        return false;
    }
    if (book_.held() || !disk.fault.empty())
        return false;
    const auto taken = book_.take_again();
    no_book_ = taken ? "" : taken.error().message;
    return taken.has_value();
}

std::vector<std::string> Desk::faults() const
{
    std::vector<std::string> all;
    for (const auto& [capability, needed_for] : plane::missing_capabilities())
        all.push_back(fmt::format("this process has not {}, which it needs {}; see docs/operations.md",
                                  capability, needed_for));
    if (auto disk = look_at_disk(state_.directory()); !disk.fault.empty())
        all.push_back(std::move(disk.fault));
    else if (!no_book_.empty())
        all.push_back(fmt::format("no step can be kept, what is live keeps filtering: {}", no_book_));
    const auto found = keeper_.faults();
    all.insert(all.end(), found.begin(), found.end());
    return all;
}

control::Stepper Desk::stepper()
{
    return {book_,     guard_,
            state_,    keeper_.edge(),
            listener_, {fmt::format("no plane is up, it is in the book alone: {}", keeper_.why_not_up())}};
}

Reply Desk::take(const book::Act& act, control::Step step)
{
    warnings_.emplace();
    auto outcome = stepper().take(act, std::move(step));
    auto warnings = *std::exchange(warnings_, std::nullopt);
    if (!outcome) {
        const auto& setback = outcome.error();
        if (setback.why == control::Setback::Why::Refused)
            tally_.refused();
        if (setback.why == control::Setback::Why::NotLive)
            tally_.failed();
        behind_ = behind_ || setback.in_book;
        return failure(setback);
    }
    if (outcome->plan) {
        behind_ = false;
    } else {
        listener_.warn(outcome->alone.why);
        warnings.push_back(outcome->alone.why);
    }
    if (!outcome->published())
        return answer(*std::move(outcome), std::move(warnings));
    tell(*outcome);
    const bool whole = !outcome->in_place();
    Json json = answer(*std::move(outcome), std::move(warnings));
    if (const auto again = keeper_.forget_rules(); !again)
        return internal(again.error());
    if (whole)
        ::malloc_trim(0); // what was taken for all rules
    return json;
}

Reply Desk::rehearse(const control::Step& step)
{
    warnings_.emplace();
    auto outcome = stepper().rehearse(step);
    auto warnings = *std::exchange(warnings_, std::nullopt);
    return outcome ? Reply(answer(*std::move(outcome), std::move(warnings))) : failure(outcome.error());
}

Json Desk::answer(control::Outcome outcome, std::vector<std::string> warnings) const
{
    const auto broken = faults();
    warnings.insert(warnings.end(), broken.begin(), broken.end());
    Json json = std::move(outcome.taken.json);
    control::put_outcome(json, outcome, edge(), control::end_of(outcome, !broken.empty()), warnings);
    return json;
}

void Desk::tell(const control::Outcome& outcome)
{
    const auto& [number, refused, retired, proven, unproven, proven_live, instead] = outcome.publication;
    if (!instead.empty())
        tally_.failed();
    tally_.published({.in_place = outcome.in_place(),
                      .proven = proven_live,
                      .rules = proven,
                      .unproven = unproven,
                      .canaries = outcome.plan->canaries.size(),
                      .seconds = outcome.times.proven.value_or(0) / 1000,
                      .time = now()});
    const auto live = edge().live();
    const auto& diff = outcome.plan->diff();
    events_.add(Severity::Info, "generation",
                fmt::format("generation {} is live: {} added, {} removed, {} changed", live->number,
                            diff.added.size(), diff.removed.size(), diff.changed.size()),
                {{"number", live->number},
                 {"added", diff.added.size()},
                 {"removed", diff.removed.size()},
                 {"changed", diff.changed.size()},
                 {"proven", proven_live}});
}

} // namespace interdict::daemon
