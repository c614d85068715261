// SPDX-License-Identifier: Apache-2.0
//
// html.h: the pages as text: no script, no picture, nothing from elsewhere.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/config.h"
#include "daemon/pages/blocking.h"

namespace interdict::daemon::pages {

// Instead of a page that is blocked; looked has an order.
[[nodiscard]] std::string stop_page(const Looked& looked, const PagesConfig& config);
// Of a name that leads here and is not blocked (any more).
[[nodiscard]] std::string not_blocked_page(std::string_view host, const PagesConfig& config);
// The form, and under it what was found or what is wrong with the query.
[[nodiscard]] std::string lookup_page(std::string_view query, const std::optional<Looked>& looked,
                                      std::string_view fault, const PagesConfig& config);
[[nodiscard]] std::string fault_page(const PagesConfig& config);

// For the header Content-Security-Policy.
[[nodiscard]] std::string content_policy();

// The first URL that says who carries out the block; empty if nobody does.
[[nodiscard]] std::string blocked_by(const Looked& looked, const PagesConfig& config);

} // namespace interdict::daemon::pages
