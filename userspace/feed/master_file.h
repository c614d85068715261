// SPDX-License-Identifier: Apache-2.0
//
// master_file.h: zone files (RFC 1035, 5.1), as far as policy zones use them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace interdict::feed {

// One resource record. The views are valid until the next one is read.
struct ZoneRecord {
    std::size_t line = 0;
    std::string_view owner; // as written, or the record's before it; "@" stays "@"
    std::string type;       // upper case
    std::vector<std::string_view> data;
};

class MasterFile {
public:
    // origin: lower case without a final dot, empty = not known.
    MasterFile(std::string_view text, std::string origin);

    // False at the end. Errors, with their line: a parenthesis or quote that is never closed, $INCLUDE and
    // $GENERATE, a record without a type or before any owner.
    [[nodiscard]] Result<bool> next(ZoneRecord& record);

    // The name, lower case, without a final dot, relative ones under the origin; empty is the root. known:
    // false if it is relative and there is no origin.
    struct Absolute {
        std::string name;
        bool known = true;
    };
    [[nodiscard]] Absolute absolute(std::string_view name) const;

    [[nodiscard]] const std::string& origin() const { return origin_; }
    [[nodiscard]] std::size_t offset() const { return offset_; }

private:
    [[nodiscard]] Result<bool> read_tokens(); // of one entry
    [[nodiscard]] Result<bool> directive();   // true if it was one

    std::string_view text_;
    std::string origin_;
    std::size_t offset_ = 0;
    std::size_t line_ = 1;
    std::size_t first_line_ = 1; // of the entry
    bool inherits_ = false;      // it begins with white space
    std::string owner_;
    std::vector<std::string_view> tokens_;
};

} // namespace interdict::feed
