// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"
#include "sql.h"

#include <fstream>

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/matchers/catch_matchers_string.hpp>
#include <sqlite3.h>

#include "base/file.h"

using namespace interdict;
using namespace interdict::book;
using namespace interdict::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

// The tables as schema 1 had them, as far as an order with one target needs them, and that order.
constexpr const char* kVersion1 = R"(
PRAGMA journal_mode = WAL;
CREATE TABLE orders (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, origin TEXT NOT NULL, status TEXT NOT NULL,
    kind TEXT NOT NULL, authority TEXT NOT NULL, reference TEXT NOT NULL, jurisdiction TEXT NOT NULL,
    issued INTEGER NOT NULL, effective INTEGER NOT NULL, expires INTEGER NOT NULL, comply_within INTEGER,
    means INTEGER NOT NULL, actions TEXT NOT NULL, sinkhole4 TEXT, sinkhole6 TEXT, blocked_by TEXT NOT NULL,
    complaint TEXT NOT NULL, notice TEXT NOT NULL, scope TEXT NOT NULL, observe INTEGER NOT NULL,
    dynamic INTEGER NOT NULL, has_document INTEGER NOT NULL, sha256 TEXT NOT NULL, uri TEXT NOT NULL,
    file TEXT NOT NULL, json_path TEXT NOT NULL, line INTEGER NOT NULL, received INTEGER NOT NULL,
    changed INTEGER NOT NULL) STRICT;
CREATE TABLE items (
    key INTEGER PRIMARY KEY AUTOINCREMENT, number INTEGER NOT NULL REFERENCES orders(number),
    place INTEGER NOT NULL, state INTEGER NOT NULL, form INTEGER NOT NULL, value TEXT NOT NULL,
    protocol INTEGER NOT NULL, ports TEXT, ends INTEGER NOT NULL, exclusive INTEGER, sharing TEXT,
    received INTEGER NOT NULL, lifted INTEGER NOT NULL DEFAULT 0, held_by TEXT, alternative TEXT,
    overridden_by TEXT, approved_by TEXT, successor_of TEXT, ticket TEXT) STRICT;
CREATE INDEX items_by_order ON items(number);
CREATE INDEX items_by_place ON items(place);
CREATE INDEX items_aside ON items(number, state) WHERE state <> 0;
CREATE TABLE exempt (number INTEGER NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, exact INTEGER NOT NULL,
    PRIMARY KEY (number, position)) STRICT, WITHOUT ROWID;
CREATE TABLE journal (sequence INTEGER PRIMARY KEY, time INTEGER NOT NULL, actor TEXT NOT NULL, step TEXT NOT NULL,
    subject TEXT NOT NULL, record TEXT NOT NULL, hash TEXT NOT NULL) STRICT;
CREATE TABLE deliveries (change INTEGER PRIMARY KEY REFERENCES journal(sequence),
    number INTEGER NOT NULL REFERENCES orders(number), generation INTEGER NOT NULL DEFAULT 0,
    imported INTEGER NOT NULL, staged INTEGER NOT NULL DEFAULT 0, published INTEGER NOT NULL DEFAULT 0,
    proven INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL) STRICT;
INSERT INTO orders VALUES(1, 'old', 'cli', 'active', 'court-order', 'Court', '1', 'IT', 86400, 86400, 0, NULL, 30,
    '{}', NULL, NULL, '', '', '', '["italy"]', 0, 0, 0, '', '', 'f', '$.orders[0]', 1, 90000, 90000);
)";

void make_version_1(const BookDirectory& directory, int version = 1)
{
    const order::Item item = name("old.example");
    sql(directory.file(),
        std::string(kVersion1) +
            fmt::format("INSERT INTO items(number, place, state, form, value, protocol, ends, received) "
                        "VALUES(1, {}, 0, 1, 'old.example', 0, 0, 90000); "
                        "PRAGMA application_id = {}; PRAGMA user_version = {};",
                        static_cast<std::int64_t>(order::place_hash(item.target)), 0x69746472, version));
}

std::string bytes_of(const std::filesystem::path& path) { return must(read_file(path)); }

} // namespace

