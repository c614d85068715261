// SPDX-License-Identifier: Apache-2.0
//
// packet.h: frames for tests, layer by layer:
//     build(Ethernet{} / Vlan{.id = 100} / IPv4{.destination = "192.0.2.7"} / Tcp{.destination_port = 443})
//
// Addresses default to those set aside for documentation (RFC 5737, RFC 3849, RFC 7042). A field that is an
// empty optional is worked out when the frame is built: lengths, checksums, the number that announces the
// next layer. Setting it makes a deliberately wrong one. Ports, sequence numbers and all others are in host
// byte order. Impossible input, such as an address that does not parse, throws std::invalid_argument.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace interdict::harness {

using Bytes = std::vector<std::uint8_t>;

[[nodiscard]] Bytes bytes(std::string_view text);

struct Ethernet {
    std::string source = "00:00:5e:00:53:01";
    std::string destination = "00:00:5e:00:53:02";
    std::optional<std::uint16_t> type{};
    std::size_t minimum =
        0; // zeroes are added behind the packet up to this length; 60 = what the wire asks for
};

// IEEE 802.2 behind an Ethernet header whose type field is a length.
struct Llc {
    std::uint8_t destination = 0x42;
    std::uint8_t source = 0x42;
};

// IEEE 802 SNAP: LLC aa-aa-03, OUI, EtherType.
struct Snap {
    std::uint32_t oui = 0;
    std::optional<std::uint16_t> type{};
};

struct Vlan {
    std::uint16_t id = 0;
    std::uint8_t priority = 0;
    std::uint16_t tpid = 0x8100; // 0x88a8 for the outer tag of 802.1ad
    std::optional<std::uint16_t> type{};
};

struct PPPoE {
    std::uint16_t session = 1;
    std::uint8_t code = 0; // 0 = session stage, EtherType 0x8864; others are discovery, 0x8863
    std::optional<std::uint16_t> length{};
    std::optional<std::uint16_t> protocol{};
    std::uint8_t version_type = 0x11;
};

struct Mpls {
    std::uint32_t label = 16;
    std::uint8_t ttl = 64;
    std::optional<bool> bottom{};
};

struct IPv4 {
    std::string source = "192.0.2.1";
    std::string destination = "198.51.100.1";
    Bytes options{}; // padded to a multiple of 4
    std::uint8_t ttl = 64;
    std::uint8_t tos = 0;
    std::uint16_t identification = 1;
    bool dont_fragment = false;
    bool more_fragments = false;
    std::uint16_t offset = 0; // bytes, a multiple of 8
    std::optional<std::uint8_t> protocol{};
    std::optional<std::uint16_t> total_length{};
    std::optional<std::uint8_t> header_words{};
    std::optional<std::uint16_t> checksum{};
};

struct IPv6 {
    std::string source = "2001:db8:1::1";
    std::string destination = "2001:db8:2::1";
    std::uint8_t hop_limit = 64;
    std::uint8_t traffic_class = 0;
    std::uint32_t flow_label = 0;
    std::optional<std::uint8_t> next_header{};
    std::optional<std::uint16_t> payload_length{};
};

// Extension headers of IPv6. options: TLVs; PadN is added up to a multiple of 8.
struct HopByHop {
    Bytes options{};
    std::optional<std::uint8_t> next_header{};
    std::optional<std::uint8_t> units{};
};

struct DestinationOptions {
    Bytes options{};
    std::optional<std::uint8_t> next_header{};
    std::optional<std::uint8_t> units{};
};

struct Routing {
    std::uint8_t type = 253; // RFC 4727: experiments
    std::uint8_t segments_left = 0;
    Bytes data{}; // after the first 4 bytes; padded with zeroes to a multiple of 8 in all
    std::optional<std::uint8_t> next_header{};
};

struct FragmentHeader {
    std::uint16_t offset = 0; // bytes, a multiple of 8
    bool more = false;
    std::uint32_t identification = 1;
    std::optional<std::uint8_t> next_header{};
};

// RFC 4302 with an integrity check value of zeroes.
struct Authentication {
    std::size_t value_length = 12;
    std::optional<std::uint8_t> next_header{};
};

// RFC 2784, 2890.
struct Gre {
    std::optional<std::uint32_t> key{};
    std::optional<std::uint32_t> sequence{};
    bool checksum = false;
    std::optional<std::uint16_t> protocol{};
};

