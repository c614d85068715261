// SPDX-License-Identifier: Apache-2.0
//
// line_ring.h: the last lines of many, in memory that is taken once.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace interdict::daemon {

// Strings of their own, let go of one by one over months, would each hold a page of the heap that everything
// around it has left.
class LineRing {
public:
    // bytes: of all lines together.
    LineRing(std::size_t lines, std::size_t bytes) : lines_(lines), bytes_(bytes) {}

    // The oldest go for it; of a line that is longer than all of the ring only the beginning is kept.
    void push(std::string_view line);

    [[nodiscard]] std::size_t size() const { return used_; }
    // 0 is the oldest.
    [[nodiscard]] std::string at(std::size_t index) const;

private:
    struct Line {
        std::size_t offset = 0;
        std::size_t length = 0;
    };

    [[nodiscard]] const Line& line(std::size_t index) const
    {
        return lines_[(first_ + index) % lines_.size()];
    }

    std::vector<Line> lines_;
    std::vector<char> bytes_;
    std::size_t first_ = 0; // the oldest line
    std::size_t used_ = 0;
    std::size_t held_ = 0; // bytes, from the oldest line's first, around the end
};

} // namespace interdict::daemon
