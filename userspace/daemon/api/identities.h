// SPDX-License-Identifier: Apache-2.0
//
// identities.h: who is behind a connection: users of this machine, and holders of tokens.
#pragma once

#include <filesystem>
#include <string>

#include "daemon/api/server.h"

namespace interdict::daemon::api {

// root may approve; members of the group may read; nobody else may anything.
[[nodiscard]] Identities users(const std::string& group);

// The file is read again when it has changed; one that cannot be read opens nothing.
[[nodiscard]] Identities token_holders(const std::filesystem::path& file);

} // namespace interdict::daemon::api
