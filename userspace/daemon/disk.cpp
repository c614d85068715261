// SPDX-License-Identifier: Apache-2.0
#include "daemon/disk.h"

#include <cstdint>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/statvfs.h>

#include "base/fd.h"

namespace interdict::daemon {

namespace {

constexpr std::uint64_t kKibibyte = 1024;
// The book's log of a step, and the rule set of a generation.
constexpr std::uint64_t kNeeded = 4 * 1024 * kKibibyte;
constexpr char kRepair[] =
    "look for errors of the disk, unmount, repair and mount it for writing; this daemon goes on by itself";

} // namespace

Disk look_at_disk(const std::filesystem::path& directory)
{
    const auto say = [&](const std::string& why, const std::string& remedy) {
        return fmt::format("{}: {}; no step can be kept, what is live keeps filtering; {}",
                           directory.string(), why, remedy);
    };
    struct statvfs info = {};
    if (::statvfs(directory.c_str(), &info) != 0)
        return {say(std::generic_category().message(errno), "bring the directory back"), true};
    if (info.f_flag & ST_RDONLY)
        return {say("the file system is read-only", kRepair), true};
    const std::uint64_t left = info.f_bavail * info.f_frsize;
    if (left < kNeeded)
        return {say(fmt::format("less than {} KiB are free", kNeeded / kKibibyte), "make room")};
    // One that has met an error may only say so to whoever writes. The file has no name and goes at once.
    const int probe = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (probe >= 0) {
        const Fd closes(probe);
        return {};
    }
    if (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)
        return {}; // not every file system has such files
    const int why = errno;
    const bool failed = why == EROFS || why == EIO;
    return {say(std::generic_category().message(why),
                failed ? kRepair : "give this user the right to write there, or make room"),
            failed};
}

} // namespace interdict::daemon