TEST_CASE("a book of schema 1 is brought up to date and keeps what it holds")
{
    const BookDirectory directory;
    make_version_1(directory);
    CHECK_THAT(error_of(Book::open(directory.file(), Access::Read)), ContainsSubstring("has schema 1"));
    {
        Book book = directory.open();
        const auto orders = must(book.orders().in_force());
        REQUIRE(orders.size() == 1);
        CHECK(orders[0].id == "old");
        CHECK(orders[0].scope == std::vector<std::string>{"italy"});
        CHECK(orders[0].targets.at(0).target.name.name == "old.example");
        must(book.orders().step("old", order::Status::Stayed, act()));
        // It is as if its source had given it active: that again changes nothing, another status does.
        Incoming in;
        in.order = orders[0];
        CHECK(must(book.orders().replace("cli", std::vector{in}, act())).unchanged == 1);
        in.order.status = order::Status::Final;
        CHECK(must(book.orders().replace("cli", std::vector{in}, act())).varied.size() == 1);
    }
    CHECK(must(directory.open(Access::Read).orders().find("old"))->order.status == order::Status::Final);
}

TEST_CASE("a newer schema and another program's database are refused and not touched")
{
    const BookDirectory directory;
    make_version_1(directory, 5);
    const std::string before = bytes_of(directory.file());
    for (const Access access : {Access::Read, Access::Write})
        CHECK_THAT(error_of(Book::open(directory.file(), access)),
                   ContainsSubstring("has schema 5, this interdict knows up to 4"));
    CHECK(bytes_of(directory.file()) == before);

    const BookDirectory other;
    sql(other.file(), "CREATE TABLE bookmarks(url TEXT); PRAGMA user_version = 1;");
    const std::string bookmarks = bytes_of(other.file());
    for (const Access access : {Access::Read, Access::Write})
        CHECK_THAT(error_of(Book::open(other.file(), access)),
                   ContainsSubstring("is a database of another program"));
    CHECK(bytes_of(other.file()) == bookmarks);
}

TEST_CASE("a migration that fails leaves the version before")
{
    const BookDirectory directory;
    make_version_1(directory);
    sql(directory.file(), "ALTER TABLE orders ADD COLUMN given TEXT");
    CHECK_THAT(error_of(Book::open(directory.file(), Access::Write)),
               ContainsSubstring("bringing schema 1 to 2"));
    sql(directory.file(), "ALTER TABLE orders DROP COLUMN given");
    CHECK(must(directory.open().orders().all(false)).size() == 1);
}

TEST_CASE("one writer: a second one is told who has it; readers read beside it")
{
    const BookDirectory directory;
    Book writer = directory.open();
    const auto second = Book::open(directory.file(), Access::Write);
    CHECK_THAT(error_of(second), ContainsSubstring(fmt::format(
                                     "another interdict (process {}) is writing this book", ::getpid())));
    CHECK(second.error().code == EWOULDBLOCK);
    const Book reader = directory.open(Access::Read);
    must(writer.orders().add(incoming("o", {name("a.example")}), "cli", act()));
    CHECK(must(reader.orders().all(false)).size() == 1);
    CHECK(must(reader.facts().due()).empty());
}

TEST_CASE("the pages that a step has left in memory are given back, and the next step finds its own")
{
    const BookDirectory directory;
    Book book = directory.open();
    std::vector<order::Item> items;
    for (int i = 0; i < 5000; ++i)
        items.push_back(name(fmt::format("n{}.example", i)));
    must(book.orders().add(incoming("many", items), "cli", act()));
    const auto before = ::sqlite3_memory_used();
    must(book.give_back_cache());
    CHECK(::sqlite3_memory_used() < before / 2);
    must(book.orders().add(incoming("one", {name("a.example")}), "cli", act()));
    CHECK(must(book.orders().find("many"))->order.targets.size() == 5000);
}

