// SPDX-License-Identifier: Apache-2.0
//
// writer_lock.h: one writer of a pin set at a time.
#pragma once

#include <filesystem>

#include "base/fd.h"
#include "base/result.h"

namespace interdict::plane {

// Held while the object lives; the kernel lets go of it when the process dies.
class WriterLock {
public:
    // path: a file, made if it is not there, or a directory that exists. Never waits.
    // Error (code EWOULDBLOCK): another process holds it; names its pid.
    [[nodiscard]] static Result<WriterLock> take(const std::filesystem::path& path);

private:
    explicit WriterLock(Fd fd) : fd_(std::move(fd)) {}

    Fd fd_;
};

} // namespace interdict::plane
