// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"
#include "sql.h"

#include <fstream>

#include <catch2/matchers/catch_matchers_string.hpp>
#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/file.h"

using namespace interdict;
using namespace interdict::book;
using namespace interdict::testing;
using Catch::Matchers::ContainsSubstring;
using Kind = JournalFault::Kind;

namespace {

// Six lines.
void fill(const BookDirectory& directory)
{
    Book book = directory.open();
    must(book.orders().add(incoming("a", {name("a.example")}), "cli", act()));
    must(book.orders().add(incoming("b", {name("b.example")}), "cli", act()));
    must(
        book.orders().add_item("a", name("a2.example"), "", "T1", act(kNoon + 1, "bert", "letter of 3 May")));
    must(book.orders().step("a", order::Status::Stayed, act(kNoon + 2)));
    must(book.journal().remark("export", "rpz", R"({"entries":2})", act(kNoon + 3)));
    must(book.orders().step("a", order::Status::Active, act(kNoon + 4)));
}

Verified verify(const BookDirectory& directory)
{
    return must(directory.open(Access::Read).journal().verify());
}

JournalFault fault_after(const std::string& statements)
{
    const BookDirectory directory;
    fill(directory);
    sql(directory.file(), statements);
    const Verified verified = verify(directory);
    REQUIRE(verified.fault);
    return *verified.fault;
}

std::string head(const BookDirectory& directory)
{
    return must(read_file(directory.path() / "journal.head"));
}

std::vector<JournalEntry> lines(const Book& book)
{
    std::vector<JournalEntry> out;
    must(book.journal().each(1, [&](const JournalEntry& entry) -> Result<void> {
        out.push_back(entry);
        return {};
    }));
    return out;
}

} // namespace

TEST_CASE(
    "a line says who did what to what, when, why and on which document; its hash follows from the one before")
{
    const BookDirectory directory;
    fill(directory);
    const Book book = directory.open(Access::Read);
    const auto all = lines(book);
    REQUIRE(all.size() == 6);
    const auto third = nlohmann::json::parse(all[2].record);
    CHECK(third["sequence"] == 3);
    CHECK(third["time"] == "2030-03-17T17:46:41Z");
    CHECK(third["actor"] == "bert");
    CHECK(third["step"] == "target-add");
    CHECK(third["subject"] == "a");
    CHECK(third["reason"] == "letter of 3 May");
    CHECK(third["document"] == "");
    CHECK(third["detail"]["target"] == "a2.example and below");
    CHECK(third["detail"]["ticket"] == "T1");
    const auto first = nlohmann::json::parse(all[0].record);
    CHECK(first["detail"]["origin"] == "cli");
    CHECK(first["detail"]["order"]["authority"] == "Tribunale di Milano");
    CHECK(first["detail"]["targets_added"][0] == "a.example and below");

    CHECK(all[0].hash == blake2b_256(std::string(32, '\0') + all[0].record));
    std::string previous;
    for (std::size_t i = 0; i < 64; i += 2)
        previous += static_cast<char>(std::stoi(all[0].hash.substr(i, 2), nullptr, 16));
    CHECK(all[1].hash == blake2b_256(previous + all[1].record));

    CHECK(must(book.journal().history("a")).size() == 4);
    CHECK(must(book.journal().history("b")).size() == 1);
    CHECK(must(book.journal().history("rpz")).size() == 1);
    const Verified verified = verify(directory);
    CHECK_FALSE(verified.fault);
    CHECK(verified.lines == 6);
    CHECK(verified.head);
    CHECK(verified.hash == all[5].hash);
    CHECK(must(book.journal().head_beside())->sequence == 6);
    CHECK(must(book.journal().head_beside())->hash == all[5].hash);
}

TEST_CASE("each begins where it is told and stops at the first error of its taker")
{
    const BookDirectory directory;
    fill(directory);
    std::vector<std::int64_t> seen;
    const auto done =
        directory.open(Access::Read).journal().each(3, [&](const JournalEntry& entry) -> Result<void> {
            seen.push_back(entry.sequence);
            if (entry.sequence == 4)
                return fail("enough");
            return {};
        });
    CHECK(error_of(done) == "enough");
    CHECK(seen == std::vector<std::int64_t>{3, 4});
}

