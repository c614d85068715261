// SPDX-License-Identifier: Apache-2.0
#include "probe/probes.h"

#include <algorithm>
#include <array>
#include <random>

#include <netinet/in.h>

#include "maps/types.h"

namespace interdict::probe {

namespace {

using ruleset::Rule;

constexpr std::array kNameChannels{INTERDICT_CHANNEL_DNS, INTERDICT_CHANNEL_TLS, INTERDICT_CHANNEL_HTTP,
                                   INTERDICT_CHANNEL_QUIC};

std::uint16_t port_of(unsigned channel)
{
    return channel == INTERDICT_CHANNEL_DNS ? 53 : channel == INTERDICT_CHANNEL_HTTP ? 80 : 443;
}

order::Prefix first_of(order::Prefix prefix)
{
    prefix.length = static_cast<std::uint8_t>(prefix.width());
    return prefix;
}

order::Prefix last_of(order::Prefix prefix)
{
    for (unsigned bit = prefix.length; bit < prefix.width(); ++bit)
        prefix.address[bit / 8] |= static_cast<std::uint8_t>(0x80 >> bit % 8);
    return first_of(prefix);
}

bool has_room_below(std::string_view name) { return name.size() + kBelow.size() <= INTERDICT_NAME_MAX; }

std::uint8_t icmp(bool v6) { return static_cast<std::uint8_t>(v6 ? int{IPPROTO_ICMPV6} : int{IPPROTO_ICMP}); }

bool meets(const interdict_rule& record, std::uint8_t protocol, std::uint16_t port)
{
    if (record.protocol && record.protocol != protocol)
        return false;
    if (!record.ports_count)
        return true;
    return std::ranges::any_of(std::span(record.ports).first(record.ports_count),
                               [&](const auto& range) { return port >= range.first && port <= range.last; });
}

// A kind of packet that an address rule is on.
struct Flavour {
    std::uint8_t protocol = 0;
    std::uint16_t port = 443;

