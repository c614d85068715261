// SPDX-License-Identifier: Apache-2.0
#include "evidence/audit.h"

#include <charconv>
#include <fstream>

#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/json.h"
#include "book/change.h"
#include "order/problem.h"

namespace interdict::evidence {

namespace {

using Json = nlohmann::ordered_json;
using Kind = book::JournalFault::Kind;

const std::string kZeros(64, '0');

book::JournalFault fault(Kind kind, std::int64_t sequence, std::string what)
{
    return {.kind = kind, .sequence = sequence, .what = std::move(what)};
}

book::JournalFault deposit_missing(const Deposit& deposit, std::int64_t lines)
{
    return fault(
        Kind::CutOff, lines + 1,
        fmt::format("line {} was deposited, but the journal ends with line {}", deposit.sequence, lines));
}

book::JournalFault deposit_differs(const Deposit& deposit)
{
    return fault(Kind::Altered, deposit.sequence,
                 fmt::format("line {} or one before it was altered: another hash of it was deposited",
                             deposit.sequence));
}

// Reads one audit file line by line.
class File {
public:
    File(const std::filesystem::path& file, const std::optional<Deposit>& deposit)
        : file_(file), deposit_(deposit)
    {
    }

    Result<book::Verified> verify(const AuditProgress& progress);

private:
    enum class Next { Line, End, Nothing };

    Result<void> head();
    Next next();
    [[nodiscard]] std::optional<book::JournalFault> fault_here();
    [[nodiscard]] std::optional<book::JournalFault> fault_at_end(Next how);
    [[nodiscard]] bool stands_later(std::int64_t sequence);

    const std::filesystem::path& file_;
    const std::optional<Deposit>& deposit_;
    std::ifstream in_;
    Json json_;
    book::Verified verified_{};
};

Result<void> File::head()
{
    in_.open(file_, std::ios::binary);
    if (!in_)
        return fail_errno(errno, "cannot read {}", file_.string());
    std::string line;
    std::getline(in_, line);
    json_ = Json::parse(line, nullptr, false);
    if (!json_.is_object() || integer_of(json_, "interdict_audit") != 1)
        return fail(
            "{}: not an audit file: its first line should say {{\"interdict_audit\":1,...}}; write one with "
            "interdict audit export",
            file_.string());
    return {};
}

File::Next File::next()
{
    std::string line;
    if (!std::getline(in_, line))
        return Next::Nothing;
    json_ = Json::parse(line, nullptr, false);
    return json_.is_object() && json_.contains("lines") ? Next::End : Next::Line;
}

bool File::stands_later(std::int64_t sequence)
{
    for (auto how = next(); how == Next::Line; how = next())
        if (json_.is_object() && integer_of(json_, "sequence") == sequence)
            return true;
    return false;
}

std::optional<book::JournalFault> File::fault_here()
{
    const std::int64_t expected = verified_.lines + 1;
    if (!json_.is_object() || integer_of(json_, "sequence") == 0)
        return fault(Kind::Altered, expected,
                     fmt::format("line {} was altered: it is no line of a journal", expected));
    const auto sequence = integer_of(json_, "sequence");
    if (sequence != expected) {
        if (sequence < expected || stands_later(expected))
            return fault(Kind::Reordered, expected,
                         fmt::format("line {} stands where line {} should", sequence, expected));
        return fault(Kind::Removed, expected,
                     sequence == expected + 1
                         ? fmt::format("line {} is missing", expected)
                         : fmt::format("lines {} to {} are missing", expected, sequence - 1));
    }
    const std::string text = text_of(json_, "record");
    const Json record = Json::parse(text, nullptr, false);
    if (const auto own = record.is_object() ? integer_of(record, "sequence") : 0; own != 0 && own != expected)
        return fault(Kind::Reordered, expected,
                     fmt::format("line {} holds the record of line {}", expected, own));
    const std::string hash = text_of(json_, "hash");
    if (book::chain(verified_.hash, text) != hash)
        return fault(Kind::Altered, expected,
                     fmt::format("line {} was altered: its hash does not follow from its text and line {}",
                                 expected, expected - 1));
    if (deposit_ && deposit_->sequence == expected && deposit_->hash != hash)
        return deposit_differs(*deposit_);
    return std::nullopt;
}

std::optional<book::JournalFault> File::fault_at_end(Next how)
{
    const std::int64_t lines = verified_.lines;
    if (how == Next::Nothing)
        return fault(Kind::CutOff, lines + 1,
                     fmt::format("cut off after line {}: the file's end is missing", lines));
    if (const auto said = integer_of(json_, "lines"); said > lines)
        return fault(Kind::CutOff, lines + 1, fmt::format("lines {} to {} were cut off", lines + 1, said));
    else if (said != lines || text_of(json_, "hash") != verified_.hash)
        return fault(Kind::Altered, lines, "the file's end was altered: it does not fit the lines before it");
    if (next() != Next::Nothing)
        return fault(Kind::Altered, lines, "the file goes on after its end");
    if (deposit_ && deposit_->sequence > lines)
        return deposit_missing(*deposit_, lines);
    return std::nullopt;
}

Result<book::Verified> File::verify(const AuditProgress& progress)
{
    INTERDICT_CHECK(head());
    verified_.hash = kZeros;
    for (;;) {
        const Next how = next();
        if (how != Next::Line) {
            verified_.head = how == Next::End;
            verified_.fault = fault_at_end(how);
            return verified_;
        }
        if (auto found = fault_here()) {
            verified_.fault = std::move(found);
            return verified_;
        }
        ++verified_.lines;
        verified_.hash = text_of(json_, "hash");
        if (progress)
            progress(verified_.lines);
    }
}

} // namespace

Result<Deposit> parse_deposit(std::string_view text)
{
    const auto colon = text.find(':');
    Deposit deposit;
    const auto number = text.substr(0, colon);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), deposit.sequence);
    if (colon != text.npos)
        deposit.hash = text.substr(colon + 1);
    if (error != std::errc{} || end != number.data() + number.size() || deposit.sequence < 1 ||
        !is_hex_256(deposit.hash))
        return fail(
            "\"{}\" is not the head of a journal; write NUMBER:HASH as interdict audit head prints it",
            order::printable(text));
    return deposit;
}

