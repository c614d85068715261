// SPDX-License-Identifier: Apache-2.0
//
// pieces.cpp: packets cut into IP fragments and TCP segments.
#include <algorithm>
#include <stdexcept>

#include "harness/packet.h"

namespace interdict::harness {

namespace {

bool before_fragment_header(const std::vector<Layer>& layers, std::size_t index)
{
    const auto has_routing_after = [&] {
        for (std::size_t i = index + 1; i < layers.size(); ++i)
            if (std::holds_alternative<Routing>(layers[i]))
                return true;
        return false;
    };
    return std::holds_alternative<HopByHop>(layers[index]) ||
           std::holds_alternative<Routing>(layers[index]) ||
           (std::holds_alternative<DestinationOptions>(layers[index]) && has_routing_after());
}

} // namespace

std::vector<Packet> fragment(const Packet& packet, std::span<const std::size_t> sizes)
{
    const auto& layers = packet.layers;
    const auto is_ip = [](const Layer& layer) {
        return std::holds_alternative<IPv4>(layer) || std::holds_alternative<IPv6>(layer);
    };
    const auto found = std::find_if(layers.begin(), layers.end(), is_ip);
    if (found == layers.end())
        throw std::invalid_argument("nothing to fragment: no IP layer");
    const bool v6 = std::holds_alternative<IPv6>(*found);
    std::size_t cut = static_cast<std::size_t>(found - layers.begin()) + 1;
    while (v6 && cut < layers.size() && before_fragment_header(layers, cut))
        ++cut;
    const Layer* next = cut < layers.size() ? &layers[cut] : nullptr;

    Packet head;
    head.layers.assign(layers.begin(), layers.begin() + static_cast<std::ptrdiff_t>(cut));
    // The transport checksum needs the IP layer, so the whole is built and the head taken off again.
    Bytes inside = build(packet);
    if (!layers.empty())
        if (const auto* link = std::get_if<Ethernet>(&layers.front()); link && link->minimum)
            throw std::invalid_argument("fragment first, then pad");
    inside.erase(inside.begin(), inside.begin() + static_cast<std::ptrdiff_t>(build(head).size()));

    std::vector<Packet> out;
    std::size_t offset = 0;
    for (std::size_t i = 0; i <= sizes.size(); ++i) {
        const std::size_t rest = inside.size() - offset;
        const std::size_t length = i < sizes.size() ? std::min(sizes[i], rest) : rest;
        const bool more = offset + length < inside.size();
        if (length == 0)
            break;
        Packet piece = head;
        if (v6) {
            piece = piece / FragmentHeader{.offset = static_cast<std::uint16_t>(offset),
                                           .more = more,
                                           .identification = 1,
                                           .next_header = ip_protocol(next)};
        } else {
            auto& ip = piece.get<IPv4>();
            ip.offset = static_cast<std::uint16_t>(offset);
            ip.more_fragments = more;
            if (!ip.protocol)
                ip.protocol = ip_protocol(next);
        }
        const auto begin = inside.begin() + static_cast<std::ptrdiff_t>(offset);
        out.push_back(piece / Payload(Bytes(begin, begin + static_cast<std::ptrdiff_t>(length))));
        offset += length;
    }
    return out;
}

std::vector<Packet> fragment(const Packet& packet, std::initializer_list<std::size_t> sizes)
{
    return fragment(packet, std::span(sizes.begin(), sizes.size()));
}

Packet segment(const Packet& head, std::span<const std::uint8_t> stream, std::size_t offset,
               std::size_t length)
{
    const auto part = stream.subspan(offset, std::min(length, stream.size() - offset));
    Packet out = head;
    out.get<Tcp>().sequence += static_cast<std::uint32_t>(offset);
    return out / Payload(Bytes(part.begin(), part.end()));
}

std::vector<Packet> segments(const Packet& head, std::span<const std::uint8_t> stream,
                             std::span<const std::size_t> sizes)
{
    std::vector<Packet> out;
    std::size_t offset = 0;
    for (std::size_t i = 0; i <= sizes.size() && offset < stream.size(); ++i) {
        const std::size_t length = i < sizes.size() ? sizes[i] : stream.size() - offset;
        out.push_back(segment(head, stream, offset, length));
        offset += length;
    }
    return out;
}

std::vector<Packet> segments(const Packet& head, std::span<const std::uint8_t> stream,
                             std::initializer_list<std::size_t> sizes)
{
    return segments(head, stream, std::span(sizes.begin(), sizes.size()));
}

Packet syn(Packet head)
{
    auto& tcp = head.get<Tcp>();
    tcp.sequence -= 1;
    tcp.acknowledgement = 0;
    tcp.flags = flag::Syn;
    tcp.options = {2, 4, 0x05, 0xb4};
    return head;
}

} // namespace interdict::harness
