// SPDX-License-Identifier: Apache-2.0
#include "cli/import.h"

#include <algorithm>
#include <unordered_map>

#include "base/clock.h"
#include "base/file.h"
#include "cli/changes.h"
#include "cli/commands.h"
#include "control/intake.h"
#include "control/office.h"
#include "daemon/changes_json.h"
#include "order/problem.h"

namespace interdict::cli {

namespace {

Result<book::Book> open_book(Session& session)
{
    return book::Book::open(session.globals.state / "book.db", book::Access::Write);
}

// What the accepted entries are under their order.
struct Prepared {
    std::vector<order::Order> orders;
    std::vector<std::string> tickets; // of the one order of a list
};
Result<Prepared> orders_of(const Import& import)
{
    Prepared out;
    if (import.format == feed::Format::Native) {
        for (const feed::List& list : import.lists)
            for (const order::Order& order : list.orders)
                out.orders.push_back(order);
        return out;
    }
    std::unordered_map<std::string, std::int64_t> ends;
    const auto note_end = [&](const order::Item& item) {
        if (!item.target.is_name() && item.expires != 0)
            ends.emplace(to_string(item.target), item.expires);
    };
    for (const order::Order& order : import.before.orders)
        std::ranges::for_each(order.targets, note_end);
    for (const book::ItemRecord& held : import.before.held)
        note_end(held.item);
    feed::Receipt receipt{.received = import.received};
    receipt.end_in_force = [&](const order::Target& target) {
        const auto found = ends.find(to_string(target));
        return found == ends.end() ? 0 : found->second;
    };
    if (import.summary().entries == 0)
        return out; // the policy has let an empty list pass: everything is lifted
    // The counts of the lists are still to be shown, so they are copied.
    INTERDICT_TRY(auto made, feed::to_order(import.lists, *import.basis, receipt));
    out.orders.push_back(std::move(made.order));
    out.tickets = std::move(made.tickets);
    return out;
}

// Every refused entry, whether the list is taken or not.
Result<void> keep_quarantine(const Import& import)
{
    std::string text;
    for (const feed::List& list : import.lists)
        text += quarantine_text(list);
    std::error_code error;
    std::filesystem::create_directories(import.folder, error);
    if (error)
        return fail_errno(error.value(), "{}: cannot make the folder", import.folder.string());
    return write_file(import.folder / "quarantine.jsonl", text, 0640);
}

std::string cursor_text(const Import& import, std::int64_t timestamp)
{
    Json cursor = Json::parse(to_string(import.cursor));
    if (timestamp != 0)
        cursor["timestamp"] = timestamp;
    return cursor.dump();
}

Result<void> note_taken(book::Book& book, Import& import)
{
    if (import.fetch)
        import.cursor.checksums = import.fetch->checksums;
    const auto summary = import.summary();
    return book.feeds().set({.name = import.name,
                             .format = std::string(to_string(import.format)),
                             .fetched = import.received,
                             .digest = import.digest,
                             .entries = summary.entries,
                             .failed = 0,
                             .failure = {},
                             .cursor = cursor_text(import, summary.timestamp)});
}

Result<void> note_failure(Session& session, const Import& import, const std::string& why)
{
    book::FeedState state = import.before.state.value_or(book::FeedState{});
    state.name = import.name;
    state.format = to_string(import.format);
    state.failed = import.received;
    state.failure = order::printable(why, 1000);
    INTERDICT_TRY(book::Book book, open_book(session));
    return book.feeds().set(state);
}

// What the authority is answered when its list has come.
Result<void> acknowledge(const std::string& file, const Import& import)
{
    std::string text;
    for (const feed::List& list : import.lists)
        text += fmt::format(
            "List {} of {}\nReceived {}\nEntries taken: {}\nEntries that could not be read: {}\n",
            list.serial.empty() ? "without a serial" : list.serial,
            list.stamp.empty() ? "an unstated time" : list.stamp, format_timestamp(import.received),
            list.entries(), list.count(feed::Status::Quarantined));
    return write_file(file, text);
}

std::string reason_of(const Import& import)
{
    std::string out = fmt::format("list of {}", to_string(import.format));
    for (const feed::List& list : import.lists)
        if (!list.serial.empty())
            out += fmt::format(", serial {}", order::printable(list.serial, 40));
    return out;
}

// Past the guard, in the form of the book.
Result<control::Vetted> vet(const book::Book& book, const guard::Guard& guard, Prepared prepared)
{
    INTERDICT_TRY(auto vetted, control::Intake(book, guard).vet(std::move(prepared.orders)));
    if (!prepared.tickets.empty())
        vetted.orders.front().tickets = std::move(prepared.tickets);
    return vetted;
}

// The step in the book: the feed's orders are now these, and the list is noted as taken.
Result<Report> take(Session& session, Acting& acting, Import& import, Prepared prepared)
{
    ImportResult result{.status = "taken", .why = {}, .orders = {}, .change = {}};
    INTERDICT_TRY(auto vetted, vet(acting.book(), acting.guard(), std::move(prepared)));
    result.orders = std::move(vetted.orders);
    {
        Progress progress("writing the book", import.summary().entries);
        INTERDICT_TRY(result.change,
                      acting.book().orders().replace(import.origin(), result.orders, acting.act(),
                                                     [&](std::size_t done) { progress.at(done); }));
    }
    if (import.fetch)
        INTERDICT_CHECK(feed::keep(*import.fetch, import.folder));
    INTERDICT_CHECK(note_taken(acting.book(), import));
    Report report;
    report.json = show_entries(session, import, result);
    report.sentence = sentence_of(import, result);
    report.nothing_new = vetted.passed == 0 && !vetted.held.empty();
    report.held = std::move(vetted.held);
    return report;
}

Result<void> tell_authority(Session& session, Acting& acting, Import& import)
{
    INTERDICT_TRY(const auto told, report_outcomes(acting.book(), import));
    INTERDICT_CHECK(note_taken(acting.book(), import));
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

Result<Exit> hand_over(Session& session, const ImportOptions& options, Import& import, Prepared prepared)
{
    ActOptions act = options.act;
    if (act.actor.empty())
        act.actor = import.origin();
    if (act.reason.empty())
        act.reason = reason_of(import);
    INTERDICT_CHECK(keep_quarantine(import));
    INTERDICT_TRY(auto acting, Acting::begin(session, act, options.enforce));
    control::Reach reach{.targets = {}, .unbounded = "a list takes the place of the one before it"};
    INTERDICT_TRY(const Exit code, acting.carefully(std::move(reach), [&] {
        return take(session, acting, import, std::move(prepared));
    }));
    INTERDICT_TRY(const auto noted, acting.book().feeds().find(import.name));
    if (!noted || noted->fetched != import.received)
        return code; // a canary would have been blocked: nothing of it is in the book
    if (import.fetch)
        feed::forget_others(*import.fetch, import.folder);
    if (!options.acknowledge.empty())
        INTERDICT_CHECK(acknowledge(options.acknowledge, import));
    if (options.report)
        INTERDICT_CHECK(tell_authority(session, acting, import));
    return code;
}

// The list is not taken: the one before it stays, if there is one.
Result<Exit> stay(Session& session, const ImportOptions& options, const Import& import, const Error& why)
{
    const bool kept = import.before.any();
    const ImportResult result{
        .status = kept ? "kept" : "refused", .why = why.message, .orders = {}, .change = {}};
    if (!options.dry_run) {
        INTERDICT_CHECK(keep_quarantine(import));
        INTERDICT_CHECK(note_failure(session, import, result.why));
    }
    session.console.put(show_entries(session, import, result));
    session.console.warn(kept ? fmt::format("feed {}: {}; the list of {} with {} entries stays in force",
                                            import.name, result.why,
                                            format_timestamp(import.before.state->fetched),
                                            import.before.state->entries)
                              : fmt::format("feed {}: {}; nothing was taken", import.name, result.why));
    return kept ? Exit::Degraded : Exit::Error;
}

Result<Exit> rehearse(Session& session, const ImportOptions& options, const Import& import, Prepared prepared)
{
    INTERDICT_TRY(auto office,
                  control::Office::rehearsal(control::State(session.globals.state), options.enforce.guard,
                                             listener_of(session.console)));
    INTERDICT_TRY(auto vetted, vet(office.book(), office.guard(), std::move(prepared)));
    const ImportResult result{
        .status = "dry run", .why = {}, .orders = std::move(vetted.orders), .change = {}};
    Json json = show_entries(session, import, result);
    json["held"] = daemon::held_json(vetted.held);
    show_held(session.console, vetted.held);
    session.console.say("{}", sentence_of(import, result));
    session.console.put(json);
    return Exit::Ok;
}

Result<Exit> run(Session& session, const ImportOptions& options)
{
    INTERDICT_TRY(Import import, prepare_import(session, options));
    if (const auto read = read_lists(session, options.files, import); !read) {
        import.lists.clear();
        return stay(session, options, import, read.error());
    }
    const feed::Summary before{.entries = import.before.state ? import.before.state->entries : 0,
                               .timestamp = import.before.timestamp()};
    if (const auto accepted = feed::accept(import.policy, before, import.summary()); !accepted)
        return stay(session, options, import, accepted.error());
    auto prepared = orders_of(import);
    if (!prepared)
        return stay(session, options, import, prepared.error());
    return options.dry_run ? rehearse(session, options, import, *std::move(prepared))
                           : hand_over(session, options, import, *std::move(prepared));
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
        .value("--map", options->map, "COLUMNS",
               "csv: name=, address=, expires=, ticket= with a number or heading")
        .value("--delimiter", options->delimiter, "C [,]", "csv: between columns; tab for a tabulator")
        .flag("--header", options->header, "csv: the first line is headings")
        .value("--origin", options->origin, "NAME", "rpz: the zone's name, if the file does not say it")
        .value("--match", options->match, "exact|subtree",
               "of names; default: the template's, else the format's")
        .choice("--url-policy", options->url_policy, {"reject", "host", "ignore"},
                "what to do with a URL with a path")
        .flag("--wildcards", options->wildcards, "take *.name for the name and all below it")
        .flag("--unknown-endings", options->unknown_endings, "take names under no known top-level domain")
        .value("--min-entries", options->min_entries, "N [1]", "fewer are not taken")
        .value("--max-drop-percent", options->max_drop_percent, "P [30]",
               "a list that shrinks by more is not taken")
        .value("--max-age", options->max_age, "DURATION", "a list made longer ago is not taken, e.g. P7D")
        .value("--acknowledge", options->acknowledge, "FILE",
               "writes the answer to the authority, once taken")
        .value("--config", options->config, "FILE", "piracyshield: fetch by this configuration")
        .flag("--report", options->report, "piracyshield: tell what is proven, and what is held")
        .flag("--dry-run", options->dry_run, "read and judge, change nothing");
    add_options(command, options->act);
    add_options(command, options->enforce);
}

} // namespace interdict::cli
