// SPDX-License-Identifier: Apache-2.0
//
// settings.h: the operator's guard settings file; docs/guard.md is the schema.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "guard/lists.h"
#include "order/order.h"
#include "order/problem.h"

namespace interdict::guard {

// Whether an order may block an address of a shared network by saying that it is used exclusively, or by
// acknowledging that it is not.
enum class Sharing : std::uint8_t { Acknowledge, Hold };

struct Settings {
    std::vector<List> own; // ListKind::Own
    std::vector<ListSpec> lists;
    std::vector<std::string> canary_names;
    std::vector<order::Prefix> canary_addresses; // full length
    unsigned max_width_v4 = 24;                  // shortest prefix length that passes
    unsigned max_width_v6 = 48;
    Sharing sharing = Sharing::Acknowledge;
    bool require_expiry = true;
    // Special-purpose space in which targets are not held; by default that of RFC 5737, 3849 and 9637: nobody
    // can have a site there, so that a block harms nobody, and examples, tests and drills need addresses.
    std::vector<order::Prefix> allow_special_purpose = documentation_space();

    [[nodiscard]] static std::vector<order::Prefix> documentation_space();
};

struct ParsedSettings {
    Settings settings; // what of the file is good
    std::vector<order::Problem> problems;

    [[nodiscard]] bool ok() const { return problems.empty(); }
};

// json: the whole text of the file. Every problem in one pass; nothing here opens a file.
[[nodiscard]] ParsedSettings parse_settings(std::string_view json, std::string file);

} // namespace interdict::guard
