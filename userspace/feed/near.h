// SPDX-License-Identifier: Apache-2.0
//
// near.h: which name may be meant by a garbled one. For a person to read; nothing here comes into force.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace interdict::feed {

class Near {
public:
    // The texts must outlive this.
    explicit Near(std::vector<std::string_view> known);

    // Empty if nothing is near: a known name by edit distance, else the text without accents and look-alike
    // letters, else with its last label mended.
    [[nodiscard]] std::string find(std::string_view garbled) const;

private:
    [[nodiscard]] std::string_view among_known(std::string_view word) const;

    // A garbled name mostly has its beginning or its end intact, so the near ones are neighbours in one of
    // these.
    std::vector<std::string_view> forward_;  // sorted
    std::vector<std::string_view> backward_; // sorted by the reversed text
};

} // namespace interdict::feed
