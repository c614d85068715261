// SPDX-License-Identifier: Apache-2.0
//
// database.h: SQLite with errors as values. Only for the book's own sources.
#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace interdict::book {

class Database;

// One use of a prepared statement, which goes back to its database afterwards. A fault in preparing or
// binding shows at the first step.
class Statement {
public:
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&&) = delete;
    ~Statement();

    // From the beginning, with other values for ?1, ?2 and so on.
    template <class... Values>
    Statement& with(const Values&... values)
    {
        rewind();
        int index = 0;
        (bind(++index, values), ...);
        return *this;
    }

    [[nodiscard]] Result<bool> step(); // true: there is a row
    [[nodiscard]] Result<void> run();  // to the end

    // take: Result<void>(const Statement&), for every row.
    template <class Take>
    [[nodiscard]] Result<void> each(Take&& take)
    {
        for (;;) {
            INTERDICT_TRY(const bool more, step());
            if (!more)
                return {};
            INTERDICT_CHECK(take(static_cast<const Statement&>(*this)));
        }
    }

    // Columns of the row, from 0. NULL reads as 0 or empty; text is valid until the next step.
    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::string_view text(int column) const;
    [[nodiscard]] bool is_null(int column) const;

private:
    friend class Database;
    Statement(Database& database, sqlite3_stmt* statement, int code)
        : database_(&database), statement_(statement), code_(code)
    {
    }

    void rewind();
    void bind(int index, std::int64_t value);
    void bind(int index, std::string_view text);
    void bind(int index, const std::string& text) { bind(index, std::string_view(text)); }
    void bind(int index, const char* text) { bind(index, std::string_view(text)); }
    void bind(int index, std::nullopt_t);
    template <std::integral Integer>
    void bind(int index, Integer value)
    {
        bind(index, static_cast<std::int64_t>(value));
    }
    template <class Value>
    void bind(int index, const std::optional<Value>& value)
    {
        if (value)
            bind(index, *value);
        else
            bind(index, std::nullopt);
    }

    Database* database_;
    sqlite3_stmt* statement_;
    int code_;
};

// NULL for an empty text.
[[nodiscard]] inline std::optional<std::string_view> or_null(std::string_view text)
{
    return text.empty() ? std::nullopt : std::optional(text);
}

class Database {
public:
    enum class Open : std::uint8_t { Read, Write, Create };

    [[nodiscard]] static Result<std::unique_ptr<Database>> open(const std::filesystem::path& path, Open how);
    // One that has let go of its file: whatever is asked of it is an error that says so.
    [[nodiscard]] static Result<std::unique_ptr<Database>> closed(const std::filesystem::path& path);
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    ~Database();

    // sql: one statement, prepared once and kept.
    template <class... Values>
    [[nodiscard]] Statement use(std::string_view sql, const Values&... values)
    {
        Statement statement = take(sql);
        statement.with(values...);
        return statement;
    }

    [[nodiscard]] Result<void> execute(const std::string& sql); // any number of statements
    // The first column of the first row, 0 if there is none.
    template <class... Values>
    [[nodiscard]] Result<std::int64_t> number(std::string_view sql, const Values&... values)
    {
        Statement row = use(sql, values...);
        INTERDICT_TRY(const bool found, row.step());
        return found ? row.integer(0) : 0;
    }

    [[nodiscard]] bool is_closed() const { return closed_; }
    [[nodiscard]] bool in_transaction() const;
    [[nodiscard]] std::int64_t last_key() const; // of the last insert
    [[nodiscard]] std::int64_t changed() const;  // rows, by the last statement
    // Moves what the write-ahead log holds into the file; within a transaction, at checkpoint_if_due() after
    // it. Readers are not waited for.
    void checkpoint();
    void checkpoint_if_due();
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    // What a person can do about it.
    [[nodiscard]] Error error(int code) const;
    // The content contradicts itself.
    [[nodiscard]] Error damaged(std::string_view what) const;

private:
    friend class Statement;
    Database(sqlite3* handle, std::filesystem::path path) : handle_(handle), path_(std::move(path)) {}

    [[nodiscard]] Statement take(std::string_view sql);
    void give_back(sqlite3_stmt* statement);

    sqlite3* handle_;
    std::filesystem::path path_;
    bool closed_ = false;
    bool checkpoint_due_ = false;
    std::map<std::string, std::vector<sqlite3_stmt*>, std::less<>> free_; // by their text
};

} // namespace interdict::book
