// SPDX-License-Identifier: Apache-2.0
//
// book.h: where orders live: what was ordered, by whom, since when, and every step that was taken.
//
// SQLite in WAL mode, one writer. Each changing call is one transaction that also writes its line of the
// journal (journal.h), and is on disk when it returns: a machine that loses power has a step or it has not.
// Nothing here knows rules, guards or a kernel.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "base/result.h"
#include "book/counts.h"
#include "book/documents.h"
#include "book/facts.h"
#include "book/feeds.h"
#include "book/journal.h"
#include "book/orders.h"
#include "book/proposals.h"

namespace interdict::book {

enum class Access : std::uint8_t { Read, Write };

// For one thread at a time; another thread opens the file for itself.
class Book {
public:
    // Makes the file and its directory with Access::Write, and brings an older schema up to date in one
    // transaction. Errors: a newer schema (both versions named), a damaged file, another writer, not there.
    [[nodiscard]] static Result<Book> open(const std::filesystem::path& file, Access access);

    // An empty one that goes with this object: for rehearsals and tests.
    [[nodiscard]] static Result<Book> in_memory();

    Book(Book&&) noexcept;
    Book& operator=(Book&&) noexcept;
    ~Book();

    // Several steps as one; `steps` says whether they are to be kept, and reads what they would leave. All
    // are on disk when this returns true, none is when it returns false or an error.
    [[nodiscard]] Result<bool> together(const std::function<Result<bool>()>& steps);

    // Of a writer whose disk fails: gives up file and lock, so that the disk can be unmounted and repaired.
    // Until take_again() every call is an error that says so.
    [[nodiscard]] Result<void> let_go();
    [[nodiscard]] bool held() const;
    // False: somebody has put another file in its place, or a file system over it or away from under it.
    [[nodiscard]] bool in_place() const;
    // Errors: those of open(), and the book that is there now has not the last line that this one knew.
    [[nodiscard]] Result<void> take_again();

    // Forgets the pages of the file that are in memory for the next step; it reads again what it needs.
    [[nodiscard]] Result<void> give_back_cache();

    // Reads all of the file. Error: its structure is damaged; what to do then.
    [[nodiscard]] Result<void> check() const;

    [[nodiscard]] Orders orders() const;
    [[nodiscard]] Proposals proposals() const;
    [[nodiscard]] Facts facts() const;
    [[nodiscard]] Journal journal() const;
    [[nodiscard]] Documents documents() const;
    [[nodiscard]] Feeds feeds() const;
    [[nodiscard]] Counts counts() const;

private:
    explicit Book(std::unique_ptr<Store> store);
    std::unique_ptr<Store> store_;
};

} // namespace interdict::book
