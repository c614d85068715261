// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "book/book.h"
#include "cli/commands.h"
#include "control/state.h"
#include "evidence/measured.h"
#include "evidence/report.h"
#include "plane/live.h"
#include "plane/plane.h"

namespace interdict::cli {

namespace {

struct Options {
    std::string order;
    std::string format = "markdown";
    std::string out;
    std::string time;
    unsigned rows = 1000;
};

// What the kernel has counted for the order's rules. Nothing is live, or not this order: nothing.
Result<void> add_live(const Session& session, evidence::Report& report)
{
    const auto plane = plane::Plane::adopt(session.globals.pins, plane::Access::Read);
    if (!plane)
        return {}; // a report of what was must not need a plane
    const auto generation = plane->generation();
    if (!generation)
        return {};
    INTERDICT_TRY(const auto rules, control::State(session.globals.state).rules(*generation));
    if (!rules)
        return {};
    evidence::add_measured(report, plane->maps(), *rules);
    return {};
}

Result<void> write(const Options& options, const evidence::Report& report, evidence::Output& out)
{
    if (options.format == "json")
        evidence::write_json(report, out);
    else if (options.format == "html")
        evidence::write_html(report, options.rows, out);
    else
        evidence::write_markdown(report, options.rows, out);
    return {};
}

Result<Exit> make_report(Session& session, Options options)
{
    if (session.console.json() && options.out.empty())
        options.format = "json";
    std::int64_t time = now();
    if (!options.time.empty()) {
        INTERDICT_TRY(time, parse_timestamp(options.time));
    }
    INTERDICT_TRY(const auto book, book::Book::open(session.globals.state / "book.db", book::Access::Read));
    INTERDICT_TRY(auto report, evidence::gather(book, options.order, time));
    INTERDICT_CHECK(evidence::add_quarantined(report, session.globals.state / "feeds"));
    INTERDICT_CHECK(add_live(session, report));
    const auto writer = [&](evidence::Output& out) { return write(options, report, out); };
    if (options.out.empty()) {
        INTERDICT_TRY(const auto text, evidence::to_text(writer));
        if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size())
            return fail_errno(errno, "cannot write to standard output");
        return Exit::Ok;
    }
    INTERDICT_CHECK(evidence::replace_file(options.out, writer));
    session.console.say("{}: {} of order {}, tied to journal line {}", options.out, options.format,
                        options.order, report.head_sequence);
    session.console.put({{"file", options.out},
                         {"format", options.format},
                         {"order", options.order},
                         {"journal", {{"sequence", report.head_sequence}, {"hash", report.head_hash}}}});
    return Exit::Ok;
}

} // namespace

void add_report(CommandLine& line)
{
    const auto options = std::make_shared<Options>();
    line.add("report", "what was done under one order, for a court",
             "Legal basis, each change from its receipt to its proof against the deadline, targets with "
             "their state "
             "and\n"
             "why one is held, counters by channel and day, measured collateral, every step and who took it, "
             "and "
             "the\n"
             "journal's last hash, which ties the report to the journal. No subscriber stands in it.",
             "interdict report it-milano-2022-dns\n"
             "interdict report it-milano-2022-dns --format html --out report.html\n"
             "interdict report it-milano-2022-dns --json | jq '.deliveries[].deadline'",
             [options](Session& session) { return make_report(session, *options); })
        .choice("--format", options->format, {"markdown", "html", "json"}, "how it is written")
        .value("--out", options->out, "FILE", "where to; default: standard output")
        .value("--at", options->time, "TIME", "as of that time; default: now")
        .number("--rows", options->rows, 1, 1'000'000, "targets listed in markdown and html; json has all")
        .argument("ORDER", options->order, "the order's id");
}

} // namespace interdict::cli
