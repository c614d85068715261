// SPDX-License-Identifier: Apache-2.0
#include "daemon/line_ring.h"

#include <algorithm>

namespace interdict::daemon {

void LineRing::push(std::string_view line)
{
    line = line.substr(0, bytes_.size());
    while (used_ == lines_.size() || held_ + line.size() > bytes_.size()) {
        held_ -= lines_[first_].length;
        first_ = (first_ + 1) % lines_.size();
        --used_;
    }
    const auto offset = used_ == 0 ? 0 : (this->line(0).offset + held_) % bytes_.size();
    const auto head = line.substr(0, bytes_.size() - offset);
    std::ranges::copy(head, bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
    std::ranges::copy(line.substr(head.size()), bytes_.begin());
    lines_[(first_ + used_++) % lines_.size()] = {offset, line.size()};
    held_ += line.size();
}

std::string LineRing::at(std::size_t index) const
{
    const auto& [offset, length] = line(index);
    const std::string_view all(bytes_.data(), bytes_.size());
    std::string text(all.substr(offset, length));
    text += all.substr(0, length - text.size());
    return text;
}

} // namespace interdict::daemon
