// SPDX-License-Identifier: Apache-2.0
#include "frames.h"

#include <stdexcept>

#include "harness/hello.h"
#include "harness/packet.h"
#include "rules.h"

namespace interdict::bench {

namespace {

constexpr std::size_t kHeaders = 14 + 20 + 20;
constexpr std::size_t kHello = 517;
constexpr std::size_t kLongHello = 1738;
constexpr std::size_t kFirstSegment = 1400;
constexpr std::size_t kRecordHeader = 5;

harness::Packet head() { return harness::Ethernet{} / harness::IPv4{} / harness::Tcp{}; }

} // namespace

Frame data_frame()
{
    return {.vary = Vary::Address, .bytes = harness::build(head() / harness::Payload(Bytes(1200, 'd')))};
}

Frame syn_frame() { return {.vary = Vary::Client, .bytes = harness::build(harness::syn(head()))}; }

Frame hello_frame(Vary vary)
{
    const std::string host = host_below(0);
    const Bytes stream =
        harness::client_hello(harness::Hello{.names = {host}, .length = kHello - kRecordHeader});
    return {.vary = vary,
            .bytes = harness::build(head() / harness::Payload(stream)),
            .name_at = static_cast<std::uint32_t>(kHeaders + harness::position(stream, host) + kDigitsAt)};
}

Frame hello_pair(std::uint32_t pieces)
{
    const std::string host = host_below(0);
    const Bytes stream = harness::client_hello(harness::Hello{.names = {host},
                                                              .place = harness::Place::Last,
                                                              .key_share = 1216,
                                                              .length = kLongHello - kRecordHeader});
    const std::size_t name = harness::position(stream, host);
    if (stream.size() != kLongHello || name < kFirstSegment)
        throw std::invalid_argument("the long hello does not have its name in the second segment");
    const auto parts = harness::segments(head(), stream, {kFirstSegment});
    Frame frame{.vary = Vary::Pair, .bytes = harness::build(parts.at(0))};
    frame.pieces = pieces;
    frame.second_at = static_cast<std::uint32_t>(frame.bytes.size());
    const Bytes second = harness::build(parts.at(1));
    frame.bytes.insert(frame.bytes.end(), second.begin(), second.end());
    frame.name_at = static_cast<std::uint32_t>(kHeaders + name - kFirstSegment + kDigitsAt);
    return frame;
}

Bytes traffic_frame(const std::string& mac)
{
    return harness::build(
        harness::Ethernet{.destination = mac} / harness::IPv4{.destination = "198.51.100.7"} /
        harness::Udp{.source_port = 443, .destination_port = 40000} / harness::Payload(Bytes(22, 'd')));
}

} // namespace interdict::bench