TEST_CASE("an empty book verifies, an actor and a reason that are not UTF-8 do, too")
{
    const BookDirectory directory;
    must(directory.open().journal().verify());
    CHECK_FALSE(verify(directory).head);
    {
        Book book = directory.open();
        must(book.orders().add(incoming("a", {name("a.example")}), "cli", act(kNoon, "an\xffna", "\x80")));
        must(book.journal().remark("report", "\xc3", "", act()));
        CHECK_THAT(error_of(book.journal().remark("report", "a", "{", act())),
                   ContainsSubstring("is not JSON"));
    }
    const Verified verified = verify(directory);
    CHECK_FALSE(verified.fault);
    CHECK(verified.lines == 2);
}

TEST_CASE("altered: the text, the hash, a column, the text and its hash, everything from there on")
{
    JournalFault fault =
        fault_after("UPDATE journal SET record = replace(record, 'bert', 'anna') WHERE sequence = 3");
    CHECK(fault.kind == Kind::Altered);
    CHECK(fault.sequence == 3);
    CHECK_THAT(fault.what, ContainsSubstring("line 3 was altered"));

    fault = fault_after("UPDATE journal SET hash = '" + std::string(64, 'a') + "' WHERE sequence = 1");
    CHECK(fault.sequence == 1);
    fault = fault_after("UPDATE journal SET hash = '" + std::string(64, 'a') + "' WHERE sequence = 6");
    CHECK(fault.sequence == 6);

    for (const char* column : {"actor = 'x'", "step = 'x'", "subject = 'x'", "time = time + 1"}) {
        fault = fault_after(std::string("UPDATE journal SET ") + column + " WHERE sequence = 4");
        CHECK(fault.kind == Kind::Altered);
        CHECK(fault.sequence == 4);
        CHECK_THAT(fault.what, ContainsSubstring("its column"));
    }
    fault = fault_after("UPDATE journal SET record = 'nothing' WHERE sequence = 2");
    CHECK(fault.kind == Kind::Altered);
    CHECK(fault.sequence == 2);
}

TEST_CASE("altered and the whole chain made anew: journal.head saw another hash")
{
    const BookDirectory directory;
    fill(directory);
    std::string previous(32, '\0');
    for (JournalEntry& entry : lines(directory.open(Access::Read))) {
        if (entry.sequence == 5)
            entry.record.replace(entry.record.find("rpz"), 3, "xyz");
        const std::string hash = blake2b_256(previous + entry.record);
        previous.clear();
        for (std::size_t i = 0; i < 64; i += 2)
            previous += static_cast<char>(std::stoi(hash.substr(i, 2), nullptr, 16));
        sql(directory.file(), "UPDATE journal SET record = '" + entry.record + "', hash = '" + hash +
                                  "', subject = replace(subject, 'rpz', 'xyz') WHERE sequence = " +
                                  std::to_string(entry.sequence));
    }
    const Verified verified = verify(directory);
    REQUIRE(verified.fault);
    CHECK(verified.fault->kind == Kind::Altered);
    CHECK(verified.fault->sequence == 6);
    CHECK_THAT(verified.fault->what, ContainsSubstring("journal.head saw another"));
}

TEST_CASE("removed: a line, several, the first; re-ordered: two lines; cut off: the last, all")
{
    const std::string off = "PRAGMA foreign_keys = OFF; ";
    JournalFault fault = fault_after(off + "DELETE FROM journal WHERE sequence = 3");
    CHECK(fault.kind == Kind::Removed);
    CHECK(fault.sequence == 3);
    CHECK(fault.what == "line 3 is missing");
    fault = fault_after(off + "DELETE FROM journal WHERE sequence IN (2, 3)");
    CHECK(fault.what == "lines 2 to 3 are missing");
    fault = fault_after(off + "DELETE FROM journal WHERE sequence = 1");
    CHECK(fault.kind == Kind::Removed);
    CHECK(fault.sequence == 1);

    fault = fault_after(
        off + "UPDATE journal SET sequence = 99 WHERE sequence = 2; UPDATE journal SET sequence = 2 "
              "WHERE sequence = 3; UPDATE journal SET sequence = 3 WHERE sequence = 99");
    CHECK(fault.kind == Kind::Reordered);
    CHECK(fault.sequence == 2);
    CHECK(fault.what == "line 2 holds the record of line 3");
    // Removed, and the rest moved up.
    fault = fault_after(off +
                        "DELETE FROM journal WHERE sequence = 3; UPDATE journal SET sequence = sequence - 1 "
                        "WHERE sequence > 3");
    CHECK(fault.kind == Kind::Reordered);
    CHECK(fault.sequence == 3);

    fault = fault_after(off + "DELETE FROM journal WHERE sequence = 6");
    CHECK(fault.kind == Kind::CutOff);
    CHECK(fault.sequence == 6);
    fault = fault_after(off + "DELETE FROM journal");
    CHECK(fault.kind == Kind::CutOff);
    CHECK(fault.sequence == 1);
    CHECK(fault.what == "lines 1 to 6 were cut off: journal.head saw them");
}

