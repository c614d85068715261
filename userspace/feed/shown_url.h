// SPDX-License-Identifier: Apache-2.0
//
// shown_url.h: what messages, logs and answers may say of an address that lists come from.
#pragma once

#include <string>
#include <string_view>

namespace interdict::feed {

// Without user, password, query and fragment (RFC 3986, 3): any of them may be a secret. What was left out
// behind the path is "?...". Text that is no URL is cut the same way.
[[nodiscard]] std::string shown_url(std::string_view url);

// A user name or a password stands before the host.
[[nodiscard]] bool names_user(std::string_view url);

} // namespace interdict::feed