TEST_CASE("a book that is open for reading changes nothing and says so")
{
    const BookDirectory directory;
    must(directory.open().orders().add(incoming("o", {name("a.example")}), "cli", act()));
    Book reader = directory.open(Access::Read);
    const auto refused = [](const auto& result) {
        CHECK_THAT(error_of(result), ContainsSubstring("is open for reading only"));
    };
    refused(reader.orders().add(incoming("p", {name("a.example")}), "cli", act()));
    refused(reader.orders().vary(incoming("o", {name("b.example")}), act()));
    refused(reader.orders().replace("cli", {}, act()));
    refused(reader.orders().step("o", order::Status::Lifted, act()));
    refused(reader.orders().add_item("o", name("b.example"), "", "", act()));
    refused(reader.orders().lift_item("o", name("a.example").target, act()));
    refused(reader.orders().hold_item(1, "x", "", act()));
    refused(reader.orders().release_item(1, act()));
    refused(reader.proposals().propose({}, act()));
    refused(reader.proposals().decide(1, true, act()));
    refused(reader.facts().note(Fact::Staged, 1, "", 1, act()));
    refused(reader.journal().remark("x", "y", "", act()));
    refused(reader.documents().keep("x", "y", act()));
    refused(reader.feeds().set({}));
    refused(reader.counts().add({}));
    refused(reader.counts().set_value("a", "b"));
    CHECK(must(reader.journal().last()) == 1);
}

TEST_CASE("there is no book: reading says so and makes none, writing makes it and its directory")
{
    const BookDirectory directory;
    const auto file = directory.path() / "deep" / "er" / "book.db";
    CHECK_THAT(error_of(Book::open(file, Access::Read)), ContainsSubstring("there is no book"));
    CHECK_FALSE(std::filesystem::exists(file));
    must(Book::open(file, Access::Write));
    CHECK(std::filesystem::exists(file));
}

TEST_CASE("feeds, counts and small values")
{
    const BookDirectory directory;
    Book book = directory.open();
    CHECK_FALSE(must(book.feeds().find("x")).has_value());
    FeedState x;
    x.name = "x";
    x.format = "rpz";
    x.fetched = 5;
    x.entries = UINT32_MAX + 1ull;
    must(book.feeds().set(x));
    FeedState a;
    a.name = "a";
    a.failed = 7;
    a.failure = "empty";
    a.cursor = "{}";
    must(book.feeds().set(a));
    CHECK(must(book.feeds().find("x"))->entries == UINT32_MAX + 1ull);
    CHECK(must(book.feeds().find("x"))->fetched == 5);
    x.format = "csv";
    x.fetched = 0;
    must(book.feeds().set(x));
    const auto all = must(book.feeds().all());
    REQUIRE(all.size() == 2);
    CHECK(all[0].failure == "empty");
    CHECK(all[0].cursor == "{}");
    CHECK(all[1].format == "csv");
    CHECK(all[1].fetched == 0);

    CountRecord one{.order = "o",
                    .target = "a.example",
                    .hour = 3600,
                    .packets = 2,
                    .bytes = 300,
                    .channel = {1, 0, 0, 1, 0}};
    CountRecord two = one;
    two.hour = 7200;
    must(book.counts().add(std::vector{one, two, one}));
    must(book.counts().add(std::vector{one}));
    const auto counts = must(book.counts().of("o", 3600, 7200));
    REQUIRE(counts.size() == 1);
    CHECK(counts[0].packets == 6);
    CHECK(counts[0].bytes == 900);
    CHECK(counts[0].channel[INTERDICT_CHANNEL_ADDRESS] == 3);
    CHECK(counts[0].channel[INTERDICT_CHANNEL_TLS] == 0);
    CHECK(counts[0].channel[INTERDICT_CHANNEL_DNS] == 3);
    CHECK(must(book.counts().of("o", 3601, 7201)).size() == 1);
    CHECK(must(book.counts().of("p", 0, INT64_MAX)).empty());

    CHECK_FALSE(must(book.counts().value("k")).has_value());
    must(book.counts().set_value("k", ""));
    CHECK(must(book.counts().value("k")) == "");
    must(book.counts().set_value("k", "v"));
    CHECK(must(book.counts().value("k")) == "v");
    CHECK(must(book.journal().last()) == 0);
}

