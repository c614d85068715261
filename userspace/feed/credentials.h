// SPDX-License-Identifier: Apache-2.0
//
// credentials.h: secrets from files that nobody else can read.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace interdict::feed {

struct Credentials {
    std::string email;
    std::string password;
};

// {"email": ..., "password": ...}. Errors, without a word of the content: a file that its group or others may
// read, one of another user than this one or root, other members.
[[nodiscard]] Result<Credentials> read_credentials(const std::filesystem::path& path);

} // namespace interdict::feed
