// SPDX-License-Identifier: Apache-2.0
#include "evidence/audit.h"

#include <functional>

#include <catch2/catch_test_macros.hpp>
#include <sqlite3.h>

#include "base/file.h"
#include "unit/evidence/exporting.h"
#include "unit/evidence/journalled.h"

using namespace interdict;
using namespace interdict::evidence;
using namespace interdict::evidence::test;
using Kind = book::JournalFault::Kind;

namespace {

std::string exported(const Journalled& made)
{
    const auto book = made.open(book::Access::Read);
    return to_text([&](Output& out) { return write_audit(book.journal(), out); }).value();
}

struct Seen {
    bool whole = false;
    Kind kind{};
    std::int64_t sequence = 0;

    friend bool operator==(const Seen&, const Seen&) = default;
};

Seen seen(const book::Verified& verified)
{
    return verified.fault ? Seen{false, verified.fault->kind, verified.fault->sequence} : Seen{.whole = true};
}

Seen check_file(const Journalled& made, const std::string& text, const std::optional<Deposit>& deposit = {})
{
    const auto file = made.folder() / "audit.jsonl";
    REQUIRE(write_file(file, text));
    return seen(verify_file(file, deposit).value());
}

// The file with its lines changed; lines[n] is the journal's line n.
std::string changed(const std::string& text, const std::function<void(Lines&)>& change)
{
    Lines lines = lines_of(text);
    change(lines);
    std::string out;
    for (const auto& line : lines)
        out += line + "\n";
    return out;
}

void replace(std::string& text, std::string_view from, std::string_view to)
{
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
}

// The journal of a copy of the book after these statements.
Seen check_book(const char* statements)
{
    const Journalled made;
    made.fill();
    sqlite3* handle = nullptr;
    REQUIRE(sqlite3_open(made.file().c_str(), &handle) == SQLITE_OK);
    char* trouble = nullptr;
    const int done = sqlite3_exec(handle, statements, nullptr, nullptr, &trouble);
    INFO((trouble ? trouble : ""));
    REQUIRE(done == SQLITE_OK);
    sqlite3_close(handle);
    const auto book = made.open(book::Access::Read);
    return seen(verify_journal(book.journal(), std::nullopt).value());
}

} // namespace

TEST_CASE("audit file: untouched, it is whole and ends with the book's hash")
{
    const Journalled made;
    made.fill();
    const auto text = exported(made);
    CHECK(check_file(made, text) == Seen{.whole = true});
    const auto head = head_of(made.open(book::Access::Read).journal()).value();
    CHECK(head.sequence == static_cast<std::int64_t>(lines_of(text).size()) - 2);
    CHECK(check_file(made, text, head) == Seen{.whole = true});
}

TEST_CASE("audit file: an altered, removed, swapped, doubled and cut-off line is named")
{
    const Journalled made;
    made.fill();
    const auto text = exported(made);
    const auto last = static_cast<std::int64_t>(lines_of(text).size()) - 2;
    REQUIRE(last >= 6);
    const auto with = [&](const std::function<void(Lines&)>& change) {
        return check_file(made, changed(text, change));
    };
    CHECK(with([](Lines& lines) { replace(lines[1], "maria", "mario"); }) == Seen{false, Kind::Altered, 1});
    CHECK(with([](Lines& lines) { replace(lines[3], "\"hash\":\"", "\"hash\":\"0"); }) ==
          Seen{false, Kind::Altered, 3});
    CHECK(with([](Lines& lines) { lines[4] = "{}"; }) == Seen{false, Kind::Altered, 4});
    CHECK(with([](Lines& lines) { lines.erase(lines.begin() + 3); }) == Seen{false, Kind::Removed, 3});
    CHECK(with([](Lines& lines) { lines.erase(lines.begin() + 1); }) == Seen{false, Kind::Removed, 1});
    CHECK(with([](Lines& lines) { std::swap(lines[2], lines[4]); }) == Seen{false, Kind::Reordered, 2});
    CHECK(with([](Lines& lines) { lines.insert(lines.begin() + 3, lines[2]); }) ==
          Seen{false, Kind::Reordered, 3});
    CHECK(with([](Lines& lines) { lines.pop_back(); }) == Seen{false, Kind::CutOff, last + 1});
    CHECK(with([](Lines& lines) { lines.erase(lines.end() - 2); }) == Seen{false, Kind::CutOff, last});
    CHECK(with([](Lines& lines) { lines.erase(lines.end() - 2, lines.end()); }) ==
          Seen{false, Kind::CutOff, last});
    CHECK(with([](Lines& lines) { lines.push_back(lines[1]); }) == Seen{false, Kind::Altered, last});
}

