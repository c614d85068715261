// SPDX-License-Identifier: Apache-2.0
//
// synthesiser.h: whole frames as a subscriber, or a blocked host, would send them: with right lengths and
// checksums, nothing cut short, and no conversation before them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "maps/rules.h"
#include "order/prefix.h"
#include "probe/messages.h"

struct probe_sealer; // initial.h

namespace interdict::probe {

struct Packet {
    unsigned channel = INTERDICT_CHANNEL_ADDRESS;
    order::Prefix subscriber; // full length, both of one family
    order::Prefix remote;
    std::uint16_t subscriber_port = 0;
    std::uint16_t remote_port = 0;
    // Of channel ADDRESS: TCP gives a SYN (from the remote side a SYN with ACK), UDP a few bytes, ICMP an
    // echo (1 with IPv4, 58 with IPv6), any other number a header that nobody has defined. Names choose their
    // own.
    std::uint8_t protocol = 0;
    bool from_remote = false; // the remote side sends it, to the subscriber
    std::uint16_t vlan = 0;   // id, 0 = untagged
    std::string_view name;    // of all channels but ADDRESS; in lower case
    bool below = false;       // a host below that name; in all at most INTERDICT_NAME_MAX bytes
};

// In front of a name for a host below it.
inline constexpr std::string_view kBelow = "interdict-proof.";

class Synthesiser {
public:
    // Error: no memory.
    [[nodiscard]] static Result<Synthesiser> make();

    // From the Ethernet header on; valid until the next call.
    [[nodiscard]] std::span<const std::uint8_t> frame(const Packet& packet);

private:
    struct SealerDeleter {
        void operator()(probe_sealer* sealer) const;
    };

    Synthesiser() = default;
    void put_network(const Packet& packet, std::uint8_t protocol);
    void put_tcp(const Packet& packet, std::uint8_t flags);
    void put_udp(const Packet& packet);
    void put_initial(std::string_view name);
    void put_echo(const Packet& packet);
    void finish(const Packet& packet, std::uint8_t protocol);

    Bytes frame_;
    Bytes hello_;
    std::string name_;
    std::size_t network_ = 0; // offsets in frame_
    std::size_t transport_ = 0;
    std::size_t length_at_ = 0; // of UDP's length, 0 = no UDP
    std::size_t check_at_ = 0;  // of the transport's checksum, 0 = none
    std::uint16_t id_ = 0;
    std::unique_ptr<probe_sealer, SealerDeleter> sealer_;
};

// What the edge says in the server's place.
struct Answer {
    enum class Kind : std::uint8_t { None, Reset, Dns, Http };
    Kind kind = Kind::None;
    unsigned code = 0; // DNS: response code (RFC 1035 section 4.1.1); HTTP: status
};

// Reads a frame that the edge sends back instead of one that frame() made. Anything else is Kind::None.
[[nodiscard]] Answer read_answer(std::span<const std::uint8_t> frame);

} // namespace interdict::probe
