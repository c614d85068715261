// SPDX-License-Identifier: Apache-2.0
#include "base/file_lock.h"

#include <fstream>
#include <sstream>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace interdict {

namespace {

// From /proc/locks, "1: FLOCK  ADVISORY  WRITE 1234 00:1f:5678 0 EOF"; empty if it is not there.
std::string holder(int fd)
{
    struct stat file = {};
    if (::fstat(fd, &file) != 0)
        return {};
    std::ifstream locks("/proc/locks");
    std::string line;
    while (std::getline(locks, line)) {
        std::istringstream fields(line);
        std::string number, kind, advice, access, pid, inode;
        fields >> number >> kind >> advice >> access >> pid >> inode;
        const auto colon = inode.rfind(':');
        if (kind == "FLOCK" && colon != std::string::npos &&
            inode.substr(colon + 1) == std::to_string(file.st_ino))
            return " (process " + pid + ")";
    }
    return {};
}

} // namespace

Result<FileLock> FileLock::take(const std::filesystem::path& path, std::string_view what)
{
    std::error_code ignored;
    const bool directory = std::filesystem::is_directory(path, ignored);
    const int flags = directory ? O_RDONLY | O_DIRECTORY : O_RDWR | O_CREAT;
    const int opened = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
    if (opened < 0)
        return fail_errno(errno, "cannot open the lock {}", path.string());
    Fd fd(opened);
    if (::flock(opened, LOCK_EX | LOCK_NB) == 0) {
        // Whoever held it before may have removed it.
        struct stat locked = {};
        struct stat named = {};
        if (::fstat(opened, &locked) == 0 && ::stat(path.c_str(), &named) == 0 &&
            locked.st_ino == named.st_ino)
            return FileLock(std::move(fd));
        return std::unexpected(
            Error{fmt::format("{}: was just removed; try again", path.string()), EWOULDBLOCK});
    }
    if (errno != EWOULDBLOCK)
        return fail_errno(errno, "cannot lock {}", path.string());
    return std::unexpected(Error{
        fmt::format("{}: another interdict{} {}; wait for it to end", path.string(), holder(opened), what),
        EWOULDBLOCK});
}

} // namespace interdict
