// SPDX-License-Identifier: Apache-2.0
#include "order/parse_target.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <netinet/in.h>

#include "base/clock.h"
#include "order/name.h"

namespace interdict::order {

namespace {

using Type = JsonValue::Type;

constexpr std::array<std::string_view, 3> kNameKeys{"name", "match", "expires"};
constexpr std::array<std::string_view, 6> kAddressKeys{"prefix",  "protocol",  "ports",
                                                       "expires", "exclusive", "sharing_acknowledged"};
constexpr std::array<std::string_view, 8> kTargetKeys{
    "name", "match", "expires", "prefix", "protocol", "ports", "exclusive", "sharing_acknowledged"};
constexpr std::array<std::string_view, 2> kExemptKeys{"name", "match"};
constexpr std::array<std::string_view, 2> kMatches{"exact", "subtree"};

Match parse_match(const Fields& fields)
{
    const auto value = fields.find("match", Type::String);
    if (!value || value->text() == "subtree")
        return Match::Subtree;
    if (value->text() != "exact")
        fields.problem("match", *value, "is not a way to match", "write " + one_of(value->text(), kMatches));
    return Match::Exact;
}

void parse_name(const Fields& fields, const Path& path, Report& report, NameTarget& target)
{
    target.match = parse_match(fields);
    const auto value = fields.find("name", Type::String);
    if (!value)
        return;
    auto name = normalise_name(value->text(), target.match);
    if (!name) {
        fields.problem("name", *value, std::move(name.error().message), std::move(name.error().remedy));
        return;
    }
    target.name = *std::move(name);
    if (auto doubt = doubt_about(target.name))
        report.warning(path.at("name"), *value, std::move(doubt->message), std::move(doubt->remedy));
}

std::uint8_t parse_protocol(const Fields& fields, bool v6)
{
    constexpr std::string_view kRemedy =
        "write \"tcp\", \"udp\", \"icmp\" or an IP protocol number from 1 to 255";
    const auto value = fields.find("protocol");
    if (!value)
        return 0;
    if (value->is(Type::Integer) && value->integer() >= 1 && value->integer() <= 255)
        return static_cast<std::uint8_t>(value->integer());
    if (value->is(Type::String)) {
        if (value->text() == "tcp")
            return IPPROTO_TCP;
        if (value->text() == "udp")
            return IPPROTO_UDP;
        if (value->text() == "icmp")
            return static_cast<std::uint8_t>(v6 ? +IPPROTO_ICMPV6 : +IPPROTO_ICMP);
    }
    fields.problem("protocol", *value, "is not a protocol", std::string(kRemedy));
    return 0;
}

// Sorted, with overlapping and adjacent ranges made one.
std::vector<PortRange> merged(std::vector<PortRange> ranges)
{
    std::ranges::sort(ranges);
    std::vector<PortRange> out;
    for (const PortRange& range : ranges)
        if (!out.empty() && range.first <= out.back().last + 1)
            out.back().last = std::max(out.back().last, range.last);
        else
            out.push_back(range);
    return out;
}

std::vector<PortRange> parse_ports(const Fields& fields, const Path& path, Report& report,
                                   std::uint8_t protocol)
{
    const auto list = fields.find("ports", Type::List);
    if (!list)
        return {};
    std::vector<PortRange> ranges;
    const Path here = path.at("ports");
    for (std::size_t i = 0; const JsonValue entry : *list) {
        if (const auto range = parse_range(entry, here.at(i), report, "port", 1, 65535))
            ranges.push_back({range->first, range->last});
        ++i;
    }
    if (list->size() == 0)
        fields.problem("ports", *list, "is empty", "leave it out for every port");
    if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP && !fields.find("protocol"))
        fields.problem("ports", *list, "needs a protocol", "add \"protocol\": \"tcp\" or \"udp\"");
    else if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP && protocol != 0)
        fields.problem("ports", *list, "stands beside a protocol that has no ports",
                       "write \"protocol\": \"tcp\" or \"udp\", or leave the ports out");
    ranges = merged(std::move(ranges));
    if (ranges.size() > INTERDICT_RULE_PORTS_MAX)
        fields.problem("ports", *list,
                       fmt::format("has {} separate ranges, a target can have {}", ranges.size(),
                                   INTERDICT_RULE_PORTS_MAX),
                       "spread them over several targets with the same prefix");
    return ranges;
}