TEST_CASE("journal.head: lags behind after a crash and is brought up to date; stays as evidence after a cut")
{
    const BookDirectory directory;
    fill(directory);
    const std::string last = head(directory);
    const auto all = lines(directory.open(Access::Read));
    must(write_file(directory.path() / "journal.head", fmt::format("{:019} {}\n", 4, all[3].hash)));
    CHECK_FALSE(verify(directory).fault);
    (void)directory.open();
    CHECK(head(directory) == last);
    must(write_file(directory.path() / "journal.head", ""));
    CHECK_FALSE(verify(directory).head);
    (void)directory.open();
    CHECK(head(directory) == last);

    sql(directory.file(), "PRAGMA foreign_keys = OFF; DELETE FROM journal WHERE sequence = 6");
    must(directory.open().orders().step("b", order::Status::Stayed, act()));
    CHECK(head(directory) == last);
    const Verified verified = verify(directory);
    REQUIRE(verified.fault);
    CHECK(verified.fault->kind == Kind::Removed); // the number is not used again
    CHECK(verified.fault->sequence == 6);
}

TEST_CASE("journal.head that something else wrote is told and kept; without it the chain itself is checked")
{
    const BookDirectory directory;
    fill(directory);
    must(write_file(directory.path() / "journal.head", "rubbish\n"));
    Verified verified = verify(directory);
    REQUIRE(verified.fault);
    CHECK_THAT(verified.fault->what, ContainsSubstring("is not a sequence number and a hash"));
    CHECK_FALSE(directory.open(Access::Read).journal().head_beside());
    must(directory.open().orders().step("b", order::Status::Stayed, act()));
    CHECK(head(directory) == "rubbish\n");
    std::filesystem::remove(directory.path() / "journal.head");
    verified = verify(directory);
    CHECK_FALSE(verified.fault);
    CHECK_FALSE(verified.head);
    CHECK(verified.lines == 7);
}

TEST_CASE(
    "a cut journal without journal.head: the gap stays visible, and the new head names a line that is there")
{
    const BookDirectory directory;
    fill(directory);
    sql(directory.file(), "PRAGMA foreign_keys = OFF; DELETE FROM journal WHERE sequence = 6");
    std::filesystem::remove(directory.path() / "journal.head");
    CHECK(must(directory.open().journal().last()) == 5);
    CHECK(must(directory.open(Access::Read).journal().head_beside())->sequence == 5);
    must(directory.open().orders().step("b", order::Status::Stayed, act()));
    CHECK(must(directory.open(Access::Read).journal().head_beside())->sequence == 7);
    const Verified verified = verify(directory);
    REQUIRE(verified.fault);
    CHECK(verified.fault->what == "line 6 is missing");
}

TEST_CASE("documents by their hash: kept once, found whole, a damaged one is not handed out")
{
    const BookDirectory directory;
    const std::string bytes("%PDF\0\xff\n", 7);
    std::string hash;
    {
        Book book = directory.open();
        hash = must(book.documents().keep(bytes, "order.pdf", act()));
        CHECK(hash == sha256(bytes));
        CHECK(must(book.documents().keep(bytes, "other name.pdf", act())) == hash);
        CHECK(must(book.journal().last()) == 1);
        CHECK(must(book.documents().find(hash)) == bytes);
        CHECK_FALSE(must(book.documents().find(sha256("x"))).has_value());
        CHECK_THAT(error_of(book.documents().keep("", "empty.pdf", act())),
                   ContainsSubstring("empty.pdf: is empty"));
    }
    sql(directory.file(), "UPDATE documents SET bytes = x'00'");
    CHECK_THAT(error_of(directory.open().documents().find(hash)), ContainsSubstring("is damaged"));
}
