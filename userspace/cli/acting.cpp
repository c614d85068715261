// SPDX-License-Identifier: Apache-2.0
#include "cli/acting.h"

#include <cerrno>
#include <cstdlib>
#include <memory>

#include <nlohmann/json.hpp>
#include <pwd.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/health.h"
#include "cli/outcome.h"
#include "control/changes_json.h"

namespace interdict::cli {

std::string login_name()
{
    if (const char* name = std::getenv("SUDO_USER"); name && *name != '\0')
        return name;
    if (const passwd* entry = ::getpwuid(::getuid()))
        return entry->pw_name;
    return fmt::format("uid {}", ::getuid());
}

void add_options(Command& command, ActOptions& options)
{
    command
        .value("--actor", options.actor, "NAME",
               "who does this; default: the login name, behind sudo its user")
        .value("--reason", options.reason, "TEXT", "why; it is kept in the journal")
        .value("--document", options.document, "FILE",
               "the instrument that this rests on; the book keeps it by its SHA-256");
}

void add_options(Command& command, EnforceOptions& options)
{
    command
        .value("--guard", options.guard, "FILE [guard.json in the state directory]",
               "what may never be blocked")
        .flag("--no-apply", options.no_apply, "only into the book; the live rules stay as they are");
}

Result<book::Act> make_act(book::Book& book, const ActOptions& options)
{
    book::Act act{.actor = options.actor.empty() ? login_name() : options.actor,
                  .reason = options.reason,
                  .document = {},
                  .time = 0};
    if (options.document.empty())
        return act;
    INTERDICT_TRY(const auto bytes, read_file(options.document));
    const auto name = std::filesystem::path(options.document).filename().string();
    INTERDICT_TRY(act.document, book.documents().keep(bytes, name, act));
    return act;
}

control::Listener listener_of(Console& console)
{
    const auto bar = std::make_shared<std::pair<std::string, std::unique_ptr<Progress>>>();
    return {.warn =
                [&console, bar](std::string_view message) {
                    bar->second.reset();
                    console.warn(message);
                },
            .progress =
                [bar](std::string_view what, std::uint64_t done, std::uint64_t total) {
                    if (total != 0 && done >= total) {
                        bar->second.reset();
                        return;
                    }
                    if (!bar->second || bar->first != what)
                        *bar = {std::string(what), std::make_unique<Progress>(std::string(what), total)};
                    bar->second->at(done);
                }};
}

control::Listener listener_of(Console& console, const Warnings& warnings)
{
    auto listener = listener_of(console);
    listener.warn = [tell = std::move(listener.warn), warnings](std::string_view text) {
        warnings->emplace_back(text);
        tell(text);
    };
    return listener;
}

Result<control::Edge> adopt_if_up(const Session& session, const control::State& state,
                                  const control::Listener& listener)
{
    const auto& pins = session.globals.pins;
    if (!plane::Pins(pins).exist())
        return control::Edge();
    return control::Edge::adopt(pins, state, plane::Access::Write, listener);
}

std::vector<std::string> tell_faults(Console& console, const control::Edge& edge, const control::State& state)
{
    auto found = faults(edge.plane(), state);
    auto all = found ? *std::move(found) : std::vector{found.error().message};
    for (const auto& fault : all)
        console.warn(fault);
    return all;
}

Exit tell_outcome(Console& console, const control::Outcome& outcome, const control::Edge& edge,
                  const control::State& state, std::vector<std::string> warnings)
{
    const bool carried_out = outcome.plan && !outcome.rehearsed;
    const auto faulty = carried_out ? tell_faults(console, edge, state) : std::vector<std::string>();
    if (!outcome.plan)
        warnings.push_back(outcome.alone.why);
    warnings.insert(warnings.end(), faulty.begin(), faulty.end());
    Json json = outcome.taken.json;
    control::put_outcome(json, outcome, edge, control::end_of(outcome, !faulty.empty()), warnings);
    show_outcome(console, json);
    if (!outcome.plan)
        console.warn(outcome.alone.why);
    return exit_of(json);
}

Result<Acting> Acting::begin(Session& session, const ActOptions& options, const EnforceOptions& enforce)
{
    control::Stopwatch watch;
    const control::State state(session.globals.state);
    const auto warnings = std::make_shared<std::vector<std::string>>();
    auto listener = listener_of(session.console, warnings);
    control::Edge edge;
    if (!enforce.no_apply) {
        auto adopted = adopt_if_up(session, state, listener);
        if (!adopted)
            return fail("{}; nothing was done. With --no-apply only the book is changed",
                        adopted.error().message);
        edge = *std::move(adopted);
    }
    INTERDICT_TRY(auto office, control::Office::open(state, book::Access::Write, enforce.guard, listener));
    // Before a document goes into the book.
    if (edge.up())
        INTERDICT_CHECK(control::Enforcer(office.book(), office.guard(), state, edge, listener).recognise());
    INTERDICT_TRY(auto act, make_act(office.book(), options));
    return Acting(session, enforce.no_apply, watch, std::move(listener), warnings, std::move(office),
                  std::move(edge), std::move(act));
}

Result<Exit> Acting::take(control::Steps::Found step, const std::function<void(const Json&)>& first)
{
    if (!step)
        return std::unexpected(step.error().error);
    control::Alone alone{"only the book was changed (--no-apply)", true};
    if (!no_apply_)
        alone = {fmt::format("no plane is up at {}: it is in the book, and will be live after: interdict up "
                             "--iface NAME:ROLE, interdict apply",
                             session_.globals.pins.string())};
    control::Stepper stepper(office_.book(), office_.guard(), office_.state(), edge_, listener_,
                             std::move(alone));
    auto outcome = stepper.take(act_, *std::move(step), watch_);
    if (!outcome && outcome.error().why != control::Setback::Why::Refused)
        return std::unexpected(outcome.error().error);
    if (!outcome) {
        session_.console.error(outcome.error().error);
        return Exit::Refused;
    }
    if (first)
        first(outcome->taken.json);
    return tell_outcome(session_.console, *outcome, edge_, office_.state(), *warnings_);
}

Result<Exit> Acting::tell(control::Steps::Done done) const
{
    if (!done)
        return std::unexpected(done.error().error);
    session_.console.say("{}", done->sentence);
    Json json = std::move(done->json);
    control::put_end(json, done->sentence, control::End::Ok, *warnings_);
    session_.console.put(json);
    return Exit::Ok;
}

} // namespace interdict::cli