namespace flag {
inline constexpr std::uint8_t Fin = 0x01;
inline constexpr std::uint8_t Syn = 0x02;
inline constexpr std::uint8_t Rst = 0x04;
inline constexpr std::uint8_t Psh = 0x08;
inline constexpr std::uint8_t Ack = 0x10;
inline constexpr std::uint8_t Urg = 0x20;
} // namespace flag

struct Tcp {
    std::uint16_t source_port = 40000;
    std::uint16_t destination_port = 443;
    std::uint32_t sequence = 1000;
    std::uint32_t acknowledgement = 5000;
    std::uint8_t flags = flag::Ack | flag::Psh;
    std::uint16_t window = 64240;
    Bytes options{}; // padded to a multiple of 4
    std::optional<std::uint8_t> header_words{};
    std::optional<std::uint16_t> checksum{};
};

struct Udp {
    std::uint16_t source_port = 40000;
    std::optional<std::uint16_t> destination_port{}; // else that of the tunnel inside, or 443
    std::optional<std::uint16_t> length{};
    std::optional<std::uint16_t> checksum{};
};

// 3GPP TS 29.281: a G-PDU.
struct Gtpu {
    std::uint32_t tunnel = 1;
    std::optional<std::uint16_t> sequence{};
    std::vector<Bytes> extensions{}; // content of each, 4n - 2 bytes; all are of type 0x85
};

// RFC 7348.
struct Vxlan {
    std::uint32_t network = 1;
};

// RFC 8926.
struct Geneve {
    std::uint32_t network = 1;
    Bytes options{}; // a multiple of 4
    std::optional<std::uint16_t> protocol{};
};

struct Payload {
    Bytes data{};

    Payload() = default;
    explicit Payload(Bytes content) : data(std::move(content)) {}
    explicit Payload(std::string_view text) : data(bytes(text)) {}
};

using Layer =
    std::variant<Ethernet, Llc, Snap, Vlan, PPPoE, Mpls, IPv4, IPv6, HopByHop, DestinationOptions, Routing,
                 FragmentHeader, Authentication, Gre, Tcp, Udp, Gtpu, Vxlan, Geneve, Payload>;

// Layers, outermost first.
struct Packet {
    std::vector<Layer> layers;

    Packet() = default;
    template <class T>
    requires std::constructible_from<Layer, T> &&
        (!std::same_as<std::remove_cvref_t<T>, Packet>)Packet(T&& layer)
        : layers{Layer(std::forward<T>(layer))}
    {
    }

    // The innermost layer of a type.
    template <class T>
    [[nodiscard]] T& get()
    {
        for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer)
            if (auto* found = std::get_if<T>(&*layer))
                return *found;
        throw std::invalid_argument("packet without the layer asked for");
    }
};

[[nodiscard]] Packet operator/(Packet outer, const Packet& inner);

// The headers of a TCP connection of its own with each call.
[[nodiscard]] Packet connection(std::uint16_t port = 443);

// The bytes on the wire, without the frame check sequence.
[[nodiscard]] Bytes build(const Packet& packet);

// The number that announces the layer in an IP header; null: no next header.
[[nodiscard]] std::uint8_t ip_protocol(const Layer* next);

// RFC 1071, ones' complement sum over 16-bit words; 0 over data that carries its right checksum.
[[nodiscard]] std::uint16_t internet_checksum(std::span<const std::uint8_t> data, std::uint32_t start = 0);

// Cuts what the first IPv4 or IPv6 layer carries. sizes: bytes of each fragment but the last, multiples of 8;
// the last takes the rest. In order; headers are as RFC 791 and RFC 8200 section 4.5 have them.
[[nodiscard]] std::vector<Packet> fragment(const Packet& packet, std::span<const std::size_t> sizes);
[[nodiscard]] std::vector<Packet> fragment(const Packet& packet, std::initializer_list<std::size_t> sizes);

// Part of a TCP stream. head ends in Tcp, whose sequence number is that of stream[0].
[[nodiscard]] Packet segment(const Packet& head, std::span<const std::uint8_t> stream, std::size_t offset,
                             std::size_t length);

// The whole stream in order. sizes: bytes of each segment but the last, which takes the rest, if any.
[[nodiscard]] std::vector<Packet> segments(const Packet& head, std::span<const std::uint8_t> stream,
                                           std::span<const std::size_t> sizes);
[[nodiscard]] std::vector<Packet> segments(const Packet& head, std::span<const std::uint8_t> stream,
                                           std::initializer_list<std::size_t> sizes);

// The SYN that opens the connection of head.
[[nodiscard]] Packet syn(Packet head);

} // namespace interdict::harness
