// SPDX-License-Identifier: Apache-2.0
//
// writer_lock.h: one writer of a pin set at a time.
#pragma once

#include <filesystem>

#include "base/file_lock.h"
#include "base/result.h"

namespace interdict::plane {

// Held while the object lives; the kernel lets go of it when the process dies.
class WriterLock {
public:
    // path: a file, made if it is not there, or a directory that exists. Never waits.
    // Error (code EWOULDBLOCK): another process holds it; names its pid.
    [[nodiscard]] static Result<WriterLock> take(const std::filesystem::path& path);

private:
    explicit WriterLock(FileLock lock) : lock_(std::move(lock)) {}

    FileLock lock_;
};

} // namespace interdict::plane
