// SPDX-License-Identifier: Apache-2.0
#include "order/fields.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"

namespace interdict::order {

namespace {

using Type = JsonValue::Type;

constexpr std::size_t kTextMax = 1024;

std::string_view type_name(Type type)
{
    switch (type) {
    case Type::Null:
        return "null";
    case Type::Boolean:
        return "true or false";
    case Type::Integer:
    case Type::Number:
        return "an integer";
    case Type::String:
        return "a string";
    case Type::List:
        return "a list";
    case Type::Object:
        return "an object";
    }
    return "a value";
}

bool plain_key(std::string_view key)
{
    return !key.empty() && std::ranges::all_of(key, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    });
}

bool control_character(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

} // namespace

std::string Path::text() const
{
    if (!parent_)
        return "$";
    std::string out = parent_->text();
    if (key_.data() == nullptr)
        return out + fmt::format("[{}]", index_);
    if (plain_key(key_))
        return out + fmt::format(".{}", key_);
    return out + fmt::format("[\"{}\"]", printable(key_));
}

std::size_t Report::line_of(JsonValue value)
{
    if (line_ends_.empty()) {
        for (std::size_t at = json_.find('\n'); at != json_.npos; at = json_.find('\n', at + 1))
            line_ends_.push_back(at);
        line_ends_.push_back(json_.size());
    }
    const auto before = std::ranges::lower_bound(line_ends_, value.offset()) - line_ends_.begin();
    return static_cast<std::size_t>(before) + 1;
}

void Report::add(std::vector<Problem>& list, const Path& path, JsonValue value, bool quote,
                 std::string message, std::string remedy)
{
    list.push_back({.file = file_,
                    .json_path = path.text(),
                    .line = line_of(value),
                    .value = quote ? printable(value.text(), 300) : std::string(),
                    .message = std::move(message),
                    .remedy = std::move(remedy)});
}

void Report::problem(const Path& path, JsonValue value, std::string message, std::string remedy)
{
    if (problems_.size() < max_problems_)
        add(problems_, path, value, true, std::move(message), std::move(remedy));
    else
        ++unlisted_;
}

void Report::missing(const Path& path, JsonValue where, std::string message, std::string remedy)
{
    if (problems_.size() < max_problems_)
        add(problems_, path, where, false, std::move(message), std::move(remedy));
    else
        ++unlisted_;
}

void Report::warning(const Path& path, JsonValue value, std::string message, std::string remedy)
{
    if (warnings_.size() < max_problems_)
        add(warnings_, path, value, true, std::move(message), std::move(remedy));
}

void Report::syntax(const SyntaxFault& fault)
{
    const Place place = place_of(json_, fault.offset);
    problems_.push_back({.file = file_,
                         .json_path = "$",
                         .line = place.line,
                         .column = place.column,
                         .value = {},
                         .message = "is not readable as JSON: " + printable(fault.message, 300),
                         .remedy = "mend the file; nothing of it was taken"});
}

Fields::Fields(JsonValue object, const Path& path, Report& report, std::span<const std::string_view> known)
    : object_(object), path_(path), report_(report)
{
    if (!expect_type(object, Type::Object, path, report))
        return;
    for (const JsonValue member : object) {
        if (member.repeated())
            report.problem(path.at(member.key()), member, "repeats a key of the same object",
                           "keep one of the two");
        if (std::ranges::find(known, member.key()) == known.end())
            report.missing(path.at(member.key()), member, "is not a known key",
                           fmt::format("write {}", one_of(member.key(), known)));
    }
}

std::optional<JsonValue> Fields::find(std::string_view key) const
{
    if (is_object())
        for (const JsonValue member : object_)
            if (member.key() == key)
                return member.is(Type::Null) ? std::nullopt : std::optional(member);
    return std::nullopt;
}

std::optional<JsonValue> Fields::find(std::string_view key, Type type) const
{
    const auto value = find(key);
    if (value && !expect_type(*value, type, path_.at(key), report_))
        return std::nullopt;
    return value;
}

std::optional<JsonValue> Fields::require(std::string_view key, Type type, std::string_view remedy) const
{
    if (is_object() && !find(key))
        report_.missing(path_.at(key), object_, "is missing", std::string(remedy));
    return find(key, type);
}

std::string Fields::require_text(std::string_view key, std::string_view remedy) const
{
    const auto value = require(key, Type::String, remedy);
    if (!value)
        return {};
    const std::string_view text = value->text();
    if (text.find_first_not_of(' ') == text.npos)
        problem(key, *value, "is empty", std::string(remedy));
    else if (text.size() > kTextMax)
        problem(key, *value, fmt::format("is longer than {} bytes", kTextMax), "shorten it");
    else if (std::ranges::any_of(text, control_character))
        problem(key, *value, "contains control characters", "remove them");
    return std::string(text);
}

bool Fields::boolean_or(std::string_view key, bool otherwise) const
{
    const auto value = find(key, Type::Boolean);
    return value ? value->boolean() : otherwise;
}

std::int64_t Fields::timestamp(std::string_view key) const
{
    const auto value = find(key, Type::String);
    if (!value)
        return 0;
    const auto time = parse_timestamp(value->text());
    if (!time) {
        problem(key, *value, "is not a timestamp", "write date, time and offset, e.g. 2022-07-12T00:00:00Z");
        return 0;
    }
    // 0 means "no limit" to the kernel.
    if (*time < 1) {
        problem(key, *value, "lies before 1970-01-01T00:00:01Z", "check the year");
        return 0;
    }
    return *time;
}

void Fields::problem(std::string_view key, JsonValue value, std::string message, std::string remedy) const
{
    report_.problem(path_.at(key), value, std::move(message), std::move(remedy));
}

std::string one_of(std::string_view word, std::span<const std::string_view> candidates)
{
    if (const std::string_view best = nearest(word, candidates); !best.empty())
        return fmt::format("\"{}\"", best);
    return fmt::format("one of {}", fmt::join(candidates, ", "));
}

bool expect_type(JsonValue value, Type type, const Path& path, Report& report)
{
    if (value.is(type))
        return true;
    report.problem(path, value, fmt::format("is {}", value.type_name()),
                   fmt::format("write {}", type_name(type)));
    return false;
}

std::optional<NumberRange> parse_range(JsonValue value, const Path& path, Report& report,
                                       std::string_view unit, std::int64_t least, std::int64_t most)
{
    std::int64_t first = 0;
    std::int64_t last = 0;
    const std::string form =
        fmt::format("write an integer such as {0} or a range such as \"{0}-{1}\"",
                    least == 1 && most == 65535 ? 8000 : 200, most == 65535 ? 8100 : 299);
    if (value.is(Type::Integer)) {
        first = last = value.integer();
    } else if (value.is(Type::String)) {
        const std::string_view text = value.text();
        const char* const end = text.data() + text.size();
        const auto low = std::from_chars(text.data(), end, first);
        const bool dash = low.ec == std::errc{} && low.ptr != end && *low.ptr == '-';
        const auto high = dash ? std::from_chars(low.ptr + 1, end, last) : low;
        if (!dash || high.ec != std::errc{} || high.ptr != end) {
            report.problem(path, value, fmt::format("is not a {} or a range", unit), form);
            return std::nullopt;
        }
    } else {
        report.problem(path, value, fmt::format("is {}", value.type_name()), form);
        return std::nullopt;
    }
    if (first > last) {
        report.problem(path, value, "is a range that ends before it starts",
                       fmt::format("write \"{}-{}\"", last, first));
        return std::nullopt;
    }
    if (first < least || last > most) {
        report.problem(path, value, fmt::format("is outside of the {}s {} to {}", unit, least, most), form);
        return std::nullopt;
    }
    return NumberRange{static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last)};
}

} // namespace interdict::order
