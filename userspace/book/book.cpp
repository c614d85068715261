// SPDX-License-Identifier: Apache-2.0
#include "book/book.h"

#include "book/schema.h"
#include "book/store.h"

namespace interdict::book {

namespace {

Result<void> prepare_for_writing(Database& database)
{
    // Who reads goes on beside the writer; a step that was told as done outlasts a power cut.
    INTERDICT_CHECK(database.use("PRAGMA journal_mode = WAL").run());
    // The cache also bounds the memory in which an index of a million rows is sorted. Temporary tables stay
    // on disk: in memory SQLite sorts several times slower.
    for (const char* pragma : {"PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON",
                               "PRAGMA journal_size_limit = 16777216", "PRAGMA cache_size = -65536",
                               // What a command must read again when it opens the book is short.
                               "PRAGMA wal_autocheckpoint = 400"})
        INTERDICT_CHECK(database.use(pragma).run());
    return migrate(database);
}

Result<void> prepare_for_reading(Database& database)
{
    INTERDICT_TRY(const std::int64_t version, version_of(database));
    if (version == 0)
        return fail("{}: holds no orders yet", database.path().string());
    if (const auto known = static_cast<std::int64_t>(migrations().size()); version < known)
        return fail(
            "{}: has schema {}, this interdict reads {}; run a command that changes the book once, it "
            "brings the file up to date",
            database.path().string(), version, known);
    return {};
}

} // namespace

Result<Book> Book::open(const std::filesystem::path& file, Access access)
{
    std::error_code fault;
    const bool there = std::filesystem::exists(file, fault);
    if (access == Access::Read) {
        if (!there)
            return std::unexpected(Error{
                fmt::format("{}: there is no book; interdict order add makes one", file.string()), ENOENT});
        INTERDICT_TRY(auto database, Database::open(file, Database::Open::Read));
        INTERDICT_CHECK(prepare_for_reading(*database));
        return Book(std::make_unique<Store>(std::move(database), std::nullopt, false));
    }
    if (!there && file.has_parent_path()) {
        std::filesystem::create_directories(file.parent_path(), fault);
        if (fault)
            return fail_errno(fault.value(), "{}: cannot make the directory", file.parent_path().string());
    }
    INTERDICT_TRY(FileLock lock, FileLock::take(file.string() + ".lock", "is writing this book"));
    INTERDICT_TRY(auto database, Database::open(file, Database::Open::Create));
    // Before anything is written into it.
    INTERDICT_CHECK(version_of(*database));
    INTERDICT_CHECK(prepare_for_writing(*database));
    auto store = std::make_unique<Store>(std::move(database), std::move(lock), true);
    INTERDICT_CHECK(store->open_head());
    return Book(std::move(store));
}

Result<Book> Book::in_memory()
{
    INTERDICT_TRY(auto database, Database::open(":memory:", Database::Open::Create));
    INTERDICT_CHECK(prepare_for_writing(*database));
    return Book(std::make_unique<Store>(std::move(database), std::nullopt, true));
}

Result<bool> Book::together(const std::function<Result<bool>()>& steps)
{
    INTERDICT_CHECK(store_->begin());
    const auto keep = steps();
    const auto ended = store_->end(keep.value_or(false));
    if (keep && !ended)
        return std::unexpected(ended.error());
    return keep;
}

Book::Book(std::unique_ptr<Store> store) : store_(std::move(store)) {}
Book::Book(Book&&) noexcept = default;
Book& Book::operator=(Book&&) noexcept = default;
Book::~Book() = default;

Orders Book::orders() const { return Orders(*store_); }
Proposals Book::proposals() const { return Proposals(*store_); }
Facts Book::facts() const { return Facts(*store_); }
Journal Book::journal() const { return Journal(*store_); }
Documents Book::documents() const { return Documents(*store_); }
Feeds Book::feeds() const { return Feeds(*store_); }
Counts Book::counts() const { return Counts(*store_); }

Result<void> Book::let_go() { return store_->let_go(); }
bool Book::held() const { return !store_->database().is_closed(); }
bool Book::in_place() const { return store_->in_place(); }

Result<void> Book::take_again()
{
    if (held())
        return {};
    const auto& file = store_->database().path();
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored))
        return fail("{}: is not there; mount its disk", file.string());
    INTERDICT_TRY(auto opened, open(file, Access::Write));
    const Tail& last = store_->last();
    if (last.sequence > 0) {
        Statement line =
            opened.store_->database().use("SELECT hash FROM journal WHERE sequence = ?1", last.sequence);
        INTERDICT_TRY(const bool found, line.step());
        if (!found || line.text(0) != last.hash)
            return fail(
                "{}: is another book, or an earlier state of it: line {} of its journal is not the one "
                "that was written last; put the right one in its place, or restart the daemon to take "
                "this one",
                file.string(), last.sequence);
    }
    *this = std::move(opened);
    return {};
}

Result<void> Book::give_back_cache() { return store_->database().use("PRAGMA shrink_memory").run(); }

Result<void> Book::check() const
{
    Statement rows = store_->database().use("PRAGMA quick_check(1)");
    INTERDICT_TRY(const bool found, rows.step());
    if (found && rows.text(0) != "ok")
        return std::unexpected(store_->database().damaged(rows.text(0)));
    return {};
}

} // namespace interdict::book
