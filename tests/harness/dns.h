// SPDX-License-Identifier: Apache-2.0
//
// dns.h: DNS messages for tests (RFC 1035 section 4.1, RFC 6891 section 6.1), right ones and wrong ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/packet.h"

namespace interdict::harness {

namespace dns {
inline constexpr std::uint16_t A = 1, Ptr = 12, Txt = 16, Aaaa = 28, Srv = 33, Opt = 41, Https = 65,
                               Any = 255;
inline constexpr std::uint16_t In = 1, Chaos = 3;
inline constexpr std::uint16_t Response = 0x8000, Truncated = 0x0200, RecursionDesired = 0x0100,
                               RecursionAvailable = 0x0080, AuthenticData = 0x0020, CheckingDisabled = 0x0010;
inline constexpr unsigned NoError = 0, FormErr = 1, NxDomain = 3, Refused = 5;
} // namespace dns

// Labels on the wire, the root's behind them. Of a name in text: labels stand between dots; "" is the root.
[[nodiscard]] Bytes dns_name(const std::vector<std::string>& labels);
[[nodiscard]] Bytes dns_name(const std::string& text);

struct Question {
    std::string name{};
    std::uint16_t type = dns::A;
    std::uint16_t klass = dns::In;
    Bytes wire{}; // in place of the name
};

// A resource record with its owner's name on the wire.
[[nodiscard]] Bytes dns_record(const Bytes& owner, std::uint16_t type, std::uint16_t klass, std::uint32_t ttl,
                               const Bytes& data);

// OPT: UDP payload size, version, DO bit, options.
struct Edns {
    std::uint16_t size = 4096;
    std::uint8_t version = 0;
    bool dnssec_ok = false;
    Bytes options{};
};
[[nodiscard]] Bytes dns_option(const Edns& edns);

struct Query {
    std::vector<Question> questions{};
    std::uint16_t id = 0x1234;
    std::uint16_t flags = dns::RecursionDesired;
    std::vector<Bytes> answers{}; // records
    std::vector<Bytes> authority{};
    std::vector<Bytes> additional{};
    std::optional<Edns> edns{};                // behind `additional`
    std::optional<std::uint16_t> count{};      // QDCOUNT
    std::optional<std::uint16_t> records = {}; // ARCOUNT
};

[[nodiscard]] Query ask(const std::string& name, std::uint16_t type = dns::A);
[[nodiscard]] Bytes message(const Query& query);

// What is to be answered: identifier, RD, CD and the first question of the query.
struct Response {
    unsigned rcode = dns::NxDomain;
    std::vector<Bytes> records{};       // answers
    std::optional<std::string> error{}; // EXTRA-TEXT of Extended DNS Error 16 (RFC 8914); none: no EDNS
    bool dnssec_ok = false;
};
[[nodiscard]] Bytes message(const Query& query, const Response& response);

// The record of an address for the name of the question: A for 4 bytes, AAAA for 16.
[[nodiscard]] Bytes dns_address(const Bytes& address, std::uint32_t ttl);

} // namespace interdict::harness
