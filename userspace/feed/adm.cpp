// SPDX-License-Identifier: Apache-2.0
//
// The text of ADM and AGCOM: a header such as 0000350_2025.29.08, which is year, DAY, month, and then one
// name, address or URL a line.
#include "base/clock.h"
#include "feed/formats.h"
#include "feed/lines.h"

namespace interdict::feed {

namespace {

// Nothing if the line has not the shape of a header.
struct Header {
    std::string_view serial;
    std::string_view date;
    std::int64_t timestamp = 0; // 0: there is no such day
};
std::optional<Header> read_header(std::string_view line)
{
    const std::size_t underscore = line.find('_');
    if (underscore == line.npos || !all_digits(line.substr(0, underscore)))
        return std::nullopt;
    const std::string_view date = line.substr(underscore + 1);
    if (date.size() != 10 || date[4] != '.' || date[7] != '.' || !all_digits(date.substr(0, 4)) ||
        !all_digits(date.substr(5, 2)) || !all_digits(date.substr(8, 2)))
        return std::nullopt;
    const auto day =
        parse_date(fmt::format("{}-{}-{}", date.substr(0, 4), date.substr(8, 2), date.substr(5, 2)));
    return Header{line.substr(0, underscore), date, day.value_or(0)};
}

} // namespace

Result<void> read_adm(std::string_view text, Builder& builder)
{
    Lines lines(text);
    bool first = true;
    while (const auto raw = lines.next()) {
        const std::string_view line = trimmed(*raw);
        if ((lines.number() & 0xfff) == 0)
            builder.progress(lines.offset());
        if (line.empty() || line.front() == '#')
            continue;
        if (const auto header = first ? read_header(line) : std::nullopt) {
            builder.list().serial = header->serial;
            builder.list().stamp = header->date;
            builder.list().timestamp = header->timestamp;
            if (header->timestamp == 0)
                builder.quarantine(lines.number(), line, "is a header with a day that does not exist",
                                   "its date is year.day.month; ask the authority whether the list is whole");
        } else {
            builder.entry(lines.number(), line);
        }
        first = false;
    }
    return {};
}

} // namespace interdict::feed
