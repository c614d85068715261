// SPDX-License-Identifier: Apache-2.0
//
// message.h: what a resolver sent back, decoded (RFC 1035, 6891, 8914).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace interdict::watch {

// Record types that are asked for, by their numbers on the wire.
enum class Type : std::uint16_t { A = 1, Ns = 2, Cname = 5, Soa = 6, Mx = 15, Aaaa = 28 };

// Response codes (RFC 1035, 4.1.1) that decide something.
enum : unsigned { kNoError = 0, kServFail = 2, kNxDomain = 3, kRefused = 5 };

struct Record {
    std::string owner; // lower case, no final dot
    Type type = Type::A;
    std::uint32_t ttl = 0; // seconds
    std::string value;     // an address; a name; for an SOA "MNAME RNAME"
};

struct Message {
    unsigned rcode = kNoError;                   // with the upper bits of EDNS
    std::vector<Record> answers;                 // of the types above, class IN
    std::optional<std::uint16_t> extended_error; // RFC 8914, the first one
};

// bytes: a whole DNS message. Errors: not an answer, cut off, a bad name.
[[nodiscard]] Result<Message> read_message(std::span<const std::uint8_t> bytes);

// "NXDOMAIN", or "RCODE17".
[[nodiscard]] std::string rcode_name(unsigned rcode);

} // namespace interdict::watch
