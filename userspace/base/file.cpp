// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <algorithm>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

namespace interdict {
namespace {

constexpr std::size_t kChunk = std::size_t{64} << 10;

// The temporary file of write_file: gone again unless it was kept.
class TemporaryFile {
public:
    explicit TemporaryFile(std::string path) : path_(std::move(path)) {}
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    ~TemporaryFile()
    {
        if (!path_.empty())
            ::unlink(path_.c_str());
    }

    [[nodiscard]] const char* path() const { return path_.c_str(); }
    void keep() { path_.clear(); }

private:
    std::string path_;
};

Result<void> write_all(const Fd& fd, std::string_view content, std::string_view path)
{
    while (!content.empty()) {
        const ssize_t written = ::write(fd.get(), content.data(), content.size());
        if (written < 0) {
            if (errno == EINTR)
                continue;
            return fail_errno(errno, "{}: cannot write {} bytes", path, content.size());
        }
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

std::filesystem::path directory_of(const std::filesystem::path& path)
{
    const auto parent = path.parent_path();
    return parent.empty() ? std::filesystem::path(".") : parent;
}

// A rename lasts only once its directory is on the disk.
Result<void> sync_directory(const std::filesystem::path& directory)
{
    const int raw = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (raw < 0)
        return fail_errno(errno, "{}: cannot open the directory", directory.string());
    const Fd fd(raw);
    // EINVAL: a file system without a disk behind it.
    if (::fsync(fd.get()) < 0 && errno != EINVAL)
        return fail_errno(errno, "{}: cannot flush the directory to disk", directory.string());
    return {};
}

} // namespace

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit)
{
    const int raw = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (raw < 0)
        return fail_errno(errno, "{}: cannot open", path.string());
    const Fd fd(raw);

    struct stat status {};
    if (::fstat(fd.get(), &status) < 0)
        return fail_errno(errno, "{}: cannot stat", path.string());

    const auto too_long = [&] {
        return fail("{}: longer than {} bytes, the most that is read", path.string(), limit);
    };
    // The size is a hint only: /proc says 0, and a file may grow while it is read.
    const auto expected = static_cast<std::size_t>(std::max<off_t>(status.st_size, 0));
    if (S_ISREG(status.st_mode) && expected > limit)
        return too_long();

    std::string content;
    std::size_t used = 0;
    content.resize(S_ISREG(status.st_mode) && expected > 0 ? expected + 1 : kChunk);
    for (;;) {
        if (used == content.size())
            content.resize(content.size() * 2);
        const ssize_t got = ::read(fd.get(), content.data() + used, content.size() - used);
        if (got < 0) {
            if (errno == EINTR)
                continue;
            return fail_errno(errno, "{}: cannot read", path.string());
        }
        if (got == 0)
            break;
        used += static_cast<std::size_t>(got);
        if (used > limit)
            return too_long();
    }
    content.resize(used);
    return content;
}

Result<void> write_file(const std::filesystem::path& path, std::string_view content, mode_t mode, Flush flush)
{
    std::string pattern = path.string() + ".XXXXXX";
    const int raw = ::mkostemp(pattern.data(), O_CLOEXEC);
    if (raw < 0)
        return fail_errno(errno, "{}: cannot make a temporary file beside it", path.string());
    Fd fd(raw);
    TemporaryFile temporary(pattern);

    INTERDICT_CHECK(write_all(fd, content, path.string()));
    if (::fchmod(fd.get(), mode) < 0)
        return fail_errno(errno, "{}: cannot set the mode {:o}", path.string(), mode);
    // Without it the name could reach the disk before the content does.
    if (flush == Flush::Yes && ::fsync(fd.get()) < 0)
        return fail_errno(errno, "{}: cannot flush to disk", path.string());
    fd.reset();
    if (::rename(temporary.path(), path.c_str()) < 0)
        return fail_errno(errno, "{}: cannot replace", path.string());
    temporary.keep();
    return flush == Flush::Yes ? sync_directory(directory_of(path)) : Result<void>();
}

Result<void> flush_file(const std::filesystem::path& path)
{
    const int raw = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (raw < 0)
        return fail_errno(errno, "{}: cannot open", path.string());
    const Fd fd(raw);
    if (::fsync(fd.get()) < 0)
        return fail_errno(errno, "{}: cannot flush to disk", path.string());
    return sync_directory(directory_of(path));
}

} // namespace interdict
