// SPDX-License-Identifier: Apache-2.0
//
// file.h: whole files, read and replaced.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "base/result.h"

namespace interdict {

// The largest file that is read into memory unless the caller says otherwise.
inline constexpr std::size_t kFileLimit = std::size_t{1} << 30;

// All bytes of a regular file, a pipe or a device such as /dev/stdin. limit: bytes; a longer file is an
// error, never a cut-off text. Errors name the path.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& path,
                                            std::size_t limit = kFileLimit);

// No: for what is not worth more than this run of the machine. Readers see one content or the other, too, but
// a power cut may leave an empty file.
enum class Flush { Yes, No };

// Replaces the file, or makes it, in one step: a reader, and a machine that loses power at any moment, sees
// either the old content or the whole new one. The directory must exist and be writable; a symbolic link is
// replaced, not followed. mode: permission bits, not subject to umask. On error the old file is untouched.
[[nodiscard]] Result<void> write_file(const std::filesystem::path& path, std::string_view content,
                                      mode_t mode = 0644, Flush flush = Flush::Yes);

// What was written without, later.
[[nodiscard]] Result<void> flush_file(const std::filesystem::path& path);

} // namespace interdict
