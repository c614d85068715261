// SPDX-License-Identifier: Apache-2.0
#include "book/store.h"

#include <charconv>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"

namespace interdict::book {

namespace {

// One line of a fixed length, so that writing it again never leaves a rest: within one sector, which a disk
// writes whole or not at all.
constexpr std::size_t kDigits = 19;
constexpr std::size_t kHeadLength = kDigits + 1 + 64 + 1;

std::filesystem::path head_path(const Database& database)
{
    return database.path().parent_path() / "journal.head";
}

} // namespace

Result<Snapshot> Snapshot::begin(Database& database)
{
    if (database.in_transaction())
        return Snapshot(nullptr);
    INTERDICT_CHECK(database.use("BEGIN").run());
    return Snapshot(&database);
}

Snapshot::~Snapshot()
{
    if (database_)
        (void)database_->use("COMMIT").run();
}

Result<void> Store::require_writable() const
{
    if (!writable_)
        return fail("{}: is open for reading only", database_->path().string());
    return {};
}

Result<Tail> Store::tail()
{
    Tail tail{.sequence = 0, .hash = std::string(64, '0')};
    Statement last = database_->use("SELECT sequence, hash FROM journal ORDER BY sequence DESC LIMIT 1");
    INTERDICT_TRY(const bool found, last.step());
    if (found)
        tail = {.sequence = last.integer(0), .hash = std::string(last.text(1))};
    return tail;
}

Result<void> Store::begin()
{
    INTERDICT_CHECK(require_writable());
    if (together_)
        return fail("{}: steps that are one are begun within others", database_->path().string());
    INTERDICT_CHECK(database_->use("BEGIN IMMEDIATE").run());
    together_ = true;
    return {};
}

Result<void> Store::end(bool keep)
{
    together_ = false;
    // A full disk has rolled it back already.
    if (!database_->in_transaction())
        return keep ? Result<void>(fail("{}: the steps were rolled back", database_->path().string()))
                    : Result<void>();
    if (!keep)
        return database_->use("ROLLBACK").run();
    INTERDICT_TRY(const Tail last, tail());
    if (auto kept = database_->use("COMMIT").run(); !kept) {
        (void)database_->use("ROLLBACK").run();
        return kept;
    }
    if (last.sequence > 0)
        write_head(last);
    database_->checkpoint_if_due();
    return {};
}

Result<std::optional<Tail>> Store::head_beside() const
{
    const auto path = head_path(*database_);
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored))
        return std::nullopt;
    INTERDICT_TRY(const std::string text, read_file(path, 4096));
    if (text.empty())
        return std::nullopt;
    Tail tail;
    const char* end = text.data() + text.size();
    const auto [rest, fault] = std::from_chars(text.data(), end, tail.sequence);
    if (fault == std::errc() && rest == text.data() + kDigits && text.size() == kHeadLength && *rest == ' ')
        tail.hash = text.substr(kDigits + 1, 64);
    if (!is_hex_256(tail.hash))
        return fail("{}: is not a sequence number and a hash; it was changed by something else",
                    path.string());
    return tail;
}

Result<void> Store::open_head()
{
    INTERDICT_TRY(const Tail last, tail());
    last_ = last;
    if (const auto beside = head_beside(); !beside) {
        return {};
    } else if (const auto& head = *beside; head && head->sequence > 0) {
        Statement line = database_->use("SELECT hash FROM journal WHERE sequence = ?1", head->sequence);
        INTERDICT_TRY(const bool found, line.step());
        if (!found || line.text(0) != head->hash)
            return {};
    }
    const auto path = head_path(*database_);
    const int opened = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (opened < 0)
        return fail_errno(errno, "{}: cannot open", path.string());
    head_ = Fd(opened);
    if (last.sequence > 0)
        write_head(last);
    return {};
}

std::pair<std::uint64_t, std::uint64_t> Store::identity_of(const std::filesystem::path& file)
{
    struct stat info = {};
    if (::stat(file.c_str(), &info) != 0)
        return {};
    return {info.st_dev, info.st_ino};
}

bool Store::in_place() const { return identity_of(database_->path()) == file_; }

Result<void> Store::let_go()
{
    INTERDICT_TRY(auto closed, Database::closed(database_->path()));
    database_ = std::move(closed);
    lock_.reset();
    head_ = Fd();
    return {};
}

void Store::write_head(const Tail& tail)
{
    last_ = tail;
    const std::string line = fmt::format("{:0{}} {}\n", tail.sequence, kDigits, tail.hash);
    if (head_)
        (void)!::pwrite(head_.get(), line.data(), line.size(), 0);
}

} // namespace interdict::book