TEST_CASE("several steps as one: long lists and counts among them; all are kept or none")
{
    const BookDirectory directory;
    Book book = directory.open();
    Incoming big = incoming("big", {});
    for (int i = 0; i < 30000; ++i)
        big.order.targets.push_back(name(fmt::format("n{}.example", i)));
    const CountRecord count{.order = "big", .target = "n1.example", .hour = 0, .packets = 1, .bytes = 1};
    for (const bool keep : {false, true}) {
        const auto kept = book.together([&]() -> Result<bool> {
            must(book.orders().replace("feed x", std::vector{big}, act()));
            must(book.counts().add(std::vector{count}));
            CHECK_FALSE(book.orders().add(incoming("big", {name("x.example")}), "cli", act()));
            must(book.orders().step("big", order::Status::Stayed, act()));
            CHECK(must(book.journal().last()) == 2);
            return keep;
        });
        CHECK(must(kept) == keep);
        CHECK(must(book.orders().find("big")).has_value() == keep);
        CHECK(must(book.counts().of("big", 0, 1)).size() == (keep ? 1u : 0u));
        CHECK(must(book.journal().last()) == (keep ? 2 : 0));
        CHECK(must(book.orders().citing(name("n7.example").target)).size() == (keep ? 1u : 0u));
    }
    CHECK(std::filesystem::file_size(directory.path() / "book.db-wal") < 1u << 20);
    must(book.check());
}

TEST_CASE("a damaged file: a clear error, nothing written, the rest still readable")
{
    const BookDirectory directory;
    {
        Book book = directory.open();
        must(book.orders().add(incoming("small", {name("small.example")}), "cli", act()));
        Incoming big = incoming("big", {});
        for (int i = 0; i < 20000; ++i)
            big.order.targets.push_back(name(fmt::format("host-{:05}.example", i)));
        must(book.orders().add(big, "cli", act()));
    }
    SECTION("a page in the middle is overwritten")
    {
        const auto pages = std::filesystem::file_size(directory.file()) / 4096;
        // Of the many pages of items at least one in the middle of the file.
        std::fstream file(directory.file(), std::ios::in | std::ios::out | std::ios::binary);
        std::string noise(4096, '\0');
        for (std::size_t i = 0; i < noise.size(); ++i)
            noise[i] = static_cast<char>(i * 2654435761u >> 13);
        file.seekp(static_cast<std::streamoff>(pages / 3 * 4096));
        file.write(noise.data(), 4096);
        file.close();
        const std::string before = bytes_of(directory.file());
        Book book = directory.open(Access::Read);
        CHECK_THAT(error_of(book.orders().in_force()), ContainsSubstring("is damaged"));
        CHECK_THAT(error_of(book.check()), ContainsSubstring("restore the last backup"));
        CHECK(must(book.orders().find("small"))->order.targets.size() == 1);
        CHECK_FALSE(must(book.journal().verify()).fault);
        CHECK(bytes_of(directory.file()) == before);
    }
    SECTION("a name is other bytes, which SQLite does not notice")
    {
        sql(directory.file(),
            "UPDATE items SET value = 'host-00007.exampel' WHERE value = 'host-00007.example'");
        const Book book = directory.open(Access::Read);
        CHECK_THAT(error_of(book.orders().in_force()),
                   ContainsSubstring("the target \"host-00007.exampel\" is not what was written"));
        CHECK(error_of(book.orders().find("big")).find("damaged") != std::string::npos);
        CHECK(must(book.orders().find("small")).has_value());
    }
    SECTION("fields with impossible values")
    {
        sql(directory.file(), "UPDATE orders SET status = 'alive' WHERE id = 'big'");
        CHECK_THAT(error_of(directory.open(Access::Read).orders().all(false)),
                   ContainsSubstring("order big cannot be read"));
    }
    SECTION("it is no database at all")
    {
        must(write_file(directory.file(), std::string(8192, 'x')));
        for (const Access access : {Access::Read, Access::Write})
            CHECK_THAT(error_of(Book::open(directory.file(), access)), ContainsSubstring("is damaged"));
        CHECK(bytes_of(directory.file()) == std::string(8192, 'x'));
    }
}

