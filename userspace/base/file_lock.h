// SPDX-License-Identifier: Apache-2.0
//
// file_lock.h: one process at a time.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"

namespace interdict {

// An exclusive flock, held while the object lives; the kernel lets go of it when the process dies.
class FileLock {
public:
    // path: a file, made if it is not there, or a directory that exists. Never waits. what: what the holder
    // does, for the message: "is writing this book".
    // Errors: another process holds it (code EWOULDBLOCK; names its pid); it was removed meanwhile (the same
    // code); the file cannot be opened.
    [[nodiscard]] static Result<FileLock> take(const std::filesystem::path& path, std::string_view what);

private:
    explicit FileLock(Fd fd) : fd_(std::move(fd)) {}

    Fd fd_;
};

} // namespace interdict
