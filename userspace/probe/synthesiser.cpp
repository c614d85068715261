// SPDX-License-Identifier: Apache-2.0
#include "probe/synthesiser.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <netinet/in.h>

#include "maps/rules.h"
#include "probe/append.h"
#include "probe/initial.h"

namespace interdict::probe {

namespace {

// Set aside for documentation (RFC 7042 section 2.1.2).
constexpr std::array<std::uint8_t, 6> kSubscriberMac{0x00, 0x00, 0x5e, 0x00, 0x53, 0x01};
constexpr std::array<std::uint8_t, 6> kRemoteMac{0x00, 0x00, 0x5e, 0x00, 0x53, 0x02};
constexpr std::array<std::uint8_t, PROBE_CID_BYTES> kCid{0x69, 0x6e, 0x74, 0x65, 0x72, 0x64, 0x69, 0x63};

constexpr std::size_t kFrameMin = 60;      // IEEE 802.3 without the check sequence
constexpr std::size_t kDatagramMin = 1200; // RFC 9000 section 14.1
constexpr std::uint32_t kSequence = 0x10203040;
constexpr std::uint32_t kAcknowledgement = 0x50607080;
constexpr std::uint8_t kIcmp4 = IPPROTO_ICMP;
constexpr std::uint8_t kIcmp6 = IPPROTO_ICMPV6;
enum TcpFlag : std::uint8_t { kSyn = 0x02, kRst = 0x04, kPsh = 0x08, kAck = 0x10 };

void store16(Bytes& out, std::size_t at, std::uint32_t value)
{
    out[at] = static_cast<std::uint8_t>(value >> 8);
    out[at + 1] = static_cast<std::uint8_t>(value);
}

template <class Range>
void put(Bytes& out, const Range& bytes)
{
    out.insert(out.end(), std::begin(bytes), std::end(bytes));
}

// RFC 1071, over big-endian words.
std::uint32_t sum_words(std::span<const std::uint8_t> bytes, std::uint32_t sum = 0)
{
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
        sum += static_cast<std::uint32_t>(bytes[i] << 8 | bytes[i + 1]);
    if (bytes.size() % 2)
        sum += static_cast<std::uint32_t>(bytes.back() << 8);
    return sum;
}

std::uint16_t fold(std::uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

std::uint8_t protocol_of(const Packet& packet)
{
    switch (packet.channel) {
    case INTERDICT_CHANNEL_TLS:
    case INTERDICT_CHANNEL_HTTP:
        return IPPROTO_TCP;
    case INTERDICT_CHANNEL_QUIC:
    case INTERDICT_CHANNEL_DNS:
        return IPPROTO_UDP;
    default:
        return packet.protocol;
    }
}

} // namespace

void Synthesiser::SealerDeleter::operator()(probe_sealer* sealer) const { probe_sealer_delete(sealer); }

Result<Synthesiser> Synthesiser::make()
{
    Synthesiser made;
    made.sealer_.reset(probe_sealer_new(kCid.data()));
    if (!made.sealer_)
        return fail("no memory for the keys of QUIC Initials");
    return made;
}

void Synthesiser::put_network(const Packet& packet, std::uint8_t protocol)
{
    const bool v6 = packet.remote.v6;
    const auto& from = packet.from_remote ? packet.remote : packet.subscriber;
    const auto& to = packet.from_remote ? packet.subscriber : packet.remote;
    put(frame_, packet.from_remote ? kSubscriberMac : kRemoteMac);
    put(frame_, packet.from_remote ? kRemoteMac : kSubscriberMac);
    if (packet.vlan) {
        put16(frame_, 0x8100);
        put16(frame_, packet.vlan);
    }
    put16(frame_, v6 ? 0x86dd : 0x0800);
    network_ = frame_.size();
    if (v6) {
        put32(frame_, 0x60000000);
        put16(frame_, 0);
        frame_.push_back(protocol);
        frame_.push_back(64);
    } else {
        put16(frame_, 0x4500);
        put16(frame_, 0);
        put16(frame_, ++id_);
        put16(frame_, 0x4000); // not to be fragmented
        frame_.push_back(64);
        frame_.push_back(protocol);
        put16(frame_, 0);
    }
    const std::size_t size = v6 ? 16 : 4;
    put(frame_, std::span(from.address).first(size));
    put(frame_, std::span(to.address).first(size));
    transport_ = frame_.size();
}

void Synthesiser::put_tcp(const Packet& packet, std::uint8_t flags)
{
    put16(frame_, packet.from_remote ? packet.remote_port : packet.subscriber_port);
    put16(frame_, packet.from_remote ? packet.subscriber_port : packet.remote_port);
    put32(frame_, kSequence);
    put32(frame_, flags & kAck ? kAcknowledgement : 0);
    frame_.push_back(5 << 4);
    frame_.push_back(flags);
    put16(frame_, 0xfaf0);
    check_at_ = frame_.size();
    put32(frame_, 0);
}

void Synthesiser::put_udp(const Packet& packet)
{
    put16(frame_, packet.from_remote ? packet.remote_port : packet.subscriber_port);
    put16(frame_, packet.from_remote ? packet.subscriber_port : packet.remote_port);
    length_at_ = frame_.size();
    check_at_ = length_at_ + 2;
    put32(frame_, 0);
}

void Synthesiser::put_initial(std::string_view name)
{
    const std::size_t start = frame_.size();
    frame_.push_back(0xc3); // long header, Initial, packet number of four bytes
    put32(frame_, 1);
    frame_.push_back(kCid.size());
    put(frame_, kCid);
    frame_.push_back(0); // no source connection id
    frame_.push_back(0); // no token
    const std::size_t header = frame_.size() + 2 + 4 - start;
    const std::size_t plain = kDatagramMin - header - PROBE_TAG_BYTES;
    put16(frame_, 0x4000 | static_cast<std::uint32_t>(4 + plain + PROBE_TAG_BYTES));
    put32(frame_, 0);
    hello_.clear();
    append_hello(hello_, name, true);
    frame_.push_back(0x06); // CRYPTO (RFC 9000 section 19.6) at offset 0
    frame_.push_back(0);
    put16(frame_, 0x4000 | static_cast<std::uint32_t>(hello_.size()));
    put(frame_, hello_);
    frame_.resize(start + kDatagramMin); // PADDING
    probe_seal(sealer_.get(), frame_.data() + start, header, plain);
}

void Synthesiser::put_echo(const Packet& packet)
{
    const bool v6 = packet.remote.v6;
    frame_.push_back(v6 ? (packet.from_remote ? 129 : 128) : (packet.from_remote ? 0 : 8));
    frame_.push_back(0);
    check_at_ = frame_.size();
    put16(frame_, 0);
    put16(frame_, packet.subscriber_port);
    put16(frame_, 1);
}

void Synthesiser::finish(const Packet& packet, std::uint8_t protocol)
{
    const auto length = static_cast<std::uint32_t>(frame_.size() - transport_);
    const bool v6 = packet.remote.v6;
    if (v6) {
        store16(frame_, network_ + 4, length);
    } else {
        store16(frame_, network_ + 2, length + 20);
        store16(frame_, network_ + 10, fold(sum_words(std::span(frame_).subspan(network_, 20))));
    }
    if (length_at_)
        store16(frame_, length_at_, length);
    if (check_at_) {
        // ICMP of IPv4 has no pseudo-header.
        std::uint32_t sum = sum_words(std::span(frame_).subspan(transport_));
        if (v6 || protocol != IPPROTO_ICMP)
            sum = sum_words(std::span(frame_).subspan(v6 ? network_ + 8 : network_ + 12, v6 ? 32 : 8),
                            sum + length + protocol);
        const std::uint16_t check = fold(sum);
        store16(frame_, check_at_, length_at_ && check == 0 ? 0xffff : check);
    }
    if (frame_.size() < kFrameMin)
        frame_.resize(kFrameMin);
}

std::span<const std::uint8_t> Synthesiser::frame(const Packet& packet)
{
    const std::uint8_t protocol = protocol_of(packet);
    name_.assign(packet.below ? kBelow : "");
    name_ += packet.name;
    frame_.clear();
    length_at_ = 0;
    check_at_ = 0;
    put_network(packet, protocol);
    if (packet.channel == INTERDICT_CHANNEL_ADDRESS) {
        if (protocol == IPPROTO_TCP) {
            put_tcp(packet, packet.from_remote ? kSyn | kAck : kSyn);
        } else if (protocol == IPPROTO_UDP) {
            put_udp(packet);
            put32(frame_, 0);
        } else if (protocol == (packet.remote.v6 ? kIcmp6 : kIcmp4)) {
            put_echo(packet);
        } else {
            put32(frame_, 0);
            put32(frame_, 0);
        }
    } else if (protocol == IPPROTO_TCP) {
        put_tcp(packet, kPsh | kAck);
        if (packet.channel == INTERDICT_CHANNEL_TLS)
            append_record(frame_, name_);
        else
            append_request(frame_, name_);
    } else {
        put_udp(packet);
        if (packet.channel == INTERDICT_CHANNEL_QUIC)
            put_initial(name_);
        else
            append_query(frame_, name_, id_, packet.remote.v6);
    }
    finish(packet, protocol);
    return frame_;
}

Answer read_answer(std::span<const std::uint8_t> frame)
{
    std::size_t at = 12;
    const auto word = [&](std::size_t where) { return frame[where] << 8 | frame[where + 1]; };
    if (frame.size() < kFrameMin - 6)
        return {};
    if (word(at) == 0x8100)
        at += 4;
    const int type = word(at);
    at += 2;
    std::uint8_t protocol = 0;
    if (type == 0x0800) {
        protocol = frame[at + 9];
        at += 20;
    } else if (type == 0x86dd && frame.size() >= at + 48) {
        protocol = frame[at + 6];
        at += 40;
    } else {
        return {};
    }
    if (protocol == IPPROTO_UDP) {
        at += 8;
        if (frame.size() < at + 12 || !(frame[at + 2] & 0x80))
            return {};
        return {Answer::Kind::Dns, frame[at + 3] & 0x0fU};
    }
    if (protocol != IPPROTO_TCP || frame.size() < at + 20)
        return {};
    if (frame[at + 13] & kRst)
        return {Answer::Kind::Reset};
    at += static_cast<std::size_t>(frame[at + 12] >> 4) * 4;
    constexpr std::string_view kStatusLine = "HTTP/1.1 ";
    if (frame.size() < at + kStatusLine.size() + 3 ||
        std::memcmp(frame.data() + at, kStatusLine.data(), kStatusLine.size()) != 0)
        return {};
    unsigned code = 0;
    for (std::size_t i = 0; i < 3; ++i)
        code = code * 10 + frame[at + kStatusLine.size() + i] - '0';
    return {Answer::Kind::Http, code};
}

} // namespace interdict::probe
