// SPDX-License-Identifier: Apache-2.0
#include "evidence/rpz.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

namespace interdict::evidence {

namespace {

constexpr std::size_t kWireNameMax = 255; // RFC 1035, 2.3.4
constexpr std::string_view kSerialMark = "; serial";

std::string_view target_of(const ResolverPolicy& policy, Decision decision)
{
    if (decision.verdict == Verdict::Pass)
        return "CNAME rpz-passthru.";
    switch (policy.action(decision)) {
    case INTERDICT_ACTION_DROP:
        return "CNAME rpz-drop.";
    default:
        return "CNAME ."; // the format has no REFUSED
    }
}

class ZoneWriter {
public:
    ZoneWriter(Selection& selection, const ResolverPolicy& policy, const RpzZone& zone, Output& out)
        : selection_(selection), policy_(policy), zone_(zone), out_(out)
    {
    }

    Result<void> write(bool addresses);

private:
    enum class Part { Protected, Pass, Block };

    void head();
    Result<void> part(Part part);
    Result<void> one(const ResolverPolicy::Record& record, std::string_view prefix, Decision decision,
                     Part part);
    void rpz_ips();

    Selection& selection_;
    const ResolverPolicy& policy_;
    const RpzZone& zone_;
    Output& out_;
};

void ZoneWriter::head()
{
    write_head(selection_, ";", "response policy zone", out_, zone_.orders);
    out_.line("$ORIGIN {}.", zone_.origin);
    out_.line("$TTL 60");
    out_.line("@ SOA localhost. hostmaster.invalid. (");
    out_.line("    {} {}", zone_.serial, kSerialMark);
    out_.line("    60 30 604800 60 )");
    out_.line("@ NS localhost.");
}

Result<void> ZoneWriter::one(const ResolverPolicy::Record& record, std::string_view prefix, Decision decision,
                             Part wanted)
{
    if (decision.verdict == Verdict::None)
        return {};
    const bool block = decision.verdict == Verdict::Block;
    if ((block ? Part::Block : record.is_protected ? Part::Protected : Part::Pass) != wanted)
        return {};
    // One byte for the first label's length, one for the root.
    if (prefix.size() + record.name.size() + 1 + zone_.origin.size() + 2 > kWireNameMax) {
        if (!block)
            return fail("the name {} must pass, but {}.{} is too long for a name; choose a shorter zone name",
                        record.name, record.name, zone_.origin);
        selection_.omit(decision.order, Omission::TooLong);
        return {};
    }
    if (block && policy_.action(decision) == INTERDICT_ACTION_SINKHOLE) {
        const auto& sinkhole = policy_.order(decision).sinkhole;
        const auto& id = policy_.order(decision).id;
        if (sinkhole.ipv4)
            out_.line("{}{} A {} ; {}", prefix, record.name, address_text(*sinkhole.ipv4), id);
        if (sinkhole.ipv6)
            out_.line("{}{} AAAA {} ; {}", prefix, record.name, address_text(*sinkhole.ipv6), id);
        return {};
    }
    out_.line("{}{} {}{}{}", prefix, record.name, target_of(policy_, decision), block ? " ; " : "",
              block ? std::string_view(policy_.order(decision).id) : std::string_view());
    return {};
}

Result<void> ZoneWriter::part(Part wanted)
{
    Result<void> state;
    policy_.each(zone_.orders, true, [&](const ResolverPolicy::Record& record) {
        if (state)
            state = one(record, "", record.self, wanted);
        if (state)
            state = one(record, "*.", record.below, wanted);
    });
    return state;
}

void ZoneWriter::rpz_ips()
{
    std::map<order::Prefix, std::uint32_t> by_prefix; // first citing order
    for (const auto place : selection_.addresses()) {
        if (!std::ranges::binary_search(zone_.orders, place.order))
            continue;
        const auto& address = selection_.item(place).target.address;
        if (address.protocol != 0)
            selection_.omit(place.order, Omission::Conditional);
        else
            by_prefix.emplace(address.prefix, place.order);
    }
    if (!by_prefix.empty())
        out_.line("; answers with these addresses");
    for (const auto& [prefix, index] : by_prefix)
        out_.line("{} CNAME . ; {}", rpz_ip(prefix), selection_.order(index).id);
}

Result<void> ZoneWriter::write(bool addresses)
{
    head();
    out_.line("; protected");
    INTERDICT_CHECK(part(Part::Protected));
    out_.line("; exempt");
    INTERDICT_CHECK(part(Part::Pass));
    out_.line("; blocked");
    INTERDICT_CHECK(part(Part::Block));
    if (addresses)
        rpz_ips();
    return {};
}

// Letters and digits of the authority's name, the rest as one hyphen each.
std::string label_of(std::string_view authority)
{
    std::string label;
    for (const char c : authority) {
        const bool upper = c >= 'A' && c <= 'Z';
        if (upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            label += static_cast<char>(upper ? c - 'A' + 'a' : c);
        else if (!label.empty() && label.back() != '-')
            label += '-';
        if (label.size() == 40)
            break;
    }
    while (label.ends_with('-'))
        label.pop_back();
    return label.empty() ? "authority" : label;
}

} // namespace

std::string rpz_ip(const order::Prefix& prefix)
{
    std::string name = fmt::format("{}.", prefix.length);
    if (!prefix.v6) {
        for (int i = 3; i >= 0; --i)
            name += fmt::format("{}.", prefix.address[static_cast<std::size_t>(i)]);
        return name + "rpz-ip";
    }
    std::array<unsigned, 8> words{};
    for (std::size_t i = 0; i < 8; ++i)
        words[i] = static_cast<unsigned>(prefix.address[2 * i] << 8 | prefix.address[2 * i + 1]);
    std::size_t best = 0;
    std::size_t longest = 1; // a single zero is written as 0
    for (std::size_t i = 0; i < 8; ++i) {
        std::size_t run = 0;
        while (i + run < 8 && words[i + run] == 0)
            ++run;
        if (run > longest) {
            best = i;
            longest = run;
        }
    }
    for (std::size_t i = 8; i-- > 0;) {
        if (longest > 1 && i == best + longest - 1) {
            name += "zz.";
            i = best;
        } else {
            name += fmt::format("{:x}.", words[i]);
        }
    }
    return name + "rpz-ip";
}

RpzZone one_zone(const Selection& selection, std::string origin, std::uint32_t serial)
{
    return {std::move(origin), selection.orders(), serial};
}

std::vector<RpzZone> zones_by_authority(const Selection& selection, std::string_view origin,
                                        std::uint32_t serial)
{
    std::map<std::string_view, std::size_t> found;
    std::map<std::string, unsigned> labels;
    std::vector<RpzZone> zones;
    for (const auto index : selection.orders()) {
        const auto [at, added] = found.try_emplace(selection.order(index).authority, zones.size());
        if (added) {
            std::string label = label_of(at->first);
            if (const unsigned before = labels[label]++; before != 0)
                label += fmt::format("-{}", before + 1);
            zones.push_back({fmt::format("{}.{}", label, origin), {}, serial});
        }
        zones[at->second].orders.push_back(index);
    }
    return zones;
}

std::uint32_t serial_of(std::uint64_t generation, std::uint32_t previous)
{
    auto serial = static_cast<std::uint32_t>(generation);
    if (previous != 0 && static_cast<std::int32_t>(serial - previous) <= 0)
        serial = previous + 1;
    return serial == 0 ? 1 : serial;
}

std::uint32_t serial_in(std::string_view zone_file)
{
    const auto mark = zone_file.find(kSerialMark);
    if (mark == std::string_view::npos)
        return 0;
    const auto line = zone_file.rfind('\n', mark) + 1;
    const auto digits = zone_file.substr(line, mark - line);
    const auto first = digits.find_first_not_of(' ');
    std::uint32_t serial = 0;
    if (first != std::string_view::npos)
        std::from_chars(digits.data() + first, digits.data() + digits.size(), serial);
    return serial;
}

Result<void> write_rpz(Selection& selection, const ResolverPolicy& policy, const RpzZone& zone,
                       bool addresses, Output& out)
{
    return ZoneWriter(selection, policy, zone, out).write(addresses);
}

void write_bind_options(std::span<const RpzZone> zones, Output& out)
{
    out.line("// include inside options {{ }} or a view");
    if (zones.empty())
        return;
    out.line("response-policy {{");
    for (const auto& zone : zones)
        out.line("    zone \"{}\" policy given;", zone.origin);
    // Without break-dnssec a client that asks for signatures gets the blocked name.
    out.line("}} qname-wait-recurse no break-dnssec yes;");
}

void write_bind_zones(std::span<const RpzZone> zones, Output& out)
{
    out.line("// include at the top level");
    for (const auto& zone : zones)
        out.line("zone \"{}\" {{ type primary; file \"{}.zone\"; allow-query {{ none; }}; }};", zone.origin,
                 zone.origin);
}

} // namespace interdict::evidence
