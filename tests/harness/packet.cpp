// SPDX-License-Identifier: Apache-2.0
#include "harness/packet.h"

#include <array>
#include <cstdio>
#include <stdexcept>

#include <arpa/inet.h>

namespace interdict::harness {

namespace {

constexpr std::uint16_t kEtherIPv4 = 0x0800;
constexpr std::uint16_t kEtherIPv6 = 0x86dd;
constexpr std::uint16_t kEtherMpls = 0x8847;
constexpr std::uint16_t kEtherBridged = 0x6558;
constexpr std::uint16_t kEtherExperiment = 0x88b5;

void put8(Bytes& out, unsigned value) { out.push_back(static_cast<std::uint8_t>(value)); }

void put16(Bytes& out, unsigned value)
{
    put8(out, value >> 8);
    put8(out, value);
}

void put32(Bytes& out, std::uint32_t value)
{
    put16(out, value >> 16);
    put16(out, value);
}

void append(Bytes& out, std::span<const std::uint8_t> more)
{
    out.insert(out.end(), more.begin(), more.end());
}

void pad_to_multiple(Bytes& out, std::size_t unit) { out.resize((out.size() + unit - 1) / unit * unit); }

void set16(Bytes& out, std::size_t at, unsigned value)
{
    out[at] = static_cast<std::uint8_t>(value >> 8);
    out[at + 1] = static_cast<std::uint8_t>(value);
}

void put_mac(Bytes& out, const std::string& text)
{
    std::array<unsigned, 6> part{};
    if (std::sscanf(text.c_str(), "%x:%x:%x:%x:%x:%x", &part[0], &part[1], &part[2], &part[3], &part[4],
                    &part[5]) != 6)
        throw std::invalid_argument("not a MAC address: " + text);
    for (const unsigned byte : part)
        put8(out, byte);
}

Bytes address(const std::string& text, bool v6)
{
    Bytes out(v6 ? 16 : 4);
    if (inet_pton(v6 ? AF_INET6 : AF_INET, text.c_str(), out.data()) != 1)
        throw std::invalid_argument("not an address: " + text);
    return out;
}

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

std::uint16_t ether_type(const Layer* next)
{
    if (!next)
        return kEtherExperiment;
    return std::visit(Overloaded{
                          [](const IPv4&) { return kEtherIPv4; },
                          [](const IPv6&) { return kEtherIPv6; },
                          [](const Vlan& tag) { return tag.tpid; },
                          [](const PPPoE& session) { return std::uint16_t(session.code ? 0x8863 : 0x8864); },
                          [](const Mpls&) { return kEtherMpls; },
                          [](const Ethernet&) { return kEtherBridged; },
                          [](const auto&) { return kEtherExperiment; },
                      },
                      *next);
}

std::uint16_t ppp_protocol(const Layer* next)
{
    if (next && std::holds_alternative<IPv4>(*next))
        return 0x0021;
    if (next && std::holds_alternative<IPv6>(*next))
        return 0x0057;
    if (next && std::holds_alternative<Mpls>(*next))
        return 0x0281;
    return 0xc021; // LCP
}

std::uint16_t tunnel_port(const Layer* next)
{
    if (next && std::holds_alternative<Gtpu>(*next))
        return 2152;
    if (next && std::holds_alternative<Vxlan>(*next))
        return 4789;
    if (next && std::holds_alternative<Geneve>(*next))
        return 6081;
    return 443;
}

// Writes one layer in front of what it carries.
class Writer {
public:
    Writer(const std::vector<Layer>& layers, std::size_t index, const Bytes& inside)
        : layers_(layers), index_(index), inside_(inside)
    {
    }

    Bytes operator()(const Ethernet& header) const
    {
        Bytes out;
        put_mac(out, header.destination);
        put_mac(out, header.source);
        const bool length =
            next() && (std::holds_alternative<Llc>(*next()) || std::holds_alternative<Snap>(*next()));
        put16(out, header.type.value_or(length ? inside_.size() : ether_type(next())));
        append(out, inside_);
        if (out.size() < header.minimum)
            out.resize(header.minimum);
        return out;
    }

    Bytes operator()(const Llc& header) const
    {
        Bytes out{header.destination, header.source, 0x03};
        append(out, inside_);
        return out;
    }

    Bytes operator()(const Snap& header) const
    {
        Bytes out{0xaa, 0xaa, 0x03};
        put8(out, header.oui >> 16);
        put16(out, header.oui);
        put16(out, header.type.value_or(ether_type(next())));
        append(out, inside_);
        return out;
    }

    Bytes operator()(const Vlan& header) const
    {
        Bytes out;
        put16(out, header.priority << 13 | (header.id & 0xfff));
        const bool length =
            next() && (std::holds_alternative<Llc>(*next()) || std::holds_alternative<Snap>(*next()));
        put16(out, header.type.value_or(length ? inside_.size() : ether_type(next())));
        append(out, inside_);
        return out;
    }

