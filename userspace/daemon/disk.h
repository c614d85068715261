// SPDX-License-Identifier: Apache-2.0
//
// disk.h: whether steps can be written down.
#pragma once

#include <filesystem>
#include <string>

namespace interdict::daemon {

struct Disk {
    std::string fault;   // empty; or why no step can be kept, or soon none: read-only, full, gone
    bool failed = false; // not for want of room or rights: what is open there is to be opened anew
};

[[nodiscard]] Disk look_at_disk(const std::filesystem::path& directory);

} // namespace interdict::daemon
