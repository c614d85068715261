// SPDX-License-Identifier: Apache-2.0
#include "feed/list.h"

#include <algorithm>

#include <nlohmann/json.hpp>

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
        out += line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
        out += '\n';
    }
    return out;
}

} // namespace interdict::feed
