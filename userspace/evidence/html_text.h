// SPDX-License-Identifier: Apache-2.0
//
// html_text.h: any text as text of an HTML page.
#pragma once

#include <string>
#include <string_view>

namespace interdict::evidence {

// Safe between tags and within quoted attributes.
[[nodiscard]] std::string html_text(std::string_view text);

} // namespace interdict::evidence
