// SPDX-License-Identifier: Apache-2.0
//
// One name, address, prefix or bare URL a line; # and ; start a comment, at the line's start or after a
// space.
#include "feed/formats.h"
#include "feed/lines.h"

namespace interdict::feed {

Result<void> read_plain(std::string_view text, Builder& builder)
{
    Lines lines(text);
    while (const auto line = lines.next()) {
        std::string_view rest = trimmed(*line);
        if (rest.empty() || rest.front() == '#' || rest.front() == ';' || rest.starts_with("//"))
            continue;
        const std::string_view whole = rest;
        const std::string_view word = take_word(rest);
        rest = trimmed(rest);
        if (rest.empty() || rest.front() == '#' || rest.front() == ';')
            builder.entry(lines.number(), word);
        else
            builder.quarantine(lines.number(), whole, "has more than one word",
                               "list one entry a line; comments start with #");
        if ((lines.number() & 0xfff) == 0)
            builder.progress(lines.offset());
    }
    return {};
}

} // namespace interdict::feed
