// SPDX-License-Identifier: Apache-2.0
//
// quic.h: what the tests of QUIC begin with.
#pragma once

#include "harness/hello.h"
#include "harness/plane.h"
#include "harness/quic.h"

namespace interdict::harness {

inline const std::string kBlocked = "blocked.example";
inline const std::string kAllowed = "allowed.example"; // as long as the blocked one

inline std::string blocked_orders() { return blocking({block_name(kBlocked)}); }

// A connection of its own.
inline Packet quic_client()
{
    static std::uint16_t port = 20000;
    return Ethernet{} / IPv4{} / Udp{.source_port = ++port, .destination_port = 443};
}

// A hello that fits one Initial.
inline Bytes short_handshake(const std::string& name = kBlocked) { return handshake({.names = {name}}); }

// One that takes two, with the name in the second half.
inline Bytes long_handshake(const std::string& name = kBlocked)
{
    return handshake({.names = {name}, .place = Place::Last, .key_share = 1216});
}

// Whole in one CRYPTO frame, alone in its Initial.
inline Bytes one_initial(const std::string& name = kBlocked)
{
    return initial(crypto_frame(0, short_handshake(name)));
}

// An Initial was decrypted that completes the hello.
inline Expectation refused(const std::string& name = kBlocked)
{
    return drops(name)
        .by(INTERDICT_CHANNEL_QUIC)
        .counting(INTERDICT_TOTAL_QUIC_INITIAL)
        .counting(INTERDICT_TOTAL_QUIC_HELLO);
}

inline Expectation allowed()
{
    return passes().counting(INTERDICT_TOTAL_QUIC_INITIAL).counting(INTERDICT_TOTAL_QUIC_HELLO);
}

// An Initial was decrypted, and the hello is not complete.
inline Expectation undecided() { return passes().counting(INTERDICT_TOTAL_QUIC_INITIAL); }

// A later Initial of a connection that was refused: the same connection id, so nothing is decrypted.
inline Expectation refused_again(const std::string& name = kBlocked)
{
    return drops(name).by(INTERDICT_CHANNEL_QUIC).counting(INTERDICT_TOTAL_RETRANSMITTED);
}

} // namespace interdict::harness
