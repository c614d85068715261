// SPDX-License-Identifier: Apache-2.0
#include "evidence/tables.h"

#include <algorithm>
#include <span>
#include <vector>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/json.h"
#include "order/write.h"

namespace interdict::evidence {

namespace {

using Json = nlohmann::ordered_json;

std::string time_text(std::int64_t time) { return time == 0 ? std::string() : format_timestamp(time); }

std::string day_text(std::int64_t time) { return format_timestamp(time).substr(0, 10); }

std::string csv_field(std::string_view field)
{
    if (field.find_first_of(",\"\r\n") == std::string_view::npos)
        return std::string(field);
    std::string out = "\"";
    for (const char c : field) {
        if (c == '"')
            out += '"';
        out += c;
    }
    return out + '"';
}

std::string means_text(const order::Order& order, bool name)
{
    std::vector<std::string_view> means;
    for (unsigned channel = 0; channel < INTERDICT_CHANNEL_MAX; ++channel)
        if ((name ? order.means & order::kNameMeans : order::kAddressMeans) & INTERDICT_MEANS(channel))
            means.push_back(order::channel_name(channel));
    return fmt::format("{}", fmt::join(means, " "));
}

std::string ports_text(const order::AddressTarget& address)
{
    std::vector<std::string> ports;
    for (const auto& [first, last] : address.ports)
        ports.push_back(first == last ? fmt::to_string(first) : fmt::format("{}-{}", first, last));
    return fmt::format("{}", fmt::join(ports, " "));
}

class CsvTable {
public:
    explicit CsvTable(Output& out) : out_(out) {}

    void row(const std::vector<std::string>& fields)
    {
        for (std::size_t i = 0; i < fields.size(); ++i) {
            if (i != 0)
                out_.text(",");
            out_.text(csv_field(fields[i]));
        }
        out_.text("\r\n");
    }

private:
    Output& out_;
};

// What both kinds of line begin with.
std::vector<std::string> order_fields(const order::Order& order)
{
    return {order.id,
            std::string(to_string(order.kind)),
            order.authority,
            order.reference,
            order.jurisdiction,
            std::string(to_string(order.status)),
            std::string(to_string(order.mode)),
            fmt::format("{}", fmt::join(order.scope, " "))};
}

// The part of the places that is of this order; they are sorted by order.
std::span<const Place> of_order(const std::vector<Place>& places, std::uint32_t order)
{
    const auto from = std::ranges::lower_bound(places, Place{order, 0});
    const auto until = std::ranges::lower_bound(from, places.end(), Place{order + 1, 0});
    return {from, until};
}

std::int64_t earlier_end(std::int64_t one, std::int64_t other)
{
    return one == 0 || (other != 0 && other < one) ? other : one;
}

} // namespace

void write_csv(const Selection& selection, Output& out)
{
    CsvTable table(out);
    table.row({"order", "kind", "authority", "reference", "jurisdiction", "status", "mode", "scope", "entry",
               "target", "match", "protocol", "ports", "means", "effective", "expires"});
    for (const auto* places : {&selection.names(), &selection.addresses()})
        for (const auto place : *places) {
            const auto& order = selection.order(place.order);
            const auto& item = selection.item(place);
            const bool name = item.target.is_name();
            const auto& address = item.target.address;
            auto fields = order_fields(order);
            fields.insert(fields.end(),
                          {"block", name ? item.target.name.name : to_string(address.prefix),
                           name ? std::string(to_string(item.target.name.match)) : std::string(),
                           name || address.protocol == 0
                               ? std::string()
                               : order::protocol_name(address.protocol, address.prefix.v6),
                           name ? std::string() : ports_text(address), means_text(order, name),
                           time_text(order.effective), time_text(earlier_end(item.expires, order.expires))});
            table.row(fields);
        }
    for (const auto index : selection.orders()) {
        const auto& order = selection.order(index);
        for (const auto& exempt : order.exempt) {
            auto fields = order_fields(order);
            fields.insert(fields.end(),
                          {"exempt", exempt.name, std::string(to_string(exempt.match)), "", "",
                           means_text(order, true), time_text(order.effective), time_text(order.expires)});
            table.row(fields);
        }
    }
}

namespace {

class Notice {
public:
    Notice(const Selection& selection, const Publisher& publisher, std::uint32_t index)
        : selection_(selection), publisher_(publisher), order_(selection.order(index)), index_(index)
    {
    }

