// SPDX-License-Identifier: Apache-2.0
#include "feed/list.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace interdict::feed {

std::size_t List::entries() const
{
    std::size_t count = accepted.size();
    for (const order::Order& order : orders)
        count += order.targets.size();
    return count;
}

std::size_t List::count(Status status) const
{
    if (status == Status::Accepted)
        return entries();
    return static_cast<std::size_t>(std::ranges::count(refused, status, &Refused::status));
}

std::string_view to_string(Format format)
{
    switch (format) {
    case Format::Native:
        return "native";
    case Format::PiracyShield:
        return "piracyshield";
    case Format::Cncpo:
        return "cncpo";
    case Format::Adm:
        return "adm";
    case Format::Rpz:
        return "rpz";
    case Format::Csv:
        return "csv";
    case Format::Plain:
        return "plain";
    case Format::Hosts:
        return "hosts";
    case Format::Adblock:
        return "adblock";
    }
    return "";
}

std::string_view to_string(Status status)
{
    switch (status) {
    case Status::Accepted:
        return "accepted";
    case Status::Quarantined:
        return "quarantined";
    case Status::Ignored:
        return "ignored";
    }
    return "";
}

std::string quarantine_text(const List& list)
{
    std::string out;
    for (const Refused& refused : list.refused) {
        const nlohmann::ordered_json line = {
            {"source", list.source},     {"line", refused.line},     {"status", to_string(refused.status)},
            {"text", refused.text},      {"reason", refused.reason}, {"remedy", refused.remedy},
            {"nearest", refused.nearest}};
        out += text_of(line);
        out += '\n';
    }
    return out;
}

Result<std::vector<Refused>> read_quarantine(std::string_view text)
{
    std::vector<Refused> read;
    const auto value = [](const nlohmann::json& line, const char* key) {
        const auto found = line.find(key);
        return found != line.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    for (std::size_t number = 1, at = 0, end = 0; at < text.size(); at = end + 1, ++number) {
        end = std::min(text.find('\n', at), text.size());
        const auto line = nlohmann::json::parse(text.substr(at, end - at), nullptr, false);
        const auto place = line.is_object() ? line.find("line") : line.end();
        if (!line.is_object() || place == line.end() || !place->is_number_unsigned())
            return fail("line {} is none of a file of set aside entries", number);
        const bool ignored = value(line, "status") == to_string(Status::Ignored);
        read.push_back({.line = place->get<std::size_t>(),
                        .status = ignored ? Status::Ignored : Status::Quarantined,
                        .text = value(line, "text"),
                        .reason = value(line, "reason"),
                        .remedy = value(line, "remedy"),
                        .nearest = value(line, "nearest")});
    }
    return read;
}

} // namespace interdict::feed
