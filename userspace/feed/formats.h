// SPDX-License-Identifier: Apache-2.0
//
// formats.h: the readers, one file each, behind read(). text: without a byte order mark.
#pragma once

#include <string_view>

#include "feed/builder.h"

namespace interdict::feed {

[[nodiscard]] Result<void> read_native(std::string_view text, Builder& builder);
[[nodiscard]] Result<void> read_piracyshield(std::string_view text, Builder& builder);
[[nodiscard]] Result<void> read_cncpo(std::string_view text, Builder& builder);
[[nodiscard]] Result<void> read_adm(std::string_view text, Builder& builder);
[[nodiscard]] Result<void> read_rpz(std::string_view text, Builder& builder);
[[nodiscard]] Result<void> read_csv(std::string_view text, Builder& builder);
[[nodiscard]] Result<void> read_plain(std::string_view text, Builder& builder);
[[nodiscard]] Result<void> read_hosts(std::string_view text, Builder& builder);
[[nodiscard]] Result<void> read_adblock(std::string_view text, Builder& builder);

} // namespace interdict::feed
