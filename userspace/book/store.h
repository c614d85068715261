// SPDX-License-Identifier: Apache-2.0
//
// store.h: an open book: its database, the lock of the one writer, and journal.head beside it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/fd.h"
#include "base/file_lock.h"
#include "base/result.h"
#include "book/database.h"
#include "book/records.h"

namespace interdict::book {

// The journal's last line, without its text.
struct Tail {
    std::int64_t sequence = 0;
    std::string hash; // 64 hex digits; zeros before the first line
};

// One state of the book for several queries; inside a change, or another snapshot, that one's.
class Snapshot {
public:
    [[nodiscard]] static Result<Snapshot> begin(Database& database);
    Snapshot(Snapshot&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
    Snapshot& operator=(Snapshot&&) = delete;
    ~Snapshot();

private:
    explicit Snapshot(Database* database) : database_(database) {}
    Database* database_; // null: there was one already
};

class Store {
public:
    // lock: absent for reading, and in memory.
    Store(std::unique_ptr<Database> database, std::optional<FileLock> lock, bool writable)
        : database_(std::move(database)), lock_(std::move(lock)), writable_(writable),
          file_(identity_of(database_->path()))
    {
    }

    [[nodiscard]] Database& database() { return *database_; }
    // Gives up file and lock; what is asked afterwards are errors. tail() of before stays in last().
    [[nodiscard]] Result<void> let_go();
    // Of the journal, as this process has last seen or written it.
    [[nodiscard]] const Tail& last() const { return last_; }
    // Its path still leads to the file that is open.
    [[nodiscard]] bool in_place() const;
    [[nodiscard]] Result<void> require_writable() const; // Error: it is open for reading only
    [[nodiscard]] Result<Tail> tail();

    // Between a begin() and its end(), every change is a part of one transaction.
    [[nodiscard]] bool together() const { return together_; }
    [[nodiscard]] Result<void> begin();
    [[nodiscard]] Result<void> end(bool keep);

    // What journal.head says; nothing if it is not there or empty. Errors: it is garbled.
    [[nodiscard]] Result<std::optional<Tail>> head_beside() const;
    // Opens journal.head for writing and brings it up to date, unless it names a line that the journal has
    // not got: that is evidence, and stays.
    [[nodiscard]] Result<void> open_head();
    // Not flushed to disk: after a power cut it may lag behind, which is no fault.
    void write_head(const Tail& tail);

private:
    [[nodiscard]] static std::pair<std::uint64_t, std::uint64_t>
    identity_of(const std::filesystem::path& file);

    std::unique_ptr<Database> database_;
    std::optional<FileLock> lock_;
    bool writable_;
    bool together_ = false;
    Fd head_;
    Tail last_;
    std::pair<std::uint64_t, std::uint64_t> file_; // device and inode
};

} // namespace interdict::book
