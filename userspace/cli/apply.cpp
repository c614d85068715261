// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "cli/acting.h"
#include "cli/changes.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/health.h"
#include "cli/inputs.h"
#include "control/changes_json.h"
#include "image/image.h"
#include "order/write.h"

namespace interdict::cli {

namespace {

constexpr char kOrigin[] = "file"; // in the book

struct Options {
    std::vector<std::string> files;
    std::string scopes;
    std::string guard;
    bool dry_run = false;
    bool partial = false;
    ActOptions act;
};

class Apply {
public:
    Apply(Session& session, const Options& options)
        : session_(session), console_(session.console), options_(options), state_(session.globals.state),
          listener_(listener_of(session.console))
    {
    }

    Result<Exit> run();

private:
    Result<Exit> work();
    Result<Exit> hand_over(const Client& daemon) const;
    Result<void> read_orders();
    Result<void> read_plane();
    Result<void> read_scopes();
    Result<control::Office> open_office() const;
    Result<void> take(control::Office& office, const book::Act& act);
    Result<void> keep_scopes() const;
    Result<Exit> conclude();
    Exit refuse(const std::string& why);
    void show() const;
    void put() const;
    [[nodiscard]] Exit exit_code() const;
    [[nodiscard]] std::string still_live() const;

    // Without files it is the book that is applied.
    [[nodiscard]] bool whole_list() const { return !options_.files.empty(); }

