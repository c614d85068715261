// SPDX-License-Identifier: Apache-2.0
#include "cli/import.h"

#include "cli/commands.h"
#include "cli/outcome.h"
#include "control/changes_json.h"
#include "control/import_json.h"
#include "control/office.h"

namespace interdict::cli {

namespace {

using control::ImportEnd;

Result<void> tell_authority(Session& session, Acting& acting, ImportJob& job)
{
    INTERDICT_TRY(const auto told, control::report_outcomes(acting.book(), *job.shield, job.list));
    INTERDICT_CHECK(control::note_taken(acting.book(), job.list));
    session.console.say("reported: {} processed, {} unprocessed, {} too late, {} refused", told.processed,
                        told.unprocessed, told.late.size(), told.failed.size());
    for (const auto& failed : told.failed)
        session.console.warn("report: " + failed);
    session.console.put({{"report",
                          {{"processed", told.processed},
                           {"unprocessed", told.unprocessed},
                           {"late", told.late},
                           {"failed", told.failed}}}});
    return {};
}

Result<Exit> hand_over(Session& session, const ImportOptions& options, ImportJob& job,
                       control::ImportedOrders imported)
{
    auto& import = job.list;
    const control::State state(session.globals.state);
    ActOptions act = options.act;
    if (act.actor.empty())
        act.actor = import.origin();
    if (act.reason.empty())
        act.reason = import.reason();
    INTERDICT_CHECK(control::keep_quarantine(import, state));
    INTERDICT_TRY(auto acting, Acting::begin(session, act, options.enforce));
    Json json;
    INTERDICT_TRY(const Exit code,
                  acting.take(acting.steps().take_list(import, std::move(imported), session.globals.verbose),
                              [&](const Json& taken) {
                                  json = taken;
                                  show_import(session, json);
                              }));
    INTERDICT_TRY(const auto noted, acting.book().feeds().find(import.name));
    if (!noted || noted->fetched != import.received)
        return code; // a canary would have been blocked: nothing of it is in the book
    if (import.fetch)
        feed::forget_others(*import.fetch, import.folder(state));
    if (!options.acknowledge.empty())
        INTERDICT_CHECK(acknowledge(options.acknowledge, json));
    if (options.report)
        INTERDICT_CHECK(tell_authority(session, acting, job));
    return code;
}

// The list is not taken: the one before it stays, if there is one.
Result<Exit> stay(Session& session, const ImportOptions& options, const control::Import& import,
                  const Error& why)
{
    const bool kept = import.before.any();
    const ImportEnd end{.status = kept ? "kept" : "refused", .why = why.message};
    if (!options.dry_run) {
        INTERDICT_CHECK(control::keep_quarantine(import, control::State(session.globals.state)));
        INTERDICT_TRY(auto book,
                      book::Book::open(control::State(session.globals.state).book(), book::Access::Write));
        INTERDICT_CHECK(control::note_failure(book, import, end.why));
    }
    const auto json = control::import_json(import, end, session.globals.verbose);
    show_import(session, json);
    session.console.put(json);
    session.console.warn(control::import_sentence(import, end));
    return kept ? Exit::Degraded : Exit::Error;
}

Result<Exit> rehearse(Session& session, const ImportOptions& options, const control::Import& import,
                      control::ImportedOrders imported)
{
    INTERDICT_TRY(auto office,
                  control::Office::rehearsal(control::State(session.globals.state), options.enforce.guard,
                                             listener_of(session.console)));
    INTERDICT_TRY(auto vetted, control::vet(office.book(), office.guard(), std::move(imported)));
    const ImportEnd end{.status = "dry run", .orders = std::move(vetted.orders)};
    Json json = control::import_json(import, end, session.globals.verbose);
    show_import(session, json);
    json["held"] = control::held_json(vetted.held);
    show_held(session.console, json["held"]);
    session.console.say("{}", control::import_sentence(import, end));
    session.console.put(json);
    return Exit::Ok;
}

Result<Exit> run(Session& session, const ImportOptions& options)
{
    INTERDICT_TRY(auto job, prepare_import(options));
    if (!options.dry_run)
        if (const auto daemon = Client::of(session))
            return import_through(*daemon, session, options, job);
    auto& import = job.list;
    INTERDICT_CHECK(read_book(session, import));
    if (const auto read = read_lists(session, options.files, job); !read) {
        import.lists.clear();
        return stay(session, options, import, read.error());
    }
    auto judged = control::judge(import);
    if (!judged)
        return stay(session, options, import, judged.error());
    return options.dry_run ? rehearse(session, options, import, *std::move(judged))
                           : hand_over(session, options, job, *std::move(judged));
}

} // namespace

void add_import(CommandLine& line)
{
    const auto options = std::make_shared<ImportOptions>();
    auto command = line.add(
        "import", "take a list of an authority into the order book",
        "FORMAT: native, piracyshield, cncpo, adm, agcom, rpz, csv, plain, hosts, adblock; "
        "docs/feeds.md has a "
        "sample of each.\n"
        "An entry that cannot be carried out exactly is quarantined with its reason and the nearest "
        "name, and "
        "kept in\n"
        "feeds/NAME/quarantine.jsonl of the state directory. What is not on the list any more is "
        "lifted.\n"
        "The exit code is 2 if the list was not taken and the one before it stays in force.",
        "interdict import cncpo blacklist.csv --order cncpo.json --acknowledge answer.txt\n"
        "interdict import adm elenco_siti_inibiti.txt --order adm.json --name adm-giochi --max-age P7D\n"
        "interdict import csv sites.csv --order court.json --map name=2,expires=until --delimiter ';' "
        "--header\n"
        "interdict import rpz policy.zone --order court.json --origin rpz.example --dry-run\n"
        "interdict import piracyshield --config piracyshield.json --report",
        [options](Session& session) { return run(session, *options); });
    command.argument("FORMAT", options->format, "of the list")
        .arguments("FILE", options->files, "the list; several are taken together", false)
        .value("--order", options->order, "FILE", "the legal basis: an order without targets (docs/feeds.md)")
        .value("--name", options->name, "FEED", "whose list it replaces; default: the format")
        .value("--map", options->words.map, "COLUMNS",
               "csv: name=, address=, expires=, ticket= with a number or heading")
        .value("--delimiter", options->words.delimiter, "C [,]", "csv: between columns; tab for a tabulator")
        .flag("--header", options->words.header, "csv: the first line is headings")
        .value("--origin", options->words.origin, "NAME", "rpz: the zone's name, if the file does not say it")
        .value("--match", options->words.match, "exact|subtree",
               "of names; default: the template's, else the format's")
        .choice("--url-policy", options->words.url_policy, {"reject", "host", "ignore"},
                "what to do with a URL with a path")
        .flag("--wildcards", options->words.wildcards, "take *.name for the name and all below it")
        .flag("--unknown-endings", options->words.unknown_endings,
              "take names under no known top-level domain")
        .value("--min-entries", options->words.min_entries, "N [1]", "fewer are not taken")
        .value("--max-drop-percent", options->words.max_drop_percent, "P [30]",
               "a list that shrinks by more is not taken")
        .value("--max-age", options->words.max_age, "DURATION",
               "a list made longer ago is not taken, e.g. P7D")
        .value("--acknowledge", options->acknowledge, "FILE",
               "writes the answer to the authority, once taken")
        .value("--config", options->config, "FILE", "piracyshield: fetch by this configuration")
        .flag("--report", options->report, "piracyshield: tell what is proven, and what is held")
        .flag("--dry-run", options->dry_run, "read and judge, change nothing");
    add_options(command, options->act);
    add_options(command, options->enforce);
}

} // namespace interdict::cli
