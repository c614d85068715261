// SPDX-License-Identifier: Apache-2.0
//
// mounts.h: file systems of a test's own, which end with it.
#pragma once

#include <filesystem>
#include <string>

namespace interdict::test {

// From now on this process mounts for itself alone.
void own_mounts();

class Mounted {
public:
    Mounted(const std::string& type, const std::string& source, std::filesystem::path at,
            const std::string& options);
    Mounted(const Mounted&) = delete;
    Mounted& operator=(const Mounted&) = delete;
    ~Mounted();

private:
    std::filesystem::path at_;
};

// A BPF file system in which anybody may make folders; pin sets of tests go there.
class OwnBpffs {
public:
    OwnBpffs();
    OwnBpffs(const OwnBpffs&) = delete;
    OwnBpffs& operator=(const OwnBpffs&) = delete;
    ~OwnBpffs();

    void mount() const;
    void unmount() const;

private:
    std::filesystem::path folder_;
};

} // namespace interdict::test