    Bytes operator()(const PPPoE& header) const
    {
        Bytes out{header.version_type, header.code};
        put16(out, header.session);
        put16(out, header.length.value_or(inside_.size() + 2));
        put16(out, header.protocol.value_or(ppp_protocol(next())));
        append(out, inside_);
        return out;
    }

    Bytes operator()(const Mpls& header) const
    {
        Bytes out;
        const bool bottom = header.bottom.value_or(!next() || !std::holds_alternative<Mpls>(*next()));
        put32(out, header.label << 12 | (bottom ? 1u : 0u) << 8 | header.ttl);
        append(out, inside_);
        return out;
    }

    Bytes operator()(const IPv4& header) const
    {
        Bytes options = header.options;
        pad_to_multiple(options, 4);
        const std::size_t length = 20 + options.size();
        Bytes out;
        put8(out, 0x40 | header.header_words.value_or(length / 4));
        put8(out, header.tos);
        put16(out, header.total_length.value_or(length + inside_.size()));
        put16(out, header.identification);
        put16(out, (header.dont_fragment ? 0x4000u : 0u) | (header.more_fragments ? 0x2000u : 0u) |
                       header.offset / 8);
        put8(out, header.ttl);
        put8(out, header.protocol.value_or(ip_protocol(next())));
        put16(out, 0);
        append(out, address(header.source, false));
        append(out, address(header.destination, false));
        append(out, options);
        set16(out, 10, header.checksum.value_or(internet_checksum(out)));
        append(out, inside_);
        return out;
    }

    Bytes operator()(const IPv6& header) const
    {
        Bytes out;
        put32(out, 6u << 28 | std::uint32_t(header.traffic_class) << 20 | header.flow_label);
        put16(out, header.payload_length.value_or(inside_.size()));
        put8(out, header.next_header.value_or(ip_protocol(next())));
        put8(out, header.hop_limit);
        append(out, address(header.source, true));
        append(out, address(header.destination, true));
        append(out, inside_);
        return out;
    }

    Bytes operator()(const HopByHop& header) const { return options(header); }
    Bytes operator()(const DestinationOptions& header) const { return options(header); }

    Bytes operator()(const Routing& header) const
    {
        Bytes out{header.next_header.value_or(ip_protocol(next())), 0, header.type, header.segments_left};
        append(out, header.data);
        pad_to_multiple(out, 8);
        out[1] = static_cast<std::uint8_t>(out.size() / 8 - 1);
        append(out, inside_);
        return out;
    }

    Bytes operator()(const FragmentHeader& header) const
    {
        Bytes out{header.next_header.value_or(ip_protocol(next())), 0};
        put16(out, unsigned(header.offset) | (header.more ? 1u : 0u));
        put32(out, header.identification);
        append(out, inside_);
        return out;
    }

    Bytes operator()(const Authentication& header) const
    {
        const std::size_t length = 12 + header.value_length;
        Bytes out{header.next_header.value_or(ip_protocol(next())), static_cast<std::uint8_t>(length / 4 - 2),
                  0, 0};
        put32(out, 1);
        put32(out, 1);
        out.resize(length);
        append(out, inside_);
        return out;
    }

    Bytes operator()(const Gre& header) const
    {
        Bytes out;
        put16(out, (header.checksum ? 0x8000u : 0u) | (header.key ? 0x2000u : 0u) |
                       (header.sequence ? 0x1000u : 0u));
        put16(out, header.protocol.value_or(ether_type(next())));
        if (header.checksum)
            put32(out, 0);
        if (header.key)
            put32(out, *header.key);
        if (header.sequence)
            put32(out, *header.sequence);
        append(out, inside_);
        if (header.checksum)
            set16(out, 4, internet_checksum(out));
        return out;
    }

    Bytes operator()(const Tcp& header) const
    {
        Bytes options = header.options;
        pad_to_multiple(options, 4);
        Bytes out;
        put16(out, header.source_port);
        put16(out, header.destination_port);
        put32(out, header.sequence);
        put32(out, header.acknowledgement);
        put8(out, header.header_words.value_or(5 + options.size() / 4) << 4);
        put8(out, header.flags);
        put16(out, header.window);
        put32(out, 0);
        append(out, options);
        append(out, inside_);
        set16(out, 16, header.checksum.value_or(internet_checksum(out, pseudo_header(6, out.size()))));
        return out;
    }

    Bytes operator()(const Udp& header) const
    {
        Bytes out;
        put16(out, header.source_port);
        put16(out, header.destination_port.value_or(tunnel_port(next())));
        put16(out, header.length.value_or(inside_.size() + 8));
        put16(out, 0);
        append(out, inside_);
        const std::uint16_t sum = internet_checksum(out, pseudo_header(17, out.size()));
        set16(out, 6, header.checksum.value_or(sum ? sum : 0xffff));
        return out;
    }

