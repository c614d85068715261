// SPDX-License-Identifier: Apache-2.0
//
// lines.h: text by the line.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace interdict::feed {

// Line ends are LF or CR LF; a last line without one counts.
class Lines {
public:
    explicit Lines(std::string_view text) : text_(text) {}

    [[nodiscard]] std::optional<std::string_view> next();
    [[nodiscard]] std::size_t number() const { return number_; } // of the line that came last, from 1
    [[nodiscard]] std::size_t offset() const { return offset_; } // bytes that were read

private:
    std::string_view text_;
    std::size_t offset_ = 0;
    std::size_t number_ = 0;
};

// Without spaces, tabs and the like at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

// Takes the first word of text, empty if there is none.
[[nodiscard]] std::string_view take_word(std::string_view& text);

[[nodiscard]] bool all_digits(std::string_view text); // false for an empty one

// text without a byte order mark. Errors: not the text of a list but an encrypted file, a web page, UTF-16,
// an archive.
[[nodiscard]] Result<std::string_view> list_text(std::string_view bytes);

} // namespace interdict::feed
