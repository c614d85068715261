// SPDX-License-Identifier: Apache-2.0
//
// reading.h: a list as one text, so that a test can compare it whole.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "feed/read.h"

namespace interdict::feed {

inline List read_good(Format format, std::string_view text, const Options& options = {})
{
    auto list = read(format, text, options);
    if (!list)
        throw std::runtime_error(list.error().message);
    return *std::move(list);
}

inline std::string error_of(Format format, std::string_view text, const Options& options = {})
{
    const auto list = read(format, text, options);
    return list ? std::string() : list.error().message;
}

// "LINE TARGET" each.
inline std::vector<std::string> accepted(const List& list)
{
    std::vector<std::string> out;
    for (const Accepted& entry : list.accepted)
        out.push_back(fmt::format("{} {}", entry.line, order::to_string(entry.item.target)));
    return out;
}

// "LINE STATUS TEXT: REASON" each.
inline std::vector<std::string> refused(const List& list)
{
    std::vector<std::string> out;
    for (const Refused& entry : list.refused)
        out.push_back(
            fmt::format("{} {} {}: {}", entry.line, to_string(entry.status), entry.text, entry.reason));
    return out;
}

using Texts = std::vector<std::string>;

} // namespace interdict::feed
