// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "daemon/report.h"

namespace interdict::cli {

namespace {

struct Options {
    std::string order;
    std::string format = "markdown";
    std::string out;
    std::string time;
    unsigned rows = 1000;
};

using Writer = std::function<Result<void>(evidence::Output&)>;

// sequence, hash: of the journal's last line.
Result<Exit> put(Session& session, const Options& options, const Writer& writer, std::int64_t sequence,
                 const std::string& hash)
{
    if (options.out.empty()) {
        INTERDICT_TRY(const auto text, evidence::to_text(writer));
        if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size())
            return fail_errno(errno, "cannot write to standard output");
        return Exit::Ok;
    }
    INTERDICT_CHECK(evidence::replace_file(options.out, writer));
    session.console.say("{}: {} of order {}, tied to journal line {}", options.out, options.format,
                        options.order, sequence);
    session.console.put({{"file", options.out},
                         {"format", options.format},
                         {"order", options.order},
                         {"journal", {{"sequence", sequence}, {"hash", hash}}}});
    return Exit::Ok;
}

Result<Exit> make_report(Session& session, Options options)
{
    if (session.console.json() && options.out.empty())
        options.format = "json";
    std::int64_t time = now();
    if (!options.time.empty()) {
        INTERDICT_TRY(time, parse_timestamp(options.time));
    }
    if (const auto daemon = Client::of(session, options.out.empty() ? Client::Tell::No : Client::Tell::Yes)) {
        INTERDICT_TRY(const auto document,
                      daemon->document(fmt::format("/v1/orders/{}/report?format={}&at={}&rows={}",
                                                   url_part(options.order), options.format,
                                                   url_part(format_timestamp(time)), options.rows)));
        const auto writer = [&](evidence::Output& out) -> Result<void> {
            out.text(document.text);
            return {};
        };
        return put(session, options, writer, document.sequence, document.hash);
    }
    INTERDICT_TRY(const auto report, daemon::gather_report(control::State(session.globals.state),
                                                           session.globals.pins, options.order, time));
    const auto writer = [&](evidence::Output& out) -> Result<void> {
        daemon::write_report(report, options.format, options.rows, out);
        return {};
    };
    return put(session, options, writer, report.head_sequence, report.head_hash);
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
