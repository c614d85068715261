// SPDX-License-Identifier: Apache-2.0
//
// problem.h: one thing that is wrong in a file, told so that a person can mend it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace interdict::order {

struct Problem {
    std::string file;
    std::string json_path;  // "$.orders[2].targets[0].name"; "$" for the whole file
    std::size_t line = 0;   // from 1; 0 = unknown
    std::size_t column = 0; // from 1, in bytes; 0 = unknown
    std::string value;      // as it stands in the file, shortened; empty if something is missing
    std::string message;
    std::string remedy;
};

// 'FILE:LINE:COLUMN: PATH: "VALUE" MESSAGE; REMEDY', one line without control characters.
[[nodiscard]] std::string to_string(const Problem& problem);

// The candidate with the smallest edit distance to word, empty if none is near.
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

// Quoted for one line of a message: control characters and invalid bytes escaped, at most limit bytes.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 80);

} // namespace interdict::order
