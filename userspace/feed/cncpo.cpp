// SPDX-License-Identifier: Apache-2.0
//
// The CSV of the Italian postal police: "serial;timestamp", then rows url;domain;ip_url;ip.
#include <array>

#include "base/clock.h"
#include "feed/formats.h"
#include "feed/lines.h"

namespace interdict::feed {

namespace {

// 20240521120000, which has no zone and is read as UTC; 0 for another form.
std::int64_t read_time(std::string_view digits)
{
    if (digits.size() != 14)
        return 0;
    return parse_timestamp(fmt::format("{}-{}-{}T{}:{}:{}Z", digits.substr(0, 4), digits.substr(4, 2),
                                       digits.substr(6, 2), digits.substr(8, 2), digits.substr(10, 2),
                                       digits.substr(12, 2)))
        .value_or(0);
}

std::string lower(std::string_view text)
{
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c + 32);
    return out;
}

// Host of column 1 or 3 without its port: what must be in column 2 or 4.
std::string_view host_of(std::string_view url)
{
    const std::string_view host =
        url.find("://") == url.npos ? url.substr(0, url.find_first_of("/?#")) : url_parts(url).host;
    if (host.starts_with('['))
        return host.substr(1, host.find(']') == host.npos ? host.npos : host.find(']') - 1);
    return host.substr(0, host.find(':'));
}

struct Row {
    std::array<std::string_view, 4> columns;
    std::size_t count = 0;
};
Row split(std::string_view line)
{
    Row row;
    while (true) {
        const std::size_t end = line.find(';');
        if (row.count < row.columns.size())
            row.columns[row.count] = trimmed(line.substr(0, end));
        ++row.count;
        if (end == line.npos)
            return row;
        line.remove_prefix(end + 1);
    }
}

void read_row(std::size_t number, std::string_view line, Builder& builder)
{
    const Row row = split(line);
    if (row.count != 4) {
        builder.quarantine(number, line, fmt::format("has {} columns, not 4", row.count),
                           "compare it with the list as it came; was it edited?");
        return;
    }
    const auto& [url, domain, address_url, address] = row.columns;
    const bool has_name = !url.empty() || !domain.empty();
    const bool has_address = !address_url.empty() || !address.empty();
    if (!has_name && !has_address)
        return;
    constexpr std::string_view kRemedy = "ask the authority which of the two is meant";
    if (has_name && host_of(url) != domain) {
        builder.quarantine(number, line, "names one host in column 1 and another one in column 2",
                           std::string(kRemedy));
        return;
    }
    if (has_address && host_of(address_url) != address) {
        builder.quarantine(number, line, "names one host in column 3 and another one in column 4",
                           std::string(kRemedy));
        return;
    }
    if (has_name)
        builder.take(number, domain, read_name(domain, builder.match(), builder.options()));
    else
        builder.take(number, address, read_prefix(address));
    if (has_name && has_address)
        builder.ignore(number, address, "stands beside a name, which is what is blocked");
}

} // namespace

Result<void> read_cncpo(std::string_view text, Builder& builder)
{
    Lines lines(text);
    const auto header = lines.next();
    const Row fields = split(header.value_or(""));
    if (fields.count != 2 || !all_digits(fields.columns[0]) || !all_digits(fields.columns[1]))
        return fail("line 1 is not \"serial;timestamp\", two numbers; is it the whole list?");
    builder.list().serial = fields.columns[0];
    builder.list().stamp = fields.columns[1];
    builder.list().timestamp = read_time(fields.columns[1]);
    std::size_t rows = 0;
    while (const auto raw = lines.next()) {
        const std::string line = lower(trimmed(*raw));
        if ((lines.number() & 0xfff) == 0)
            builder.progress(lines.offset());
        if (line.empty())
            continue;
        ++rows;
        read_row(lines.number(), line, builder);
    }
    if (rows == 0)
        return fail("has a header and no rows; an empty list is never taken");
    return {};
}

} // namespace interdict::feed