void parse_address(const Fields& fields, const Path& path, Report& report, AddressTarget& target)
{
    if (const auto value = fields.find("prefix", Type::String)) {
        auto prefix = parse_prefix(value->text());
        if (prefix)
            target.prefix = *prefix;
        else
            fields.problem("prefix", *value, std::move(prefix.error().message),
                           std::move(prefix.error().remedy));
    }
    target.protocol = parse_protocol(fields, target.prefix.v6);
    target.ports = parse_ports(fields, path, report, target.protocol);
}

// Whether others are known to be at the address, and why that may be.
void parse_sharing(const Fields& fields, Item& item)
{
    if (const auto value = fields.find("exclusive", Type::Boolean))
        item.exclusive = value->boolean();
    if (const auto value = fields.find("sharing_acknowledged")) {
        item.sharing_acknowledged = fields.require_text(
            "sharing_acknowledged", "write who accepts that others are blocked too, and on what grounds");
        if (item.exclusive == true)
            fields.problem("sharing_acknowledged", *value, "stands beside \"exclusive\": true",
                           "keep one of the two: an address is shared or it is not");
    }
}

} // namespace

std::optional<Item> parse_item(JsonValue value, const Path& path, Report& report, const ItemContext& context)
{
    const std::size_t problems = report.count();
    bool name = false;
    bool prefix = false;
    if (value.is(Type::Object))
        for (const JsonValue member : value) {
            name |= member.key() == "name";
            prefix |= member.key() == "prefix";
        }
    const auto known = name == prefix ? std::span<const std::string_view>(kTargetKeys)
                       : name         ? std::span<const std::string_view>(kNameKeys)
                                      : std::span<const std::string_view>(kAddressKeys);
    const Fields fields(value, path, report, known);
    if (!fields.is_object())
        return std::nullopt;

    Item item;
    const std::size_t before_expiry = report.count();
    item.expires = fields.timestamp("expires");
    const bool expiry_faulty = report.count() != before_expiry;
    if (item.expires != 0 && context.effective != 0 && item.expires <= context.effective)
        fields.problem("expires", *fields.find("expires"), "is not after the order's effective",
                       "write a later time, or remove the target");

    if (name && prefix) {
        report.missing(path, value, "has both a name and a prefix", "make two targets of it");
    } else if (name) {
        if (!fields.find("name"))
            report.missing(path.at("name"), value, "is null", "write the host's name");
        parse_name(fields, path, report, item.target.name);
        if (!context.names_possible)
            report.missing(path, value, "is a name, but the order's means are \"address\" alone",
                           "add means such as dns, tls, quic and http, or name the prefix");
    } else if (prefix) {
        if (!fields.find("prefix"))
            report.missing(path.at("prefix"), value, "is null", "write ADDRESS/LENGTH");
        parse_address(fields, path, report, item.target.address);
        parse_sharing(fields, item);
        if (item.expires == 0 && !expiry_faulty && !context.expires)
            report.missing(path.at("expires"), value,
                           "is missing: addresses change hands, so a block on one must end",
                           "add \"expires\" here or to the order");
    } else {
        report.missing(path, value, "names no target", "write \"name\" or \"prefix\"");
    }
    return report.count() == problems ? std::optional(std::move(item)) : std::nullopt;
}

std::optional<NameTarget> parse_exempt(JsonValue value, const Path& path, Report& report)
{
    const std::size_t problems = report.count();
    const Fields fields(value, path, report, kExemptKeys);
    NameTarget target;
    if (fields.require("name", Type::String, "write the name that stays reachable"))
        parse_name(fields, path, report, target);
    return report.count() == problems ? std::optional(std::move(target)) : std::nullopt;
}

} // namespace interdict::order
