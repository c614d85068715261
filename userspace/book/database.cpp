// SPDX-License-Identifier: Apache-2.0
#include "book/database.h"

#include <utility>

#include <sqlite3.h>

namespace interdict::book {

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_), statement_(std::exchange(other.statement_, nullptr)), code_(other.code_)
{
}

Statement::~Statement()
{
    if (statement_)
        database_->give_back(statement_);
}

void Statement::rewind()
{
    if (!statement_)
        return;
    sqlite3_reset(statement_);
    code_ = SQLITE_OK;
}

void Statement::bind(int index, std::int64_t value)
{
    if (const int code = sqlite3_bind_int64(statement_, index, value); code_ == SQLITE_OK)
        code_ = code;
}

void Statement::bind(int index, std::string_view text)
{
    // A null pointer would be NULL; an empty text is none.
    const char* bytes = text.data() ? text.data() : "";
    const int code =
        sqlite3_bind_text64(statement_, index, bytes, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    if (code_ == SQLITE_OK)
        code_ = code;
}

void Statement::bind(int index, std::nullopt_t)
{
    if (const int code = sqlite3_bind_null(statement_, index); code_ == SQLITE_OK)
        code_ = code;
}

Result<bool> Statement::step()
{
    if (code_ != SQLITE_OK)
        return std::unexpected(database_->error(code_));
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW)
        return true;
    if (code == SQLITE_DONE)
        return false;
    return std::unexpected(database_->error(code));
}

Result<void> Statement::run()
{
    return each([](const Statement&) -> Result<void> { return {}; });
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view Statement::text(int column) const
{
    const void* bytes = sqlite3_column_blob(statement_, column);
    if (!bytes)
        return {};
    return {static_cast<const char*>(bytes),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& path, Open how)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    flags |= how == Open::Read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    if (how == Open::Create)
        flags |= SQLITE_OPEN_CREATE;
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
    if (!handle)
        return fail("{}: no memory to open it", path.string());
    std::unique_ptr<Database> database(new Database(handle, path));
    if (code != SQLITE_OK)
        return std::unexpected(database->error(code));
    // Only recovery after a crash and the end of a checkpoint make a reader wait, for moments.
    sqlite3_busy_timeout(handle, 5000);
    if (how != Open::Read) {
        // Kept, so that an account that may only read can open the file while nobody writes.
        int persist = 1;
        sqlite3_file_control(handle, "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
        // A command that takes one step must not wait for the disk three times more at its end: what is
        // committed is in the write-ahead log, and whoever is next reads it from there.
        sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    }
    return database;
}

Result<std::unique_ptr<Database>> Database::closed(const std::filesystem::path& path)
{
    INTERDICT_TRY(auto database, open(":memory:", Open::Create));
    database->path_ = path;
    database->closed_ = true;
    return database;
}

Database::~Database()
{
    for (auto& [sql, statements] : free_)
        for (sqlite3_stmt* statement : statements)
            sqlite3_finalize(statement);
    sqlite3_close(handle_);
}

Statement Database::take(std::string_view sql)
{
    if (const auto found = free_.find(sql); found != free_.end() && !found->second.empty()) {
        sqlite3_stmt* statement = found->second.back();
        found->second.pop_back();
        return {*this, statement, SQLITE_OK};
    }
    if (closed_)
        return {*this, nullptr, SQLITE_CANTOPEN};
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    return {*this, statement, code};
}

void Database::give_back(sqlite3_stmt* statement)
{
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    free_[sqlite3_sql(statement)].push_back(statement);
}

Result<void> Database::execute(const std::string& sql)
{
    const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK)
        return std::unexpected(error(code));
    return {};
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

std::int64_t Database::last_key() const { return sqlite3_last_insert_rowid(handle_); }

std::int64_t Database::changed() const { return sqlite3_changes64(handle_); }

void Database::checkpoint()
{
    checkpoint_due_ = in_transaction();
    if (checkpoint_due_)
        return;
    // What does not succeed now, because of a reader, does with a later commit.
    sqlite3_busy_timeout(handle_, 0);
    sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    sqlite3_busy_timeout(handle_, 5000);
}

void Database::checkpoint_if_due()
{
    if (checkpoint_due_)
        checkpoint();
}

Error Database::error(int code) const
{
    const std::string file = path_.string();
    if (closed_)
        return {file + ": was let go of when its disk failed; no step can be kept until that is well again, "
                       "what is live keeps filtering",
                EIO};
    const std::string detail = sqlite3_errmsg(handle_);
    switch (code & 0xff) {
    case SQLITE_FULL:
        return {file + ": the disk is full, nothing of this step was kept; make room and repeat it", ENOSPC};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return damaged(detail);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return {file + ": another program holds it locked; wait for it to end", EBUSY};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return {file + ": may not be written; check owner and mode of the file and its directory", EACCES};
    case SQLITE_CANTOPEN:
        return {fmt::format("{}: cannot open; check that it exists and may be read", file),
                sqlite3_system_errno(handle_)};
    case SQLITE_IOERR:
        return {fmt::format("{}: the disk fails: {}", file, detail), EIO};
    case SQLITE_NOMEM:
        return {file + ": not enough memory", ENOMEM};
    default:
        return {fmt::format("{}: {} (SQLite {})", file, detail, code), 0};
    }
}

Error Database::damaged(std::string_view what) const
{
    return {
        fmt::format("{}: is damaged: {}; keep the file as it is, then restore the last backup or save with "
                    "sqlite3's .recover what can be read",
                    path_.string(), what),
        EUCLEAN};
}

} // namespace interdict::book
