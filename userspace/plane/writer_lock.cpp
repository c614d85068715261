// SPDX-License-Identifier: Apache-2.0
#include "plane/writer_lock.h"

#include "plane/kernel.h"

namespace interdict::plane {

Result<WriterLock> WriterLock::take(const std::filesystem::path& path)
{
    auto lock = FileLock::take(path, "is changing this plane");
    if (lock)
        return WriterLock(*std::move(lock));
    // Beside pins there is a likely reason, which fail_kernel() names.
    if (lock.error().code != EWOULDBLOCK)
        return fail_kernel(lock.error().code, "cannot open the lock {}", path.string());
    return std::unexpected(std::move(lock).error());
}

} // namespace interdict::plane
