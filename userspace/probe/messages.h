// SPDX-License-Identifier: Apache-2.0
//
// messages.h: what a client says that names a host: the smallest message of each kind that real servers would
// answer.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace interdict::probe {

using Bytes = std::vector<std::uint8_t>;

// A ClientHello (RFC 8446 section 4.1.2) with this server name. quic: with QUIC's transport parameters and
// application protocol instead of HTTP/1.1's and HTTP/2's.
void append_hello(Bytes& out, std::string_view name, bool quic);

// The same in a TLS record.
void append_record(Bytes& out, std::string_view name);

// A query for the address of a name (RFC 1035 section 4.1) with EDNS (RFC 6891). v6: for AAAA instead of A.
void append_query(Bytes& out, std::string_view name, std::uint16_t id, bool v6);

// A GET request of HTTP/1.1.
void append_request(Bytes& out, std::string_view name);

} // namespace interdict::probe
