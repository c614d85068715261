// SPDX-License-Identifier: Apache-2.0
//
// What Piracy Shield hands out: one value a line, a JSON list of values, or tickets, with or without the
// envelope
// {"status": "success", "data": ...}.
#include <array>

#include "feed/formats.h"
#include "feed/lines.h"
#include "order/json_tree.h"

namespace interdict::feed {

namespace {

using order::JsonValue;

std::optional<JsonValue> member(JsonValue object, std::string_view key)
{
    if (object.is(JsonValue::Type::Object))
        for (const JsonValue value : object)
            if (value.key() == key)
                return value;
    return std::nullopt;
}

// Values, and tickets with values; entries counts them over the whole document.
void read_values(JsonValue list, std::string_view ticket, std::size_t& entries, Builder& builder);

void read_ticket(JsonValue object, std::size_t& entries, Builder& builder)
{
    static constexpr std::array<std::string_view, 3> kGenres{"fqdn", "ipv4", "ipv6"};
    const auto id = member(object, "ticket_id");
    if (!id || !id->is(JsonValue::Type::String)) {
        builder.quarantine(++entries, "{...}", "is an object without a ticket_id",
                           "compare it with the answer");
        return;
    }
    for (const std::string_view genre : kGenres)
        if (const auto values = member(object, genre); values && values->is(JsonValue::Type::List))
            read_values(*values, id->text(), entries, builder);
        else if (values && !values->is(JsonValue::Type::Null))
            builder.quarantine(++entries, std::string(id->text()),
                               fmt::format("has a {} that is no list", genre), "compare it with the answer");
}

void read_values(JsonValue list, std::string_view ticket, std::size_t& entries, Builder& builder)
{
    for (const JsonValue value : list)
        if (value.is(JsonValue::Type::String))
            builder.entry(++entries, trimmed(value.text()), ticket);
        else if (value.is(JsonValue::Type::Object) && ticket.empty())
            read_ticket(value, entries, builder);
        else
            builder.quarantine(++entries, value.is(JsonValue::Type::List) ? "[...]" : value.text(),
                               fmt::format("is {} where a name or an address is meant", value.type_name()),
                               "compare it with the answer");
}

Result<void> read_json(std::string_view text, Builder& builder)
{
    order::JsonTree tree;
    if (const auto read = tree.read(text); !read)
        return fail("line {}: {}", order::place_of(text, read.error().offset).line, read.error().message);
    JsonValue root = tree.root();
    if (const auto status = member(root, "status"); status && status->text() == "error") {
        const auto code = member(root, "code");
        const auto message = member(root, "message");
        return fail("is an error, not a list: {} {}", code ? code->text() : "",
                    message ? message->text() : "");
    }
    if (const auto data = member(root, "data"))
        root = *data;
    std::size_t entries = 0;
    if (root.is(JsonValue::Type::List))
        read_values(root, {}, entries, builder);
    else if (member(root, "ticket_id"))
        read_ticket(root, entries, builder);
    else
        return fail("is {}, not a list of values or tickets", root.type_name());
    return {};
}

} // namespace

Result<void> read_piracyshield(std::string_view text, Builder& builder)
{
    const std::string_view start = text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    if (start.starts_with('{') || start.starts_with('['))
        return read_json(text, builder);
    Lines lines(text);
    while (const auto line = lines.next()) {
        if (const std::string_view value = trimmed(*line); !value.empty())
            builder.entry(lines.number(), value);
        if ((lines.number() & 0xfff) == 0)
            builder.progress(lines.offset());
    }
    return {};
}

} // namespace interdict::feed