TEST_CASE("a full disk: the step is refused whole, everything before it stays, with room it goes on")
{
    const BookDirectory directory;
    if (::mount("interdict", directory.path().c_str(), "tmpfs", 0, "size=1M") != 0)
        SKIP("a small file system cannot be mounted: " << std::generic_category().message(errno));
    struct Unmount {
        const char* path;
        ~Unmount() { ::umount2(path, MNT_DETACH); }
    } unmount{directory.path().c_str()};
    int kept = 0;
    {
        Book book = directory.open();
        std::string message;
        while (message.empty() && kept < 1000) {
            Incoming in = incoming(fmt::format("o-{}", kept), {});
            for (int i = 0; i < 200; ++i)
                in.order.targets.push_back(name(fmt::format("n{}.o{}.example", i, kept)));
            const auto added = book.orders().add(in, "cli", act());
            if (added)
                ++kept;
            else
                message = added.error().message;
        }
        CHECK_THAT(message, ContainsSubstring("the disk is full, nothing of this step was kept"));
        REQUIRE(kept > 0);
        CHECK(must(book.orders().all(false)).size() == static_cast<std::size_t>(kept));
        CHECK(must(book.orders().in_force()).size() == static_cast<std::size_t>(kept));
        REQUIRE(::mount("interdict", directory.path().c_str(), "tmpfs", MS_REMOUNT, "size=8M") == 0);
        must(book.orders().add(incoming("after", {name("after.example")}), "cli", act()));
    }
    Book book = directory.open();
    CHECK(must(book.orders().all(false)).size() == static_cast<std::size_t>(kept) + 1);
    for (const OrderRecord& record : must(book.orders().all(true)))
        CHECK(record.order.targets.size() == (record.order.id == "after" ? 1 : 200));
    CHECK_FALSE(must(book.journal().verify()).fault);
    must(book.check());
}

TEST_CASE("counts: hours of one order are summed into their day, and nothing else; readings are per rule")
{
    const BookDirectory directory;
    auto book = directory.open();
    constexpr std::int64_t kDay = 86'400;
    std::vector<CountRecord> counts;
    for (const std::int64_t hour : {std::int64_t{0}, std::int64_t{3600}, std::int64_t{7200}, kDay + 3600})
        for (const char* target : {"a.example", "b.example"})
            counts.push_back({.order = "o",
                              .target = target,
                              .hour = hour,
                              .packets = 2,
                              .bytes = 100,
                              .channel = {0, 2, 0, 0, 0}});
    CountRecord other = counts[2];
    other.order = "p";
    counts.push_back(other);
    must(book.counts().add(counts));
    const auto roll = [&] {
        return must(book.together([&] { return book.counts().roll_up("o", 0, kDay); }));
    };
    CHECK(roll());
    CHECK(roll());
    CHECK_FALSE(roll()); // the hour at midnight is the day, and the next day is not meant
    const auto rolled = must(book.counts().of("o", 0, 10 * kDay));
    REQUIRE(rolled.size() == 4);
    CHECK(rolled[0].hour == 0);
    CHECK(rolled[0].target == "a.example");
    CHECK(rolled[0].packets == 6);
    CHECK(rolled[0].bytes == 300);
    CHECK(rolled[0].channel[INTERDICT_CHANNEL_TLS] == 6);
    CHECK(rolled[2].hour == kDay + 3600);
    CHECK(must(book.counts().of("p", 0, 10 * kDay))[0].hour == 3600);

    CHECK_FALSE(must(book.counts().reading(7)).has_value());
    RuleReading reading{.rule = 7, .hits = {}};
    reading.hits.packets = 1;
    must(book.counts().set_reading(reading));
    reading.hits.packets = std::uint64_t{1} << 62;
    reading.hits.quic = 0xffffffff;
    must(book.counts().set_reading(reading));
    REQUIRE(must(book.counts().readings()).size() == 1);
    CHECK(must(book.counts().reading(7))->hits.packets == std::uint64_t{1} << 62);
    CHECK(must(book.counts().reading(7))->hits.quic == 0xffffffff);
    must(book.counts().forget_reading(7));
    CHECK(must(book.counts().readings()).empty());
}
