// SPDX-License-Identifier: Apache-2.0
#include "evidence/output.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"

namespace interdict::evidence {

namespace {

constexpr std::size_t kPiece = std::size_t{64} << 10;

Result<void> write_all(int fd, std::string_view text, const std::string& name)
{
    while (!text.empty()) {
        const auto written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return fail_errno(errno, "cannot write {}", name);
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Result<void> run(Output& output, const std::function<Result<void>(Output&)>& write)
{
    INTERDICT_CHECK(write(output));
    return output.finish();
}

} // namespace

void Output::text(std::string_view piece)
{
    buffer_ += piece;
    if (buffer_.size() >= kPiece)
        flush();
}

void Output::flush()
{
    if (state_ && !buffer_.empty())
        state_ = sink_(buffer_);
    buffer_.clear();
}

Result<void> Output::finish()
{
    flush();
    return state_;
}

Result<void> replace_file(const std::filesystem::path& file,
                          const std::function<Result<void>(Output&)>& write)
{
    const std::string made = file.string() + fmt::format(".{}.new", ::getpid());
    const int opened = ::open(made.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (opened < 0)
        return fail_errno(errno, "cannot make {}", made);
    const Fd fd(opened);
    Output output([&](std::string_view piece) { return write_all(fd.get(), piece, made); });
    auto done = run(output, write);
    // The name must never show before the bytes are on disk.
    if (done && ::fsync(fd.get()) != 0)
        done = fail_errno(errno, "cannot write {}", made);
    if (done && ::rename(made.c_str(), file.c_str()) != 0)
        done = fail_errno(errno, "cannot replace {}", file.string());
    if (!done)
        ::unlink(made.c_str());
    return done;
}

Result<std::string> to_text(const std::function<Result<void>(Output&)>& write)
{
    std::string text;
    Output output([&](std::string_view piece) -> Result<void> {
        text += piece;
        return {};
    });
    INTERDICT_CHECK(run(output, write));
    return text;
}

} // namespace interdict::evidence
