// SPDX-License-Identifier: Apache-2.0
#include "mounts.h"

#include <cstdlib>
#include <sched.h>

#include <catch2/catch_test_macros.hpp>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "plane/lifecycle.h"

namespace interdict::test {

void own_mounts()
{
    lifecycle::need_privilege();
    REQUIRE(::unshare(CLONE_NEWNS) == 0);
    REQUIRE(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
}

Mounted::Mounted(const std::string& type, const std::string& source, std::filesystem::path at,
                 const std::string& options)
    : at_(std::move(at))
{
    REQUIRE(::mount(source.c_str(), at_.c_str(), type.c_str(), 0, options.c_str()) == 0);
}

Mounted::~Mounted() { ::umount2(at_.c_str(), MNT_DETACH); }

OwnBpffs::OwnBpffs()
{
    own_mounts();
    std::string name = (std::filesystem::temp_directory_path() / "interdict-bpf-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    mount();
    ::setenv("INTERDICT_TEST_BPFFS", folder_.c_str(), 1);
}

OwnBpffs::~OwnBpffs()
{
    ::unsetenv("INTERDICT_TEST_BPFFS");
    ::umount2(folder_.c_str(), MNT_DETACH);
    ::rmdir(folder_.c_str());
}

void OwnBpffs::mount() const
{
    REQUIRE(::mount("bpf", folder_.c_str(), "bpf", 0, nullptr) == 0);
    REQUIRE(::chmod(folder_.c_str(), 0777) == 0);
}

void OwnBpffs::unmount() const { REQUIRE(::umount2(folder_.c_str(), MNT_DETACH) == 0); }

} // namespace interdict::test