    Bytes operator()(const Gtpu& header) const
    {
        const bool optional = header.sequence || !header.extensions.empty();
        Bytes after;
        if (optional) {
            put16(after, header.sequence.value_or(0));
            put8(after, 0);
            put8(after, header.extensions.empty() ? 0 : 0x85);
        }
        for (std::size_t i = 0; i < header.extensions.size(); ++i) {
            put8(after, (header.extensions[i].size() + 2) / 4);
            append(after, header.extensions[i]);
            put8(after, i + 1 < header.extensions.size() ? 0x85 : 0);
        }
        Bytes out;
        put8(out, 0x30 | (header.extensions.empty() ? 0 : 4) | (header.sequence ? 2 : 0));
        put8(out, 0xff);
        put16(out, after.size() + inside_.size());
        put32(out, header.tunnel);
        append(out, after);
        append(out, inside_);
        return out;
    }

    Bytes operator()(const Vxlan& header) const
    {
        Bytes out;
        put32(out, 0x08000000);
        put32(out, header.network << 8);
        append(out, inside_);
        return out;
    }

    Bytes operator()(const Geneve& header) const
    {
        Bytes out;
        put8(out, header.options.size() / 4);
        put8(out, 0);
        put16(out, header.protocol.value_or(ether_type(next())));
        put32(out, header.network << 8);
        append(out, header.options);
        append(out, inside_);
        return out;
    }

    Bytes operator()(const Payload& payload) const
    {
        Bytes out = payload.data;
        append(out, inside_);
        return out;
    }

private:
    const Layer* next() const { return index_ + 1 < layers_.size() ? &layers_[index_ + 1] : nullptr; }

    template <class T>
    Bytes options(const T& header) const
    {
        Bytes out{header.next_header.value_or(ip_protocol(next())), 0};
        append(out, header.options);
        if (const std::size_t gap = (8 - out.size() % 8) % 8; gap == 1) {
            put8(out, 0);
        } else if (gap > 1) {
            put8(out, 1);
            put8(out, gap - 2);
            out.resize(out.size() + gap - 2);
        }
        out[1] = header.units.value_or(out.size() / 8 - 1);
        append(out, inside_);
        return out;
    }

    std::uint32_t pseudo_header(std::uint8_t protocol, std::size_t length) const
    {
        Bytes sum;
        for (std::size_t i = index_; i-- > 0;) {
            if (const auto* v4 = std::get_if<IPv4>(&layers_[i])) {
                append(sum, address(v4->source, false));
                append(sum, address(v4->destination, false));
                break;
            }
            if (const auto* v6 = std::get_if<IPv6>(&layers_[i])) {
                append(sum, address(v6->source, true));
                append(sum, address(v6->destination, true));
                break;
            }
        }
        put32(sum, static_cast<std::uint32_t>(length));
        put32(sum, protocol);
        return static_cast<std::uint16_t>(~internet_checksum(sum));
    }

    const std::vector<Layer>& layers_;
    std::size_t index_;
    const Bytes& inside_;
};

} // namespace

std::uint8_t ip_protocol(const Layer* next)
{
    if (!next)
        return 59; // no next header
    return std::visit(Overloaded{
                          [](const IPv4&) { return 4; },
                          [](const IPv6&) { return 41; },
                          [](const HopByHop&) { return 0; },
                          [](const DestinationOptions&) { return 60; },
                          [](const Routing&) { return 43; },
                          [](const FragmentHeader&) { return 44; },
                          [](const Authentication&) { return 51; },
                          [](const Gre&) { return 47; },
                          [](const Mpls&) { return 137; },
                          [](const Tcp&) { return 6; },
                          [](const Udp&) { return 17; },
                          [](const auto&) { return 253; },
                      },
                      *next);
}

Bytes bytes(std::string_view text) { return Bytes(text.begin(), text.end()); }

Packet operator/(Packet outer, const Packet& inner)
{
    outer.layers.insert(outer.layers.end(), inner.layers.begin(), inner.layers.end());
    return outer;
}

Bytes build(const Packet& packet)
{
    Bytes out;
    for (std::size_t i = packet.layers.size(); i-- > 0;)
        out = std::visit(Writer(packet.layers, i, out), packet.layers[i]);
    return out;
}

Packet connection(std::uint16_t port)
{
    static std::uint16_t source = 20000;
    return Ethernet{} / IPv4{} / Tcp{.source_port = ++source, .destination_port = port};
}

std::uint16_t internet_checksum(std::span<const std::uint8_t> data, std::uint32_t start)
{
    std::uint64_t sum = start;
    for (std::size_t i = 0; i < data.size(); ++i)
        sum += i % 2 ? data[i] : data[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

} // namespace interdict::harness