std::string to_string(const Deposit& deposit) { return fmt::format("{}:{}", deposit.sequence, deposit.hash); }

Result<Deposit> head_of(const book::Journal& journal)
{
    Deposit head{.sequence = 0, .hash = kZeros};
    INTERDICT_TRY(const auto last, journal.last());
    INTERDICT_CHECK(journal.each(last, [&](const book::JournalEntry& entry) -> Result<void> {
        head = {.sequence = entry.sequence, .hash = entry.hash};
        return {};
    }));
    return head;
}

Result<void> write_audit(const book::Journal& journal, Output& out, const AuditProgress& progress)
{
    out.line("{}", Json{{"interdict_audit", 1}, {"from", 1}, {"previous", kZeros}}.dump());
    std::int64_t lines = 0;
    std::string hash = kZeros;
    INTERDICT_CHECK(journal.each(1, [&](const book::JournalEntry& entry) -> Result<void> {
        out.line("{}",
                 Json{{"sequence", entry.sequence}, {"record", entry.record}, {"hash", entry.hash}}.dump(
                     -1, ' ', false, Json::error_handler_t::replace));
        ++lines;
        hash = entry.hash;
        if (progress)
            progress(lines);
        return {};
    }));
    out.line("{}", Json{{"lines", lines}, {"hash", hash}}.dump());
    return {};
}

Result<book::Verified> verify_journal(const book::Journal& journal, const std::optional<Deposit>& deposit,
                                      const AuditProgress& progress)
{
    INTERDICT_TRY(auto verified, journal.verify(progress));
    if (!deposit || verified.fault)
        return verified;
    if (deposit->sequence > verified.lines) {
        verified.fault = deposit_missing(*deposit, verified.lines);
        return verified;
    }
    bool seen = false;
    INTERDICT_CHECK(journal.each(deposit->sequence, [&](const book::JournalEntry& entry) -> Result<void> {
        if (!seen && entry.hash != deposit->hash)
            verified.fault = deposit_differs(*deposit);
        seen = true;
        return {};
    }));
    return verified;
}

Result<book::Verified> verify_file(const std::filesystem::path& file, const std::optional<Deposit>& deposit,
                                   const AuditProgress& progress)
{
    return File(file, deposit).verify(progress);
}

} // namespace interdict::evidence
