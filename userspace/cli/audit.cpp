// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/json.h"
#include "book/book.h"
#include "cli/commands.h"
#include "evidence/audit.h"
#include "order/problem.h"

namespace interdict::cli {

namespace {

using evidence::Deposit;

Result<book::Book> open_book(const Session& session)
{
    return book::Book::open(session.globals.state / "book.db", book::Access::Read);
}

struct ShowOptions {
    std::string order;
    std::string since;
};

void say_entry(Console& console, const book::JournalEntry& entry, const Json& record)
{
    const std::string reason = text_of(record, "reason");
    console.say("{:>6}  {}  {}  {}  {}{}{}", entry.sequence, text_of(record, "time"),
                console.paint(Tone::Strong, text_of(record, "step")),
                order::printable(text_of(record, "subject"), 200),
                console.paint(Tone::Faint, "by " + order::printable(text_of(record, "actor"), 200)),
                reason.empty() ? "" : ": ", order::printable(reason, 400));
}

Result<Exit> show(Session& session, const ShowOptions& options)
{
    std::int64_t since = 0;
    if (!options.since.empty()) {
        INTERDICT_TRY(since, parse_timestamp(options.since));
    }
    INTERDICT_TRY(const auto book, open_book(session));
    Json lines = Json::array();
    const auto take = [&](const book::JournalEntry& entry) -> Result<void> {
        Json record = Json::parse(entry.record, nullptr, false);
        if (!record.is_object())
            record = Json::object();
        if (since != 0 && parse_timestamp(text_of(record, "time")).value_or(0) < since)
            return {};
        say_entry(session.console, entry, record);
        if (session.console.json()) {
            record["hash"] = entry.hash;
            lines.push_back(std::move(record));
        }
        return {};
    };
    if (options.order.empty()) {
        INTERDICT_CHECK(book.journal().each(1, take));
    } else {
        INTERDICT_TRY(const auto history, book.journal().history(options.order));
        if (history.empty())
            return fail("the journal has no line about \"{}\"; see: interdict order list",
                        order::printable(options.order));
        for (const auto& entry : history)
            INTERDICT_CHECK(take(entry));
    }
    session.console.put({{"lines", std::move(lines)}});
    return Exit::Ok;
}

struct VerifyOptions {
    std::string file;
    std::string head;
};

Exit tell(Session& session, const book::Verified& verified, bool deposited, bool file)
{
    auto& console = session.console;
    Json json = {{"ok", !verified.fault},
                 {"lines", verified.lines},
                 {"hash", verified.hash},
                 {"head", verified.head},
                 {"deposit", deposited}};
    if (verified.fault) {
        json["fault"] = {{"kind", to_string(verified.fault->kind)},
                         {"sequence", verified.fault->sequence},
                         {"what", verified.fault->what}};
        console.say("{}: {}", console.paint(Tone::Bad, to_string(verified.fault->kind)),
                    verified.fault->what);
    } else {
        console.say("{}: {}, the last hash is {}", console.paint(Tone::Good, "whole"),
                    counted(static_cast<std::uint64_t>(verified.lines), "line"), verified.hash);
        if (!verified.head && !file)
            console.warn("journal.head is not there: lines cut off at the end would not be seen");
        if (!deposited)
            console.say(
                "whoever can write the file could have made it all anew; compare with a head that was "
                "deposited elsewhere: --head NUMBER:HASH");
    }
    console.put(json);
    return verified.fault ? Exit::Error : Exit::Ok;
}

Result<Exit> verify(Session& session, const VerifyOptions& options)
{
    std::optional<Deposit> deposit;
    if (!options.head.empty()) {
        INTERDICT_TRY(deposit, evidence::parse_deposit(options.head));
    }
    Progress bar("verified", 0);
    const auto progress = [&](std::int64_t lines) { bar.at(static_cast<std::uint64_t>(lines)); };
    if (!options.file.empty()) {
        INTERDICT_TRY(const auto verified, evidence::verify_file(options.file, deposit, progress));
        return tell(session, verified, deposit.has_value(), true);
    }
    INTERDICT_TRY(const auto book, open_book(session));
    INTERDICT_TRY(const auto verified, evidence::verify_journal(book.journal(), deposit, progress));
    return tell(session, verified, deposit.has_value(), false);
}

Result<Exit> head(Session& session)
{
    INTERDICT_TRY(const auto book, open_book(session));
    INTERDICT_TRY(const auto deposit, evidence::head_of(book.journal()));
    session.console.say("{}", evidence::to_string(deposit));
    session.console.put({{"sequence", deposit.sequence}, {"hash", deposit.hash}});
    return Exit::Ok;
}

Result<Exit> export_file(Session& session, const std::string& file)
{
    INTERDICT_TRY(const auto book, open_book(session));
    INTERDICT_TRY(const auto last, book.journal().last());
    Progress bar("exported", static_cast<std::uint64_t>(last));
    INTERDICT_CHECK(evidence::replace_file(file, [&](evidence::Output& out) {
        return evidence::write_audit(book.journal(), out,
                                     [&](std::int64_t lines) { bar.at(static_cast<std::uint64_t>(lines)); });
    }));
    // What is on disk now, not what was meant to be.
    INTERDICT_TRY(const auto verified, evidence::verify_file(file, std::nullopt));
    session.console.say("{}: {}, the last hash is {}", file,
                        counted(static_cast<std::uint64_t>(verified.lines), "line"), verified.hash);
    if (verified.fault)
        session.console.warn(fmt::format("the journal is not whole: {}", verified.fault->what));
    session.console.put(
        {{"file", file}, {"lines", verified.lines}, {"hash", verified.hash}, {"whole", !verified.fault}});
    return verified.fault ? Exit::Error : Exit::Ok;
}

} // namespace

void add_audit(CommandLine& line)
{
    line.group("audit", "the journal of every step, and whether it is whole");
    const auto shown = std::make_shared<ShowOptions>();
    line.add("audit show", "the journal's lines, oldest first",
             "Who took which step about which order, when and why.",
             "interdict audit show\n"
             "interdict audit show --order it-milano-2022-dns\n"
             "interdict audit show --since 2026-01-01T00:00:00Z --json | jq '.lines[].step'",
             [shown](Session& session) { return show(session, *shown); })
        .value("--order", shown->order, "ID", "only lines about this order")
        .value("--since", shown->since, "TIME", "only lines from that time on");

    const auto verified = std::make_shared<VerifyOptions>();
    line.add("audit verify", "find any altered, removed, re-ordered or cut-off line",
             "Of the book, or of a file that `interdict audit export` wrote, which needs nothing else. Names "
             "the\n"
             "first line that is wrong and what is wrong with it; exit code 1. A chain of hashes does not "
             "show that\n"
             "all of it was made anew: deposit `interdict audit head` elsewhere, and give it back with "
             "--head.",
             "interdict audit verify\n"
             "interdict audit verify audit.jsonl\n"
             "interdict audit verify --head 42:$(cut -d: -f2 deposited)",
             [verified](Session& session) { return verify(session, *verified); })
        .value("--head", verified->head, "NUMBER:HASH", "this line must be there with this hash")
        .value("FILE", verified->file, "", "an exported journal; default: the book's");

    line.add("audit head", "number and hash of the last line, to be deposited elsewhere", "",
             "interdict audit head\n"
             "interdict audit head | mail -s 'interdict head' notary@example.org",
             [](Session& session) { return head(session); });

    const auto file = std::make_shared<std::string>();
    line.add("audit export", "the whole journal as a file that can be verified alone",
             "JSON lines, each with the text that was hashed.",
             "interdict audit export audit.jsonl\n"
             "interdict audit verify audit.jsonl",
             [file](Session& session) { return export_file(session, *file); })
        .argument("FILE", *file, "where to; replaced in one step");
}

} // namespace interdict::cli
