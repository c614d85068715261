// SPDX-License-Identifier: Apache-2.0
//
// disk.h: whether steps can be written down.
#pragma once

#include <filesystem>
#include <string>

namespace interdict::daemon {

// Empty; or why no step can be kept in this directory, or soon none: read-only, full, gone.
[[nodiscard]] std::string disk_fault(const std::filesystem::path& directory);

} // namespace interdict::daemon
