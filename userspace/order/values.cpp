// SPDX-License-Identifier: Apache-2.0
#include "order/values.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "order/name.h"

namespace interdict::order {

using Type = JsonValue::Type;

bool read_tree(std::string_view json, JsonTree& tree, Report& report)
{
    const auto read = tree.read(json);
    if (!read)
        report.syntax(read.error());
    return read.has_value();
}

std::optional<std::string> read_host_name(JsonValue value, const Path& at, Report& report)
{
    if (!expect_type(value, Type::String, at, report))
        return std::nullopt;
    auto name = normalise_name(value.text(), Match::Exact);
    if (name)
        return *std::move(name);
    report.problem(at, value, std::move(name.error().message), std::move(name.error().remedy));
    return std::nullopt;
}

std::optional<Prefix> read_prefix(JsonValue value, const Path& at, Report& report)
{
    if (!expect_type(value, Type::String, at, report))
        return std::nullopt;
    auto prefix = parse_prefix(value.text());
    if (prefix)
        return *prefix;
    report.problem(at, value, std::move(prefix.error().message), std::move(prefix.error().remedy));
    return std::nullopt;
}

std::optional<std::int64_t> read_number(const Fields& fields, std::string_view key, std::int64_t least,
                                        std::int64_t most)
{
    const auto value = fields.find(key, Type::Integer);
    if (!value)
        return std::nullopt;
    if (value->integer() >= least && value->integer() <= most)
        return value->integer();
    fields.problem(key, *value, "is out of range", fmt::format("write a number from {} to {}", least, most));
    return std::nullopt;
}

void read_duration(const Fields& fields, std::string_view key, std::int64_t least, std::int64_t& into,
                   std::int64_t most)
{
    const auto value = fields.find(key, Type::String);
    if (!value)
        return;
    const auto seconds = parse_duration(value->text());
    if (!seconds)
        fields.problem(key, *value, seconds.error().message, "write e.g. PT1H or P14D");
    else if (*seconds < least)
        fields.problem(key, *value, "is too short", "write at least " + format_duration(least));
    else if (*seconds > most)
        fields.problem(key, *value, "is too long", "write at most " + format_duration(most));
    else
        into = *seconds;
}

} // namespace interdict::order
