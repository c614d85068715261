// SPDX-License-Identifier: Apache-2.0
#include "plane/foothold.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "plane/kernel.h"

namespace interdict::plane {

namespace fs = std::filesystem;

namespace {

// "control" marks a complete set: it comes last.
bool is_mark(const fs::path& pin)
{
    return pin.filename() == "control" && pin.parent_path().filename() == "maps";
}

Result<void> pin_all(const fs::path& from, const fs::path& to)
{
    std::vector<fs::path> last;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(from, error)) {
        const fs::path target = to / entry.path().filename();
        if (entry.is_directory(error)) {
            if (::mkdir(target.c_str(), 0700) != 0 && errno != EEXIST)
                return fail_kernel(errno, "cannot make the directory {}", target.string());
            INTERDICT_CHECK(pin_all(entry.path(), target));
        } else if (is_mark(target)) {
            last.push_back(entry.path());
        } else {
            INTERDICT_TRY(const auto object, open_pin(entry.path()));
            INTERDICT_CHECK(make_pin(object.get(), target));
        }
    }
    if (error)
        return fail_errno(error.value(), "cannot read {}", from.string());
    for (const auto& pin : last) {
        INTERDICT_TRY(const auto object, open_pin(pin));
        INTERDICT_CHECK(make_pin(object.get(), to / pin.filename()));
    }
    return {};
}

} // namespace

Result<Foothold> Foothold::take(const Pins& pins)
{
    const int folder = ::open(pins.root().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return fail_kernel(errno, "cannot open {}", pins.root().string());
    return Foothold(Fd(folder));
}

bool Foothold::lost(const Pins& pins) const
{
    struct stat here = {};
    struct stat there = {};
    return ::fstat(folder_.get(), &here) != 0 || ::stat(pins.root().c_str(), &there) != 0 ||
           here.st_dev != there.st_dev || here.st_ino != there.st_ino || !pins.exist();
}

Result<void> Foothold::pin_again(const Pins& pins) const
{
    const fs::path here = fmt::format("/proc/self/fd/{}", folder_.get());
    if (!Pins(here).exist())
        return fail("{}: somebody has removed the pins", pins.root().string());
    if (pins.exist())
        return fail("{}: there is another pin set now", pins.root().string());
    INTERDICT_CHECK(pins.make());
    auto done = pin_all(here, pins.root());
    if (!done)
        static_cast<void>(pins.remove());
    return done;
}

} // namespace interdict::plane