    [[nodiscard]] Json json(std::span<const Place> names, std::span<const Place> addresses) const;

private:
    [[nodiscard]] std::string body(std::span<const Place> names, std::span<const Place> addresses) const;
    [[nodiscard]] static Json role(std::string_view name, const std::string& entity, std::string_view kind,
                                   const std::string& country);

    const Selection& selection_;
    const Publisher& publisher_;
    const order::Order& order_;
    std::uint32_t index_;
};

Json Notice::role(std::string_view name, const std::string& entity, std::string_view kind,
                  const std::string& country)
{
    Json attributes = {{"name", entity}, {"kind", kind}};
    if (!country.empty())
        attributes["country_code"] = country;
    return {{"name", name}, {"entity_attributes", attributes}};
}

std::string Notice::body(std::span<const Place> names, std::span<const Place> addresses) const
{
    std::vector<std::string> means;
    if (!names.empty())
        means.push_back(means_text(order_, true));
    if (!addresses.empty())
        means.push_back(means_text(order_, false));
    std::string text =
        fmt::format("By this order access to the listed sites is restricted from the network of {}. The "
                    "sites themselves are "
                    "not changed by it. Means: {}. In effect from {}",
                    publisher_.name, fmt::join(means, " "), format_timestamp(order_.effective));
    text += order_.expires == 0 ? std::string(", without an end")
                                : fmt::format(" until {}", format_timestamp(order_.expires));
    text += fmt::format("; deadline: {}.", order_.comply_within
                                               ? format_timestamp(deadline(order_, order_.effective))
                                               : std::string("none"));
    if (order_.mode == order::Mode::Observe)
        text += " At present requests are only counted, nothing is blocked.";
    if (!order_.exempt.empty()) {
        text += " Exempt:";
        for (const auto& exempt : order_.exempt)
            text += " " + to_string(exempt) + ";";
    }
    if (!addresses.empty()) {
        text += " Addresses:";
        for (const auto place : addresses)
            text += " " + to_string(selection_.item(place).target) + ";";
    }
    if (order_.document)
        text += fmt::format(" SHA-256 of the instrument: {}.", order_.document->sha256);
    return text;
}

Json Notice::json(std::span<const Place> names, std::span<const Place> addresses) const
{
    Json urls = Json::array();
    for (const auto place : names)
        urls.push_back({{"url", fmt::format("https://{}/", selection_.item(place).target.name.name)}});
    Json work = {{"description", "Sites that the order names"},
                 {"infringing_urls_attributes", std::move(urls)}};
    Json roles = Json::array({role("recipient", publisher_.name, "organization", publisher_.country),
                              role("sender", order_.authority, "organization", order_.jurisdiction)});
    if (order_.kind == order::Kind::CourtOrder)
        roles.push_back(role("issuing_court", order_.authority, "organization", order_.jurisdiction));
    Json notice = {
        {"type", "CourtOrder"},
        {"title", fmt::format("{}: order {} to restrict access", order_.authority, order_.reference)},
        {"subject", fmt::format("{} {}, {}", to_string(order_.kind), order_.reference, order_.id)},
        {"body", body(names, addresses)},
        {"date_sent", day_text(order_.issued)},
        {"source", "interdict"},
        {"language", "en"},
        {"action_taken", "Yes"},
        {"jurisdiction_list", order_.jurisdiction},
        {"works_attributes", Json::array({std::move(work)})},
        {"entity_notice_roles_attributes", std::move(roles)}};
    return {{"notice", std::move(notice)}};
}

} // namespace

void write_order_file(const Selection& selection, Output& out)
{
    out.text("{\"orders\": [");
    bool first = true;
    for (const auto index : selection.orders()) {
        order::Order order = selection.order(index);
        order.targets.clear();
        for (const auto* places : {&selection.names(), &selection.addresses()})
            for (const auto place : of_order(*places, index))
                order.targets.push_back(selection.item(place));
        out.text(first ? "\n" : ",\n");
        out.text(order::write_order(order));
        first = false;
    }
    out.text("]}\n");
}

void write_transparency(const Selection& selection, const Publisher& publisher, Output& out)
{
    out.text("[");
    bool first = true;
    for (const auto index : selection.orders()) {
        const Notice notice(selection, publisher, index);
        const auto json =
            notice.json(of_order(selection.names(), index), of_order(selection.addresses(), index));
        out.text(first ? "\n" : ",\n");
        out.text(text_of(json));
        first = false;
    }
    out.text("\n]\n");
}

} // namespace interdict::evidence
