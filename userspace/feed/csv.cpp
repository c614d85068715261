// SPDX-License-Identifier: Apache-2.0
//
// Tables with a column map (RFC 4180 quoting, any delimiter).
#include <algorithm>
#include <charconv>

#include "base/clock.h"
#include "feed/formats.h"
#include "feed/lines.h"
#include "order/problem.h"

namespace interdict::feed {

namespace {

// Records of a table; a quoted field may hold delimiters, line ends and doubled quotes.
class Table {
public:
    Table(std::string_view text, char delimiter) : text_(text), delimiter_(delimiter) {}

    // False at the end. line(): where the record begins.
    bool next(std::vector<std::string>& fields)
    {
        if (offset_ >= text_.size())
            return false;
        line_ = next_line_;
        std::size_t count = 0;
        do {
            if (count == fields.size())
                fields.emplace_back();
            read_field(fields[count++]);
        } while (!ended_);
        fields.resize(count);
        return true;
    }

    [[nodiscard]] std::size_t line() const { return line_; }
    [[nodiscard]] std::size_t offset() const { return offset_; }
    [[nodiscard]] bool unterminated() const { return unterminated_; }

private:
    void read_field(std::string& field)
    {
        field.clear();
        if (offset_ < text_.size() && text_[offset_] == '"') {
            ++offset_;
            read_quoted(field);
        }
        const char ends[] = {delimiter_, '\n', '\0'};
        const std::size_t end = std::min(text_.find_first_of(ends, offset_, 2), text_.size());
        field.append(text_.substr(offset_, end - offset_));
        ended_ = end >= text_.size() || text_[end] == '\n';
        next_line_ += end < text_.size() && text_[end] == '\n';
        offset_ = end + 1;
        if (ended_ && field.ends_with('\r'))
            field.pop_back();
    }

    void read_quoted(std::string& field)
    {
        while (true) {
            const std::size_t quote = text_.find('"', offset_);
            const std::string_view part = text_.substr(offset_, quote - offset_);
            field.append(part);
            next_line_ += static_cast<std::size_t>(std::ranges::count(part, '\n'));
            if (quote == text_.npos) {
                unterminated_ = true;
                offset_ = text_.size();
                return;
            }
            offset_ = quote + 1;
            if (offset_ >= text_.size() || text_[offset_] != '"')
                return;
            field += '"';
            ++offset_;
        }
    }

    std::string_view text_;
    char delimiter_;
    std::size_t offset_ = 0;
    std::size_t line_ = 0;
    std::size_t next_line_ = 1;
    bool ended_ = false;
    bool unterminated_ = false;
};

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

struct Columns {
    std::size_t name = kNone;
    std::size_t address = kNone;
    std::size_t expires = kNone;
    std::size_t ticket = kNone;
};

Result<std::size_t> find_column(const std::string& wanted, const std::vector<std::string>& headings)
{
    if (wanted.empty())
        return kNone;
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
    if (error == std::errc{} && end == wanted.data() + wanted.size()) {
        if (number == 0 || number > 1000)
            return fail("column {} of the map: columns are numbered from 1", wanted);
        return number - 1;
    }
    const auto found = std::ranges::find_if(
        headings, [&](const std::string& heading) { return trimmed(heading) == wanted; });
    if (found == headings.end())
        return fail(
            "column \"{}\" of the map is none of the headings ({}); name one of them, or a number from 1",
            wanted,
            headings.empty() ? "there are none: is --header missing?"
                             : order::printable(fmt::format("{}", fmt::join(headings, ", ")), 300));
    return static_cast<std::size_t>(found - headings.begin());
}

Result<Columns> find_columns(const ColumnMap& map, const std::vector<std::string>& headings)
{
    Columns columns;
    INTERDICT_TRY(columns.name, find_column(map.name, headings));
    INTERDICT_TRY(columns.address, find_column(map.address, headings));
    INTERDICT_TRY(columns.expires, find_column(map.expires, headings));
    INTERDICT_TRY(columns.ticket, find_column(map.ticket, headings));
    if (columns.name == kNone && columns.address == kNone)
        return fail("the column map has neither name nor address; write e.g. --map name=1,expires=3");
    return columns;
}

std::string_view field_at(const std::vector<std::string>& fields, std::size_t column)
{
    return column < fields.size() ? trimmed(fields[column]) : std::string_view();
}

Result<std::int64_t> read_end(std::string_view text)
{
    if (text.empty())
        return 0;
    if (const auto time = parse_timestamp(text))
        return *time;
    return parse_date(text);
}

void read_record(std::size_t line, const std::vector<std::string>& fields, const Columns& columns,
                 Builder& builder)
{
    const std::string_view name = field_at(fields, columns.name);
    const std::string_view address = field_at(fields, columns.address);
    const std::string_view end = field_at(fields, columns.expires);
    const std::string_view ticket = field_at(fields, columns.ticket);
    if (name.empty() && address.empty()) {
        if (fields.size() > 1 || !field_at(fields, 0).empty())
            builder.quarantine(line, fmt::format("{}", fmt::join(fields, ",")),
                               "has nothing in the columns of name and address", "check the column map");
        return;
    }
    const auto expires = read_end(end);
    if (!expires) {
        builder.quarantine(line, name.empty() ? address : name, expires.error().message,
                           "an entry whose end is unreadable might block too long");
        return;
    }
    if (!name.empty())
        builder.entry(line, name, ticket, *expires);
    if (!address.empty())
        builder.take(line, address, read_prefix(address), ticket, *expires);
}

} // namespace

Result<void> read_csv(std::string_view text, Builder& builder)
{
    const Options& options = builder.options();
    if (options.delimiter == '"' || options.delimiter == '\n' || options.delimiter == '\r')
        return fail("a quote or a line end cannot be the delimiter");
    Table table(text, options.delimiter);
    std::vector<std::string> fields;
    if (options.header && !table.next(fields))
        return fail("is empty, without the headings that --header promises");
    INTERDICT_TRY(const Columns columns,
                  find_columns(options.columns, options.header ? fields : std::vector<std::string>{}));
    for (std::size_t records = 1; table.next(fields); ++records) {
        if (table.unterminated())
            return fail("line {}: a quote is opened and not closed before the end of the list", table.line());
        read_record(table.line(), fields, columns, builder);
        if ((records & 0xfff) == 0)
            builder.progress(table.offset());
    }
    return {};
}

} // namespace interdict::feed