TEST_CASE("audit file: a record moved under another number is found")
{
    const Journalled made;
    made.fill();
    const auto text = changed(exported(made), [](Lines& lines) {
        std::swap(lines[2], lines[3]);
        replace(lines[2], "{\"sequence\":3", "{\"sequence\":2");
        replace(lines[3], "{\"sequence\":2", "{\"sequence\":3");
    });
    CHECK(check_file(made, text) == Seen{false, Kind::Reordered, 2});
}

TEST_CASE("audit file: a deposited head finds a chain that was made anew, and one that is shorter")
{
    const Journalled made;
    made.fill();
    const auto text = exported(made);
    const auto head = head_of(made.open(book::Access::Read).journal()).value();
    CHECK(check_file(made, text, Deposit{2, std::string(64, '0')}) == Seen{false, Kind::Altered, 2});
    CHECK(check_file(made, text, Deposit{head.sequence + 1, head.hash}) ==
          Seen{false, Kind::CutOff, head.sequence + 1});
}

TEST_CASE("audit file: something else is an error, not a fault")
{
    const Journalled made;
    CHECK_FALSE(verify_file(made.folder() / "nowhere", std::nullopt).has_value());
    REQUIRE(write_file(made.folder() / "other", "{\"orders\": []}\n"));
    const auto other = verify_file(made.folder() / "other", std::nullopt);
    REQUIRE_FALSE(other.has_value());
    CHECK(other.error().message.find("not an audit file") != std::string::npos);
}

TEST_CASE("audit file: an empty journal is whole")
{
    const Journalled made;
    (void)made.open(book::Access::Write);
    CHECK(check_file(made, exported(made)) == Seen{.whole = true});
}

TEST_CASE("audit: the book's own journal, altered, removed, swapped and cut off with sqlite3")
{
    CHECK(check_book("SELECT 1") == Seen{.whole = true});
    CHECK(check_book("UPDATE journal SET record = replace(record, 'maria', 'mario') WHERE sequence = 1") ==
          Seen{false, Kind::Altered, 1});
    CHECK(check_book("DELETE FROM journal WHERE sequence = 3") == Seen{false, Kind::Removed, 3});
    CHECK(check_book(
              "UPDATE journal SET sequence = 1000 WHERE sequence = 2; UPDATE journal SET sequence = 2 WHERE "
              "sequence = 3; UPDATE journal SET sequence = 3 WHERE sequence = 1000") ==
          Seen{false, Kind::Reordered, 2});
    CHECK(check_book("DELETE FROM journal WHERE sequence >= 5") == Seen{false, Kind::CutOff, 5});
}

TEST_CASE("audit: a head is read as it is printed, and nothing else is")
{
    const Deposit deposit{42, std::string(64, 'a')};
    CHECK(to_string(parse_deposit(to_string(deposit)).value()) == to_string(deposit));
    for (const char* text : {"", ":", "42", "42:", "42:abc", "x:", "-1:0"})
        CHECK_FALSE(parse_deposit(text).has_value());
    CHECK_FALSE(parse_deposit("0:" + std::string(64, 'a')).has_value());
    CHECK_FALSE(parse_deposit("42:" + std::string(64, 'A')).has_value());
}