    Session& session_;
    Console& console_;
    const Options& options_;
    const control::State state_;
    const control::Listener listener_;
    control::Stopwatch watch_;
    Inputs inputs_;
    std::vector<order::Scope> scopes_;
    control::Edge edge_; // not up: a dry run without a plane
    control::Vetted vetted_;
    std::optional<control::Plan> plan_;
    control::Publication publication_;
};

Result<Exit> Apply::run()
{
    auto done = work();
    if (done || publication_.number != 0)
        return done;
    Error error = done.error();
    if (const auto live = still_live(); !live.empty())
        error.message += live;
    return std::unexpected(error);
}

std::string Apply::still_live() const
{
    auto generation = edge_.live();
    if (!edge_.up())
        if (const auto plane = plane::Plane::adopt(session_.globals.pins, plane::Access::Read))
            generation = plane->generation();
    return control::still_live(generation);
}

Result<Exit> Apply::work()
{
    INTERDICT_CHECK(read_orders());
    if (const auto daemon = Client::of(session_))
        return hand_over(*daemon);
    INTERDICT_CHECK(read_plane());
    INTERDICT_CHECK(read_scopes());
    INTERDICT_TRY(auto office, open_office());
    std::optional<book::Act> act;
    INTERDICT_TRY(const bool kept, office.book().together([&]() -> Result<bool> {
        INTERDICT_TRY(act, make_act(office.book(), options_.act));
        INTERDICT_CHECK(take(office, *act));
        return !options_.dry_run && plan_->refused.empty();
    }));
    if (!plan_->refused.empty())
        return refuse(plan_->refused);
    if (!kept) {
        if (edge_.up())
            INTERDICT_CHECK(plane::check_capacity(edge_.plane().maps(), plan_->candidate.image, {}));
        return conclude();
    }
    if (!options_.scopes.empty())
        INTERDICT_CHECK(keep_scopes());
    watch_.imported();
    control::Enforcer enforcer(office.book(), office.guard(), state_, edge_, listener_);
    INTERDICT_TRY(publication_, enforcer.carry_out(*plan_, *act, watch_));
    if (!publication_.refused.empty())
        return refuse(publication_.refused);
    return conclude();
}

Result<Exit> Apply::hand_over(const Client& daemon) const
{
    if (!options_.scopes.empty() || !options_.guard.empty())
        return fail(
            "a daemon runs, and its scopes and guard are in its configuration; leave out --scopes and "
            "--guard");
    Client::Query query;
    if (options_.dry_run)
        query.emplace_back("dry_run", "true");
    INTERDICT_TRY(const auto code,
                  daemon.take("/apply", query, options_.act,
                              whole_list() ? order::write_orders(inputs_.orders.orders) : std::string()));
    return code == Exit::Ok && !inputs_.ok() ? Exit::Degraded : code;
}

Result<void> Apply::read_orders()
{
    inputs_ = read_inputs(options_.files, options_.scopes);
    show_problems(inputs_, console_);
    if (!inputs_.scope_problems.empty())
        return fail("{}: {}; a scopes file is taken whole or not at all", options_.scopes,
                    counted(inputs_.scope_problems.size(), "problem"));
    if (!inputs_.ok() && !options_.partial)
        return fail("{}, nothing was applied; mend the files, or take the rest with --accept-partial",
                    counted(inputs_.problems(), "problem"));
    if (!inputs_.ok() && inputs_.orders.orders.empty())
        return fail("{} and not one good order, nothing was applied", counted(inputs_.problems(), "problem"));
    if (!inputs_.ok())
        console_.warn(
            fmt::format("{}, the rest is taken (--accept-partial)", counted(inputs_.problems(), "problem")));
    return {};
}

Result<void> Apply::read_plane()
{
    const auto& pins = session_.globals.pins;
    if (options_.dry_run && !plane::Pins(pins).exist()) {
        console_.say("no plane is up at {}; compared with nothing", pins.string());
        return {};
    }
    INTERDICT_TRY(edge_, control::Edge::adopt(pins, state_,
                                              options_.dry_run ? plane::Access::Read : plane::Access::Write,
                                              listener_));
    return {};
}

Result<void> Apply::read_scopes()
{
    if (!options_.scopes.empty()) {
        scopes_ = inputs_.scopes;
        return {};
    }
    INTERDICT_TRY(scopes_, state_.scopes());
    return {};
}

Result<control::Office> Apply::open_office() const
{
    if (options_.dry_run && !std::filesystem::exists(state_.book()))
        return control::Office::rehearsal(state_, options_.guard, listener_);
    return control::Office::open(state_, book::Access::Write, options_.guard, listener_);
}

// Into the book, and a plan of what is in force then; kept only if both can be.
Result<void> Apply::take(control::Office& office, const book::Act& act)
{
    auto orders = office.book().orders();
    control::Enforcer enforcer(office.book(), office.guard(), state_, edge_, listener_);
    if (whole_list()) {
        const control::Intake intake(office.book(), office.guard());
        INTERDICT_TRY(vetted_, intake.vet(std::move(inputs_.orders.orders)));
        const auto total = vetted_.passed + vetted_.held.size();
        INTERDICT_CHECK(orders.replace(kOrigin, vetted_.orders, act, [&](std::size_t written) {
            listener_.progress("writing the book", written, total);
        }));
    } else {
        INTERDICT_TRY(const auto all, orders.all(false));
        if (all.empty())
            return fail("the book in {} has no orders; give the list: interdict apply FILE...",
                        session_.globals.state.string());
        INTERDICT_CHECK(enforcer.recognise());
    }
    INTERDICT_TRY(plan_, enforcer.plan(scopes_));
    return {};
}

Result<void> Apply::keep_scopes() const
{
    INTERDICT_TRY(const auto text, read_file(options_.scopes));
    return state_.keep_scopes(text);
}

Exit Apply::refuse(const std::string& why)
{
    console_.error({fmt::format("{}; nothing was published{}", why, still_live()), 0});
    return Exit::Refused;
}

Exit Apply::exit_code() const
{
    const auto& diff = plan_->candidate.diff;
    const bool fresh = std::ranges::any_of(vetted_.held, [](const auto& held) { return !held.known; });
    if (fresh && diff.added.empty() && diff.changed.empty())
        return Exit::Refused;
    const bool held = !vetted_.held.empty() || (plan_->review && !plan_->review->held().empty());
    return held || !inputs_.ok() ? Exit::Degraded : Exit::Ok;
}

Result<Exit> Apply::conclude()
{
    show();
    put();
    if (options_.dry_run)
        return exit_code();
    INTERDICT_TRY(const auto degraded, faults(edge_.plane(), state_));
    for (const auto& fault : degraded)
        console_.warn(fault);
    const Exit code = exit_code();
    const bool unproven = publication_.number != 0 && !publication_.proven_live;
    return code == Exit::Ok && (unproven || !degraded.empty()) ? Exit::Degraded : code;
}

void Apply::show() const
{
    const auto& candidate = plan_->candidate;
    show_held(console_, vetted_.held);
    if (plan_->review)
        show_held(console_, plan_->review->held());
    show_changes(console_, {candidate.diff, candidate.expired, edge_.rules(), candidate.rules});
    if (options_.dry_run)
        console_.say("dry run: nothing was changed");
    else if (plan_->unchanged)
        console_.say("generation {} has exactly these rules already; nothing was changed",
                     edge_.live()->number);
    else
        console_.say("{}: {} on {} (limit {})",
                     console_.paint(Tone::Good, fmt::format("generation {} is live", publication_.number)),
                     counted(candidate.rules.rules.size(), "rule"),
                     counted(candidate.image.header.targets, "target"), image::Capacity{}.max_targets);
}

void Apply::put() const
{
    if (!console_.json())
        return;
    const auto& candidate = plan_->candidate;
    const auto& diff = candidate.diff;
    const auto live = edge_.live();
    auto held = vetted_.held;
    if (plan_->review)
        held.insert(held.end(), plan_->review->held().begin(), plan_->review->held().end());
    console_.put(
        {{"published", publication_.number != 0},
         {"dry_run", options_.dry_run},
         {"unchanged", plan_->unchanged},
         {"generation", live ? Json(live->number) : Json()},
         {"digest", plan_->unchanged ? control::digest_text(*live) : candidate.digest},
         {"orders", candidate.rules.orders.size()},
         {"expired", {{"orders", candidate.expired.orders}, {"targets", candidate.expired.targets}}},
         {"problems", inputs_.problems()},
         {"held", control::held_json(held)},
         {"rules", candidate.rules.rules.size()},
         {"targets", {{"used", candidate.image.header.targets}, {"limit", image::Capacity{}.max_targets}}},
         {"added", diff.added.size()},
         {"removed", diff.removed.size()},
         {"changed", diff.changed.size()},
         {"kept", diff.kept.size()},
         {"scopes_changed", diff.scopes_changed},
         {"answers_changed", diff.answers_changed},
         {"retired", publication_.retired},
         {"proven", publication_.proven},
         {"ms", control::times_json(watch_.times())},
         {"diff", control::diff_json(candidate.diff, edge_.rules(), candidate.rules)}});
}

} // namespace

void add_apply(CommandLine& line)
{
    const auto options = std::make_shared<Options>();
    auto command = line.add(
        "apply", "make the orders of these files, and the book's others, the live rules, all at once",
        "The files are the whole list of what came from files before: what the book has of that and they do "
        "not is\n"
        "lifted. Orders that came otherwise stay. Without files the book is applied as it is. A packet meets "
        "the old\n"
        "rules or the new ones, never a mixture. Rules that stay keep their counters; the last counts of "
        "those that\n"
        "go are archived in the state directory. After any error the last good generation goes on "
        "filtering.\n"
        "Targets that the guard holds give no rule; exit code 2, or 3 if nothing else was new.",
        "interdict apply --dry-run orders/*.json\n"
        "interdict apply orders/*.json\n"
        "interdict apply --scopes scopes.json --accept-partial orders/*.json\n"
        "interdict apply\n"
        "interdict apply --json orders/*.json | jq .generation",
        [options](Session& session) { return Apply(session, *options).run(); });
    command.value("--scopes", options->scopes, "FILE [those given last]", "the scopes that orders name")
        .value("--guard", options->guard, "FILE [guard.json in the state directory]",
               "what may never be blocked")
        .flag("--dry-run", options->dry_run, "show what would change and change nothing")
        .flag("--accept-partial", options->partial,
              "take what is good of files that have problems; exit code 2")
        .arguments("FILE", options->files, "order files", false);
    add_options(command, options->act);
}

} // namespace interdict::cli
