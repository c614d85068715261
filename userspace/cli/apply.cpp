// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "cli/acting.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/inputs.h"
#include "order/write.h"

namespace interdict::cli {

namespace {

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
          listener_(listener_of(session.console, warnings_))
    {
    }

    Result<Exit> run();

private:
    Result<Exit> hand_over(const Client& daemon) const;
    Result<void> read_orders();
    Result<void> read_plane();
    Result<control::Office> open_office() const;
    Result<control::Office> prepare();
    control::Stepper::Became take(control::Office& office);
    [[nodiscard]] std::string still_live() const;

    // Without files it is the book that is applied.
    [[nodiscard]] bool whole_list() const { return !options_.files.empty(); }

    Session& session_;
    Console& console_;
    const Options& options_;
    const control::State state_;
    const Warnings warnings_ = std::make_shared<std::vector<std::string>>();
    const control::Listener listener_;
    control::Stopwatch watch_;
    Inputs inputs_;
    std::optional<control::ScopesFile> scopes_; // if they are given
    control::Edge edge_;                        // not up: a dry run without a plane
};

std::string Apply::still_live() const
{
    auto generation = edge_.live();
    if (!edge_.up())
        if (const auto plane = plane::Plane::adopt(session_.globals.pins, plane::Access::Read))
            generation = plane->generation();
    return control::still_live(generation);
}

Result<Exit> Apply::run()
{
    const auto told = [this](Error error) {
        error.message += still_live();
        return std::unexpected(std::move(error));
    };
    if (const auto read = read_orders(); !read)
        return told(read.error());
    if (const auto daemon = Client::of(session_))
        return hand_over(*daemon);
    auto office = prepare();
    if (!office)
        return told(office.error());
    const auto outcome = take(*office);
    if (outcome) {
        const Exit code = tell_outcome(console_, *outcome, edge_, state_, *warnings_);
        return code == Exit::Ok && !inputs_.ok() ? Exit::Degraded : code;
    }
    auto error = outcome.error().error;
    if (options_.dry_run)
        error.message += still_live();
    if (outcome.error().why != control::Setback::Why::Refused)
        return std::unexpected(error);
    console_.error(error);
    return Exit::Refused;
}

Result<control::Office> Apply::prepare()
{
    INTERDICT_CHECK(read_plane());
    if (!options_.scopes.empty()) {
        INTERDICT_TRY(auto text, read_file(options_.scopes));
        scopes_ = {std::move(text), inputs_.scopes};
    }
    INTERDICT_TRY(auto office, open_office());
    if (whole_list())
        return office;
    INTERDICT_TRY(const auto tally, office.book().orders().tally());
    if (tally.orders == 0)
        return fail("the book in {} has no orders; give the list: interdict apply FILE...",
                    session_.globals.state.string());
    return office;
}

control::Stepper::Became Apply::take(control::Office& office)
{
    book::Act act;
    const control::Steps steps(office.book(), office.guard(), state_, listener_, act);
    auto step = whole_list() ? steps.replace({std::move(inputs_.orders.orders), inputs_.problems()})
                             : steps.apply_book();
    // A document that comes with it is in the book only if the step is.
    step.take = [&, taken = std::move(step.take)]() -> Result<control::Taken> {
        INTERDICT_TRY(act, make_act(office.book(), options_.act));
        INTERDICT_TRY(auto done, taken());
        done.scopes = scopes_;
        done.json["problems"] = inputs_.problems();
        return done;
    };
    control::Stepper stepper(office.book(), office.guard(), state_, edge_, listener_, {"no plane is up"});
    return options_.dry_run ? stepper.rehearse(step) : stepper.take(act, std::move(step), watch_);
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
                              whole_list() ? order::write_orders(inputs_.orders.orders) : std::string(),
                              "POST", [this](Json& result) { result["problems"] = inputs_.problems(); }));
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

Result<control::Office> Apply::open_office() const
{
    if (options_.dry_run && !std::filesystem::exists(state_.book()))
        return control::Office::rehearsal(state_, options_.guard, listener_);
    return control::Office::open(state_, book::Access::Write, options_.guard, listener_);
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
