// SPDX-License-Identifier: Apache-2.0
#include "cli/acting.h"

#include <cerrno>
#include <cstdlib>
#include <memory>

#include <nlohmann/json.hpp>
#include <pwd.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/changes.h"
#include "cli/health.h"
#include "daemon/changes_json.h"

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

Result<control::Edge> adopt_if_up(const Session& session, const control::State& state,
                                  const control::Listener& listener)
{
    const auto& pins = session.globals.pins;
    if (!plane::Pins(pins).exist())
        return control::Edge();
    return control::Edge::adopt(pins, state, plane::Access::Write, listener);
}

Result<Acting> Acting::begin(Session& session, const ActOptions& options, const EnforceOptions& enforce)
{
    control::Stopwatch watch;
    const control::State state(session.globals.state);
    auto listener = listener_of(session.console);
    control::Edge edge;
    if (!enforce.no_apply) {
        auto adopted = adopt_if_up(session, state, listener);
        if (!adopted)
            return fail("{}; nothing was done. With --no-apply only the book is changed",
                        adopted.error().message);
        edge = *std::move(adopted);
    }
    INTERDICT_TRY(auto office, control::Office::open(state, book::Access::Write, enforce.guard, listener));
    if (edge.up())
        INTERDICT_CHECK(control::Enforcer(office.book(), office.guard(), state, edge, listener).recognise());
    INTERDICT_TRY(auto act, make_act(office.book(), options));
    return Acting(session, enforce.no_apply, watch, std::move(listener), std::move(office), std::move(edge),
                  std::move(act));
}

control::Enforcer Acting::enforcer() { return {book(), guard(), state(), edge_, listener_}; }

Exit Acting::refuse(const std::string& why, const std::string& where) const
{
    session_.console.error({fmt::format("{}; {}{}", why, where, control::still_live(edge_.live())), 0});
    return Exit::Refused;
}

Result<Exit> Acting::carefully(control::Reach reach, const Step& step)
{
    INTERDICT_TRY(const auto before, enforcer().before(std::move(reach)));
    std::optional<Report> report;
    std::optional<control::Plan> planned;
    const auto kept = book().together([&]() -> Result<bool> {
        INTERDICT_TRY(report, step());
        INTERDICT_TRY(planned, enforcer().plan_step(before, report->instead));
        return planned->refused.empty();
    });
    if (!kept)
        return fail("{}; nothing was done{}", kept.error().message, control::still_live(edge_.live()));
    if (!*kept)
        return refuse(planned->refused, "nothing was done");
    watch_.imported();
    return edge_.up() ? follow(*std::move(report), *planned) : stay_behind(*std::move(report));
}

Result<Exit> Acting::at_once(control::Reach reach, const Step& step)
{
    INTERDICT_TRY(const auto before, enforcer().before(std::move(reach)));
    INTERDICT_TRY(auto report, step());
    watch_.imported();
    if (!edge_.up())
        return stay_behind(std::move(report));
    const auto planned = enforcer().plan_step(before, report.instead);
    if (!planned)
        return fail("it is in the book, but not live: {}{}", planned.error().message,
                    control::still_live(edge_.live()));
    return follow(std::move(report), *planned);
}

Exit Acting::stay_behind(Report report)
{
    Console& console = session_.console;
    const std::string why =
        no_apply_
            ? "only the book was changed (--no-apply)"
            : fmt::format("no plane is up at {}: it is in the book, and will be live after: interdict up "
                          "--iface NAME:ROLE, interdict apply",
                          session_.globals.pins.string());
    console.say("{}", report.sentence);
    show_held(console, report.held);
    console.warn(why);
    console.say("{}", times_text(watch_.times()));
    report.json["held"] = daemon::held_json(report.held);
    report.json["published"] = false;
    report.json["not_published"] = why;
    report.json["ms"] = daemon::times_json(watch_.times());
    console.put(report.json);
    if (!report.held.empty() && report.nothing_new)
        return Exit::Refused;
    return no_apply_ && report.held.empty() ? Exit::Ok : Exit::Degraded;
}

Result<Exit> Acting::follow(Report report, const control::Plan& plan)
{
    const auto publication = enforcer().carry_out(plan, act_, watch_);
    if (!publication)
        return fail("it is in the book, but not live: {}{}", publication.error().message,
                    control::still_live(edge_.live()));
    if (!publication->refused.empty())
        return refuse(publication->refused, "it is in the book, but nothing was published");
    const Exit code = tell(report, plan, *publication);
    if (code != Exit::Ok)
        return code;
    INTERDICT_TRY(const auto degraded, faults(edge_.plane(), state()));
    for (const auto& fault : degraded)
        session_.console.warn(fault);
    const bool unproven = publication->number != 0 && !publication->proven_live;
    return unproven || !degraded.empty() ? Exit::Degraded : Exit::Ok;
}

Exit Acting::tell(Report& report, const control::Plan& plan, const control::Publication& publication) const
{
    Console& console = session_.console;
    const auto live = edge_.live();
    auto& [sentence, json, held, nothing_new, instead] = report;
    const bool in_place = plan.change && publication.instead.empty();
    console.say("{}", sentence);
    if (plan.review)
        held.insert(held.end(), plan.review->held().begin(), plan.review->held().end());
    show_held(console, held);
    show_changes(console, {.diff = plan.diff(),
                           .expired = plan.expired(),
                           .before = daemon::rules_before(plan, edge_),
                           .after = plan.after()});
    if (plan.unchanged)
        console.say("generation {} has exactly these rules already", live->number);
    else
        console.say("{}{}", console.paint(Tone::Good, fmt::format("generation {} is live", live->number)),
                    in_place ? ", changed in place" : "");
    console.say("{}", times_text(watch_.times()));
    json["held"] = daemon::held_json(held);
    daemon::put_publication(json, plan, publication, edge_, watch_.times());
    console.put(json);
    return held.empty() ? Exit::Ok : nothing_new ? Exit::Refused : Exit::Degraded;
}

} // namespace interdict::cli
