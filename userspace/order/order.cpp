// SPDX-License-Identifier: Apache-2.0
#include "order/order.h"

#include <algorithm>
#include <span>

#include <netinet/in.h>

#include "order/words.h"

namespace interdict::order {

namespace {

constexpr std::array<std::string_view, INTERDICT_CHANNEL_MAX> kChannels{"address", "tls", "quic", "dns",
                                                                        "http"};
constexpr std::array<std::string_view, INTERDICT_ACTION_MAX> kActions{
    "default", "drop", "reset", "nxdomain", "refused", "sinkhole", "notice"};

std::optional<unsigned> index_of(std::span<const std::string_view> names, std::string_view text)
{
    const auto found = std::ranges::find(names, text);
    if (found == names.end())
        return std::nullopt;
    return static_cast<unsigned>(found - names.begin());
}

// FNV-1a, then a finalizer: short names differ in few bits.
std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed)
{
    std::uint64_t sum = 0xcbf29ce484222325 ^ seed;
    for (const char byte : bytes)
        sum = (sum ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
    sum = (sum ^ sum >> 33) * 0xff51afd7ed558ccd;
    return sum ^ sum >> 33;
}

} // namespace

bool gives_rules(Status status)
{
    return status == Status::Interim || status == Status::Active || status == Status::Varied ||
           status == Status::Final;
}

std::int64_t deadline(const Order& order, std::int64_t received)
{
    return order.comply_within ? std::max(order.effective, received) + *order.comply_within : 0;
}

std::string_view to_string(Kind kind) { return kKinds.at(static_cast<std::size_t>(kind)); }

std::string_view to_string(Status status) { return kStatuses.at(static_cast<std::size_t>(status)); }

std::string_view to_string(Mode mode) { return mode == Mode::Observe ? "observe" : "enforce"; }

std::string_view to_string(Match match) { return match == Match::Exact ? "exact" : "subtree"; }

std::string_view channel_name(unsigned channel)
{
    return channel < kChannels.size() ? kChannels[channel] : "?";
}

std::string_view action_name(unsigned action) { return action < kActions.size() ? kActions[action] : "?"; }

std::string protocol_name(std::uint8_t protocol, bool v6)
{
    if (protocol == IPPROTO_TCP)
        return "tcp";
    if (protocol == IPPROTO_UDP)
        return "udp";
    if (protocol == (v6 ? +IPPROTO_ICMPV6 : +IPPROTO_ICMP))
        return "icmp";
    return std::to_string(protocol);
}

std::optional<Kind> kind_named(std::string_view text)
{
    const auto index = index_of(kKinds, text);
    return index ? std::optional(static_cast<Kind>(*index)) : std::nullopt;
}

std::optional<Status> status_named(std::string_view text)
{
    const auto index = index_of(kStatuses, text);
    return index ? std::optional(static_cast<Status>(*index)) : std::nullopt;
}

std::optional<unsigned> channel_named(std::string_view text) { return index_of(kChannels, text); }

std::optional<unsigned> action_named(std::string_view text) { return index_of(kActions, text); }

unsigned actions_of(unsigned channel)
{
    constexpr unsigned kDrop = 1u << INTERDICT_ACTION_DROP;
    constexpr unsigned kReset = 1u << INTERDICT_ACTION_RESET;
    switch (channel) {
    case INTERDICT_CHANNEL_ADDRESS:
    case INTERDICT_CHANNEL_TLS:
        return kDrop | kReset;
    case INTERDICT_CHANNEL_QUIC:
        return kDrop;
    case INTERDICT_CHANNEL_DNS:
        return 1u << INTERDICT_ACTION_NXDOMAIN | 1u << INTERDICT_ACTION_REFUSED |
               1u << INTERDICT_ACTION_SINKHOLE | kDrop;
    case INTERDICT_CHANNEL_HTTP:
        return 1u << INTERDICT_ACTION_NOTICE | kReset | kDrop;
    default:
        return 0;
    }
}

unsigned resolved_action(unsigned channel, unsigned action)
{
    return action != INTERDICT_ACTION_DEFAULT ? action : interdict_default_action(channel);
}

std::uint64_t place_hash(std::string_view name) { return hash_bytes(name, 0); }

std::uint64_t place_hash(const Target& target)
{
    if (target.is_name())
        return place_hash(target.name.name);
    const Prefix& prefix = target.address.prefix;
    const std::string_view bytes(reinterpret_cast<const char*>(prefix.address.data()), prefix.address.size());
    return hash_bytes(bytes, 1 + prefix.length * 2u + prefix.v6);
}

bool same_place(const Target& one, const Target& other)
{
    return one.name.name == other.name.name && one.address.prefix == other.address.prefix;
}

std::string_view parent_of(std::string_view name)
{
    const auto dot = name.find('.');
    return dot == name.npos ? std::string_view() : name.substr(dot + 1);
}

bool is_below(std::string_view name, std::string_view ancestor)
{
    return name.size() > ancestor.size() + 1 && name.ends_with(ancestor) &&
           name[name.size() - ancestor.size() - 1] == '.';
}

std::string to_string(const NameTarget& target)
{
    return target.match == Match::Subtree ? target.name + " and below" : target.name;
}

std::string to_string(const Target& target)
{
    if (target.is_name())
        return to_string(target.name);
    const AddressTarget& address = target.address;
    std::string out = to_string(address.prefix);
    if (address.protocol != 0)
        out += " " + protocol_name(address.protocol, address.prefix.v6);
    for (char separator = ' '; const PortRange& range : address.ports) {
        out += separator + std::to_string(range.first);
        if (range.last != range.first)
            out += "-" + std::to_string(range.last);
        separator = ',';
    }
    return out;
}

} // namespace interdict::order
