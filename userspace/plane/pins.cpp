// SPDX-License-Identifier: Apache-2.0
#include "plane/pins.h"

#include <algorithm>

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "maps/pins.h"
#include "plane/kernel.h"

namespace interdict::plane {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kMembers = "members";
constexpr std::string_view kProof = "proof";
constexpr std::string_view kNext = "next";
constexpr std::string_view kDirectories[] = {INTERDICT_PIN_MAPS, INTERDICT_PIN_PROGS, INTERDICT_PIN_LINKS,
                                             kMembers};

// bpffs refuses names with a dot, and an interface's name ("eth0.100") never has a colon.
std::string pin_name(std::string_view interface)
{
    std::string name(interface);
    std::ranges::replace(name, '.', ':');
    return name;
}

std::vector<std::string> entries(const fs::path& directory)
{
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(directory, ignored)) {
        std::string name = entry.path().filename();
        std::ranges::replace(name, ':', '.');
        names.push_back(std::move(name));
    }
    std::ranges::sort(names);
    return names;
}

Result<void> make_directory(const fs::path& path)
{
    if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST)
        return {};
    return fail_kernel(errno, "cannot make the directory {}", path.string());
}

} // namespace

fs::path Pins::map(std::string_view name) const { return root_ / INTERDICT_PIN_MAPS / name; }

fs::path Pins::program(std::string_view name) const { return root_ / INTERDICT_PIN_PROGS / name; }

fs::path Pins::link(std::string_view interface) const
{
    return root_ / INTERDICT_PIN_LINKS / pin_name(interface);
}

fs::path Pins::member(std::string_view interface) const { return root_ / kMembers / pin_name(interface); }

Pins Pins::proof() const { return Pins(root_ / kProof); }

Pins Pins::next() const { return Pins(root_ / kNext); }

std::vector<std::string> Pins::parts()
{
    std::vector<std::string> parts{std::string(kProof)};
    parts.insert(parts.end(), std::rbegin(kDirectories), std::rend(kDirectories));
    return parts;
}

bool Pins::exist() const
{
    std::error_code ignored;
    return fs::exists(map("control"), ignored);
}

std::vector<std::string> Pins::linked() const { return entries(root_ / INTERDICT_PIN_LINKS); }

std::vector<std::string> Pins::members() const { return entries(root_ / kMembers); }

Result<void> Pins::make() const
{
    INTERDICT_CHECK(check_bpffs(root_));
    std::vector<fs::path> missing;
    std::error_code ignored;
    for (fs::path path = root_; !path.empty() && !fs::exists(path, ignored); path = path.parent_path())
        missing.push_back(path);
    for (const auto& path : std::vector<fs::path>(missing.rbegin(), missing.rend()))
        INTERDICT_CHECK(make_directory(path));
    for (const auto name : kDirectories)
        INTERDICT_CHECK(make_directory(root_ / name));
    return {};
}

// Only what belongs here: a wrong path must not cost anybody else their pins.
Result<void> Pins::clear_part(const std::string& part) const
{
    if (part == kProof)
        return proof().remove();
    std::error_code ignored;
    const fs::path directory = root_ / part;
    for (const auto& entry : fs::directory_iterator(directory, ignored))
        if (::unlink(entry.path().c_str()) != 0 && errno != ENOENT)
            return fail_kernel(errno, "cannot remove the pin {}", entry.path().string());
    if (::rmdir(directory.c_str()) != 0 && errno != ENOENT)
        return fail_kernel(errno, "cannot remove the directory {}", directory.string());
    return {};
}

Result<void> Pins::clear() const
{
    std::error_code ignored;
    for (const auto& part : {kNext, kProof})
        if (fs::exists(root_ / part, ignored))
            INTERDICT_CHECK(Pins(root_ / part).remove());
    for (const auto name : kDirectories)
        INTERDICT_CHECK(clear_part(std::string(name)));
    return {};
}

Result<void> Pins::remove() const
{
    INTERDICT_CHECK(clear());
    if (::rmdir(root_.c_str()) != 0 && errno != ENOENT)
        return fail_kernel(errno, "cannot remove the directory {}", root_.string());
    return {};
}

Result<void> check_bpffs(const fs::path& path)
{
    fs::path existing = path;
    std::error_code ignored;
    while (!fs::exists(existing, ignored) && existing.has_relative_path())
        existing = existing.parent_path();
    struct statfs info = {};
    if (::statfs(existing.c_str(), &info) != 0)
        return fail_kernel(errno, "cannot look at {}", existing.string());
    if (info.f_type != BPF_FS_MAGIC)
        return fail("{}: {} is not in a BPF file system; mount one: mount -t bpf bpf /sys/fs/bpf",
                    path.string(), existing.string());
    return {};
}

} // namespace interdict::plane
