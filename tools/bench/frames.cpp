// SPDX-License-Identifier: Apache-2.0
#include "frames.h"

#include <stdexcept>

#include "harness/dns.h"
#include "harness/hello.h"
#include "harness/packet.h"
#include "rules.h"

namespace interdict::bench {

namespace {

constexpr std::size_t kHeaders = 14 + 20 + 20;
constexpr std::size_t kUdpHeaders = 14 + 20 + 8;
constexpr std::size_t kQuestionAt = 12; // in a DNS message
constexpr std::size_t kHello = 517;
constexpr std::size_t kLongHello = 1738;
constexpr std::size_t kFirstSegment = 1400;
constexpr std::size_t kRecordHeader = 5;

// As curl and Firefox send them.
constexpr char kShortFields[] = "User-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n";
constexpr char kBrowserFields[] =
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: en-US,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate\r\n"
    "Connection: keep-alive\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "Priority: u=0, i\r\n\r\n";

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

Frame dns_frame(Vary vary, bool edns)
{
    harness::Query query = harness::ask(host_below(0));
    if (edns)
        query.edns.emplace();
    return {.vary = vary,
            .bytes =
                harness::build(harness::Ethernet{} / harness::IPv4{} / harness::Udp{.destination_port = 53} /
                               harness::Payload(harness::message(query))),
            .name_at = static_cast<std::uint32_t>(kUdpHeaders + kQuestionAt + 1 + kDigitsAt)};
}

Frame http_frame(Vary vary, Request request)
{
    std::string text = "GET /index.html HTTP/1.1\r\nHost: " + host_below(0) + "\r\n";
    text += request == Request::Short ? kShortFields : kBrowserFields;
    const auto head = harness::Ethernet{} / harness::IPv4{} / harness::Tcp{.destination_port = 80};
    return {.vary = vary,
            .bytes = harness::build(head / harness::Payload(text)),
            .name_at = static_cast<std::uint32_t>(kHeaders + text.find(host_below(0)) + kDigitsAt)};
}

Bytes traffic_frame(const std::string& mac)
{
    return harness::build(
        harness::Ethernet{.destination = mac} / harness::IPv4{.destination = "198.51.100.7"} /
        harness::Udp{.source_port = 443, .destination_port = 40000} / harness::Payload(Bytes(22, 'd')));
}

} // namespace interdict::bench
