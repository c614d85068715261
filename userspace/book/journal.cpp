// SPDX-License-Identifier: Apache-2.0
#include "book/journal.h"

#include "base/clock.h"
#include "book/change.h"
#include "book/store.h"

namespace interdict::book {

namespace {

JournalEntry entry_of(const Statement& row)
{
    return {.sequence = row.integer(0), .record = std::string(row.text(1)), .hash = std::string(row.text(2))};
}

JournalFault fault(JournalFault::Kind kind, std::int64_t sequence, std::string what)
{
    return {.kind = kind, .sequence = sequence, .what = std::move(what)};
}

std::string member(const Json& record, const char* key)
{
    const auto found = record.find(key);
    return found != record.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// What is wrong with one line; row: sequence, record, hash, time, actor, step, subject.
std::optional<JournalFault> fault_of(const Statement& row, std::int64_t expected, std::string_view previous)
{
    using Kind = JournalFault::Kind;
    const std::int64_t sequence = row.integer(0);
    if (sequence != expected)
        return fault(Kind::Removed, expected,
                     sequence - expected == 1
                         ? fmt::format("line {} is missing", expected)
                         : fmt::format("lines {} to {} are missing", expected, sequence - 1));
    const Json record = Json::parse(row.text(1), nullptr, false);
    if (!record.is_object() || !record.contains("sequence") || !record["sequence"].is_number_integer())
        return fault(Kind::Altered, sequence, fmt::format("line {} was altered: it is no record", sequence));
    if (const auto own = record["sequence"].get<std::int64_t>(); own != sequence)
        return fault(Kind::Reordered, sequence,
                     fmt::format("line {} holds the record of line {}", sequence, own));
    if (chain(previous, row.text(1)) != row.text(2))
        return fault(Kind::Altered, sequence,
                     fmt::format("line {} was altered: its hash does not follow from its text and line {}",
                                 sequence, sequence - 1));
    const auto differs = [&](const char* key, std::string_view column) {
        return fault(Kind::Altered, sequence,
                     fmt::format("line {} was altered: its column {} says \"{}\", its record \"{}\"",
                                 sequence, key, column, member(record, key)));
    };
    if (const std::string time = format_timestamp(row.integer(3)); member(record, "time") != time)
        return differs("time", time);
    for (int column = 4; const char* key : {"actor", "step", "subject"}) {
        if (member(record, key) != row.text(column))
            return differs(key, row.text(column));
        ++column;
    }
    return std::nullopt;
}

} // namespace

std::string_view to_string(JournalFault::Kind kind)
{
    switch (kind) {
    case JournalFault::Kind::Altered:
        return "altered";
    case JournalFault::Kind::Removed:
        return "removed";
    case JournalFault::Kind::Reordered:
        return "re-ordered";
    case JournalFault::Kind::CutOff:
        return "cut off";
    }
    return "?";
}

Result<void> Journal::each(std::int64_t from,
                           const std::function<Result<void>(const JournalEntry&)>& take) const
{
    return store_.database()
        .use("SELECT sequence, record, hash FROM journal WHERE sequence >= ?1 ORDER BY sequence", from)
        .each([&](const Statement& row) { return take(entry_of(row)); });
}

Result<std::vector<JournalEntry>> Journal::history(std::string_view order) const
{
    std::vector<JournalEntry> lines;
    INTERDICT_CHECK(
        store_.database()
            .use("SELECT sequence, record, hash FROM journal WHERE subject = ?1 ORDER BY sequence", order)
            .each([&](const Statement& row) -> Result<void> {
                lines.push_back(entry_of(row));
                return {};
            }));
    return lines;
}

Result<std::optional<JournalEntry>> Journal::head_beside() const
{
    INTERDICT_TRY(const auto head, store_.head_beside());
    if (!head)
        return std::nullopt;
    return JournalEntry{.sequence = head->sequence, .record = {}, .hash = head->hash};
}

Result<void> Journal::remark(std::string_view step, std::string_view subject, std::string_view detail_json,
                             const Act& act)
{
    Json detail = Json::parse(detail_json.empty() ? "{}" : detail_json, nullptr, false);
    if (detail.is_discarded())
        return fail("the detail of the journal's line \"{}\" is not JSON", step);
    INTERDICT_TRY(Change change, Change::begin(store_, act));
    INTERDICT_CHECK(change.line(step, subject, std::move(detail)));
    return change.commit();
}

Result<std::int64_t> Journal::last() const
{
    INTERDICT_TRY(const Tail tail, store_.tail());
    return tail.sequence;
}

Result<Verified> Journal::verify(const std::function<void(std::int64_t)>& progress) const
{
    // Before the snapshot: a line that is written meanwhile must not look like one that was cut off.
    const auto head = store_.head_beside();
    INTERDICT_TRY(const Snapshot snapshot, Snapshot::begin(store_.database()));
    Verified verified{.hash = std::string(64, '0'), .head = head.has_value() && head->has_value()};
    Statement rows = store_.database().use(
        "SELECT sequence, record, hash, time, actor, step, subject FROM journal ORDER BY sequence");
    for (;;) {
        INTERDICT_TRY(const bool more, rows.step());
        if (!more)
            break;
        verified.fault = fault_of(rows, verified.lines + 1, verified.hash);
        if (verified.fault)
            return verified;
        ++verified.lines;
        verified.hash = rows.text(2);
        // The whole chain may have been made anew after a line was altered.
        if (verified.head && (*head)->sequence == verified.lines && (*head)->hash != verified.hash) {
            verified.fault =
                fault(JournalFault::Kind::Altered, verified.lines,
                      fmt::format("line {} or one before it was altered: journal.head saw another "
                                  "hash of it",
                                  verified.lines));
            return verified;
        }
        if (progress && verified.lines % 1000 == 0)
            progress(verified.lines);
    }
    if (!head)
        verified.fault = fault(JournalFault::Kind::Altered, verified.lines, head.error().message);
    else if (verified.head && (*head)->sequence > verified.lines)
        verified.fault = fault(JournalFault::Kind::CutOff, verified.lines + 1,
                               fmt::format("lines {} to {} were cut off: journal.head saw them",
                                           verified.lines + 1, (*head)->sequence));
    return verified;
}

} // namespace interdict::book