    friend bool operator==(const Flavour&, const Flavour&) = default;
};

// Those at the edges of a rule, and right behind those of the rules before it.
std::vector<Flavour> flavours(const Rule& rule, std::span<const Rule* const> before, bool v6)
{
    const interdict_rule& record = rule.record;
    std::vector<std::uint8_t> protocols{record.protocol};
    if (!record.protocol && record.ports_count)
        protocols = {IPPROTO_TCP, IPPROTO_UDP};
    else if (!record.protocol)
        protocols = {IPPROTO_TCP, IPPROTO_UDP, icmp(v6)};
    std::vector<std::uint16_t> ports;
    for (unsigned i = 0; i < record.ports_count; ++i) {
        ports.push_back(record.ports[i].first);
        ports.push_back(record.ports[i].last);
    }
    if (ports.empty())
        ports.push_back(443);
    for (const Rule* other : before)
        for (unsigned i = 0; i < other->record.ports_count; ++i) {
            ports.push_back(static_cast<std::uint16_t>(other->record.ports[i].last + 1));
            ports.push_back(static_cast<std::uint16_t>(other->record.ports[i].first - 1));
        }
    std::vector<Flavour> all;
    std::vector<Flavour> free; // of rules before
    for (const std::uint8_t protocol : protocols)
        for (const std::uint16_t port : ports) {
            const Flavour flavour{protocol, port};
            if (!meets(record, protocol, port) || std::ranges::find(all, flavour) != all.end())
                continue;
            all.push_back(flavour);
            if (std::ranges::none_of(before,
                                     [&](const Rule* other) { return meets(other->record, protocol, port); }))
                free.push_back(flavour);
        }
    return free.empty() ? all : free;
}

std::uint64_t random_start()
{
    std::random_device random;
    return std::uint64_t{random()} << 32 | random();
}

} // namespace

order::Prefix Strangers::subscriber(bool v6)
{
    order::Prefix prefix{.length = static_cast<std::uint8_t>(v6 ? 128 : 32), .v6 = v6};
    if (v6)
        prefix.address = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    else
        prefix.address = {192, 0, 2, 1};
    return prefix;
}

void Strangers::fill(Packet& packet)
{
    const std::uint64_t number = next_++;
    packet.subscriber_port = static_cast<std::uint16_t>(1024 + number % 64000);
    if (packet.remote.length)
        return;
    const std::uint64_t host = number / 64000;
    auto& at = packet.remote.address;
    packet.remote.v6 = packet.subscriber.v6;
    packet.remote.length = packet.subscriber.length;
    if (packet.remote.v6) {
        at = {0x20, 0x01, 0x00, 0x02, 0, 0}; // 2001:2::/48
        for (unsigned i = 0; i < 8; ++i)
            at[8 + i] = static_cast<std::uint8_t>(host >> (56 - 8 * i));
    } else {
        at = {198, static_cast<std::uint8_t>(18 | (host >> 16 & 1)), static_cast<std::uint8_t>(host >> 8),
              static_cast<std::uint8_t>(host)};
    }
}

ProbeMaker::ProbeMaker(const ruleset::Ruleset& ruleset, std::int64_t now)
    : ruleset_(ruleset), now_(now), strangers_(random_start())
{
    for (const auto& scope : ruleset.scopes)
        places_.push_back(place_of(scope));
    Place nowhere;
    nowhere.subscriber[0] = Strangers::subscriber(false);
    nowhere.subscriber[1] = Strangers::subscriber(true);
    places_.push_back(nowhere);
    for (const Rule& rule : ruleset.rules)
        if (rule.record.next)
            previous_.emplace(rule.record.next, rule.id());
}

ProbeMaker::Place ProbeMaker::place_of(const order::Scope& scope)
{
    Place place;
    if (!scope.vlans.empty())
        place.vlan = scope.vlans.front().first;
    for (const bool v6 : {false, true}) {
        const auto found = std::ranges::find(scope.prefixes, v6, &order::Prefix::v6);
        place.has[v6] = scope.prefixes.empty() || found != scope.prefixes.end();
        place.subscriber[v6] = found == scope.prefixes.end() ? Strangers::subscriber(v6) : first_of(*found);
    }
    return place;
}

std::vector<const Rule*> ProbeMaker::before(const Rule& rule) const
{
    std::vector<const Rule*> rules;
    for (auto at = previous_.find(rule.id()); at != previous_.end(); at = previous_.find(at->second))
        if (const Rule* other = ruleset_.find(at->second); other && !other->observe())
            rules.push_back(other);
    return rules;
}

void ProbeMaker::add(Probe probe, const Place& place, bool v6, std::vector<Probe>& out)
{
    probe.packet.vlan = place.vlan;
    probe.packet.subscriber = place.subscriber[v6];
    strangers_.fill(probe.packet);
    out.push_back(probe);
}

void ProbeMaker::append_names(const Rule& rule, const Place& place, Probe base, std::vector<Probe>& out)
{
    base.packet.name = rule.target.name.name;
    const bool subtree = rule.record.flags & INTERDICT_RULE_SUBTREE && has_room_below(base.packet.name);
    for (const bool below : {false, true}) {
        if (below && !subtree)
            break;
        for (const auto channel : kNameChannels) {
            if (!(rule.record.means & INTERDICT_MEANS(channel)))
                continue;
            Probe probe = base;
            probe.packet.channel = channel;
            probe.packet.below = below;
            probe.packet.remote_port = port_of(channel);
            probe.action =
                static_cast<std::uint8_t>(order::resolved_action(channel, rule.record.action[channel]));
            add(probe, place, !place.has[0], out);
        }
    }
}

void ProbeMaker::append_addresses(const Rule& rule, const Place& place, Probe base, std::vector<Probe>& out)
{
    const order::Prefix& prefix = rule.target.address.prefix;
    if (!place.has[prefix.v6])
        return;
    base.packet.channel = INTERDICT_CHANNEL_ADDRESS;
    base.action = static_cast<std::uint8_t>(
        order::resolved_action(INTERDICT_CHANNEL_ADDRESS, rule.record.action[INTERDICT_CHANNEL_ADDRESS]));
    const auto earlier = before(rule);
    const auto kinds = flavours(rule, earlier, prefix.v6);
    for (const bool from_remote : {false, true})
        for (const bool last : {false, true}) {
            if (last && prefix.length == prefix.width())
                continue;
            for (const Flavour& kind : kinds) {
                Probe probe = base;
                probe.packet.remote = last ? last_of(prefix) : first_of(prefix);
                probe.packet.from_remote = from_remote;
                probe.packet.protocol = kind.protocol;
                probe.packet.remote_port = kind.port;
                add(probe, place, prefix.v6, out);
            }
        }
}

void ProbeMaker::append(const Rule& rule, std::vector<Probe>& out)
{
    const auto from = static_cast<std::int64_t>(rule.record.not_before);
    const auto until = static_cast<std::int64_t>(rule.record.not_after);
    const bool early = from != 0 && now_ < from;
    const bool late = until != 0 && now_ >= until;
    Probe base{.rule = rule.id()};
    base.expect = rule.exempt() ? Expect::Pass : rule.observe() ? Expect::Observe : Expect::Act;
    base.at = early ? from : late ? until - 1 : 0;

    const std::size_t start = out.size();
    const auto append_at = [&](const Place& place) {
        if (rule.target.is_name())
            append_names(rule, place, base, out);
        else
            append_addresses(rule, place, base, out);
    };
    if (!rule.record.scope)
        append_at(places_.back());
    for (std::size_t bit = 0; bit < ruleset_.scopes.size(); ++bit)
        if (rule.record.scope >> bit & 1)
            append_at(places_[bit]);
    if (!(early || late) || rule.exempt())
        return;
    const std::size_t end = out.size();
    for (std::size_t i = start; i < end; ++i) {
        Probe probe = out[i];
        probe.at = 0;
        probe.expect = Expect::Silent;
        strangers_.fill(probe.packet);
        out.push_back(probe);
    }
}

void ProbeMaker::append_canary(const order::Target& target, std::vector<Probe>& out)
{
    constexpr std::array<Flavour, 4> kUsual{
        {{IPPROTO_TCP, 443}, {IPPROTO_UDP, 443}, {IPPROTO_TCP, 80}, {IPPROTO_UDP, 53}}};
    for (const Place& place : places_) {
        if (target.is_name()) {
            Rule rule;
            rule.record.flags = INTERDICT_RULE_SUBTREE;
            rule.record.means = order::kNameMeans;
            rule.target.name.name = target.name.name;
            const std::size_t start = out.size();
            append_names(rule, place, {}, out);
            for (std::size_t i = start; i < out.size(); ++i)
                out[i].packet.name = target.name.name;
            continue;
        }
        const order::Prefix& prefix = target.address.prefix;
        if (!place.has[prefix.v6])
            continue;
        for (const bool from_remote : {false, true})
            for (const bool last : {false, true}) {
                if (last && prefix.length == prefix.width())
                    continue;
                const auto one = [&](const Flavour& kind) {
                    Probe probe;
                    probe.packet.remote = last ? last_of(prefix) : first_of(prefix);
                    probe.packet.from_remote = from_remote;
                    probe.packet.protocol = kind.protocol;
                    probe.packet.remote_port = kind.port;
                    add(probe, place, prefix.v6, out);
                };
                std::ranges::for_each(kUsual, one);
                one({icmp(prefix.v6), 0});
            }
    }
}

} // namespace interdict::probe
