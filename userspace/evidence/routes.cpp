// SPDX-License-Identifier: Apache-2.0
#include "evidence/routes.h"

#include <map>
#include <vector>

#include <fmt/ranges.h>

namespace interdict::evidence {

namespace {

struct Ipv4First {
    bool operator()(const order::AddressTarget& one, const order::AddressTarget& other) const
    {
        return one.prefix.v6 != other.prefix.v6 ? other.prefix.v6 : one < other;
    }
};

using Citing = std::map<order::AddressTarget, std::vector<std::string_view>, Ipv4First>; // orders' ids

// Several orders on one target make one route.
Citing collect(Selection& selection, bool conditional)
{
    Citing targets;
    for (const auto place : selection.addresses()) {
        const auto& target = selection.item(place).target.address;
        if (target.protocol != 0 && !conditional)
            selection.omit(place.order, Omission::Conditional);
        else
            targets[target].push_back(selection.order(place.order).id);
    }
    return targets;
}

std::string ports(const order::AddressTarget& target, std::string_view single, std::string_view range,
                  std::string_view separator)
{
    std::string text;
    for (const auto& [first, last] : target.ports) {
        if (!text.empty())
            text += separator;
        text += first == last ? fmt::format(fmt::runtime(single), first)
                              : fmt::format(fmt::runtime(range), first, last);
    }
    return text;
}

void head(const Selection& selection, std::string_view what, Output& out)
{
    write_head(selection, "#", what, out, selection.orders());
}

} // namespace

void write_exabgp_blackhole(Selection& selection, const RouteOptions& options, Output& out)
{
    const auto targets = collect(selection, false);
    head(selection, "blackhole routes for ExaBGP", out);
    for (const auto& [target, orders] : targets) {
        out.line("# {}", fmt::join(orders, " "));
        out.line("announce route {} next-hop {} community [{}:{}]", to_string(target.prefix),
                 target.prefix.v6 ? options.next_hop_v6 : options.next_hop_v4, options.community[0],
                 options.community[1]);
    }
}

void write_exabgp_flowspec(Selection& selection, Output& out)
{
    const auto targets = collect(selection, true);
    head(selection, "FlowSpec rules for ExaBGP", out);
    for (const auto& [target, orders] : targets) {
        std::string match = fmt::format("destination {};", to_string(target.prefix));
        if (target.protocol != 0)
            match += fmt::format(" {} ={};", target.prefix.v6 ? "next-header" : "protocol", target.protocol);
        if (!target.ports.empty())
            match += fmt::format(" destination-port [ {} ];", ports(target, "={}", ">={}&<={}", " "));
        out.line("# {}", fmt::join(orders, " "));
        out.line("announce flow route {{ match {{ {} }} then {{ rate-limit 0; }} }}", match);
    }
}

namespace {

// One static protocol with its table for a family. route: what stands behind `route`.
template <class Route>
void bird_protocol(const Citing& targets, bool v6, std::string_view kind, std::string_view channel,
                   Route route, Output& out)
{
    const std::string name = fmt::format("interdict_{}{}", kind, v6 ? 6 : 4);
    out.line("{}{} table {};", channel, v6 ? 6 : 4, name);
    out.line("protocol static {}_routes {{", name);
    out.line("    {}{} {{ table {}; }};", channel, v6 ? 6 : 4, name);
    for (const auto& [target, orders] : targets)
        if (target.prefix.v6 == v6)
            out.line("    route {}; # {}", route(target), fmt::join(orders, " "));
    out.line("}}");
}

} // namespace

void write_bird_blackhole(Selection& selection, const RouteOptions& options, Output& out)
{
    const auto targets = collect(selection, false);
    head(selection, "blackhole routes for BIRD 2", out);
    const auto route = [&](const order::AddressTarget& target) {
        const auto& next_hop = target.prefix.v6 ? options.next_hop_v6 : options.next_hop_v4;
        return fmt::format("{} blackhole {{ bgp_community.add(({}, {}));{} }}", to_string(target.prefix),
                           options.community[0], options.community[1],
                           next_hop == "self" ? "" : fmt::format(" bgp_next_hop = {};", next_hop));
    };
    bird_protocol(targets, false, "blackhole", "ipv", route, out);
    bird_protocol(targets, true, "blackhole", "ipv", route, out);
}

void write_bird_flowspec(Selection& selection, Output& out)
{
    const auto targets = collect(selection, true);
    head(selection, "FlowSpec rules for BIRD 2", out);
    const auto route = [](const order::AddressTarget& target) {
        std::string match = fmt::format("dst {};", to_string(target.prefix));
        if (target.protocol != 0)
            match += fmt::format(" {} {};", target.prefix.v6 ? "next header" : "proto", target.protocol);
        if (!target.ports.empty())
            match += fmt::format(" dport {};", ports(target, "{}", "{}..{}", ","));
        // traffic-rate 0 bytes a second (RFC 8955, 7.1)
        return fmt::format("flow{} {{ {} }} {{ bgp_ext_community.add((generic, 0x80060000, 0x0)); }}",
                           target.prefix.v6 ? 6 : 4, match);
    };
    bird_protocol(targets, false, "flowspec", "flow", route, out);
    bird_protocol(targets, true, "flowspec", "flow", route, out);
}

} // namespace interdict::evidence
