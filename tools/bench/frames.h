// SPDX-License-Identifier: Apache-2.0
//
// frames.h: the frames that the driver varies.
#pragma once

#include "driver.h"

namespace interdict::bench {

// 1,200 bytes in the middle of a TCP connection, of no protocol that is inspected.
[[nodiscard]] Frame data_frame();

// The SYN of a connection.
[[nodiscard]] Frame syn_frame();

// A ClientHello of 517 bytes in one segment. vary: Name or NameMended.
[[nodiscard]] Frame hello_frame(Vary vary);

// A post-quantum ClientHello of 1,738 bytes as 1,400 + 338, the name in the second segment. pieces: 2, or 3
// with the client's next segment, by which the server's answer shows.
[[nodiscard]] Frame hello_pair(std::uint32_t pieces);

// A query for A records of a host of five labels, with EDNS or without. vary: Name or NameMended.
[[nodiscard]] Frame dns_frame(Vary vary, bool edns);

enum class Request { Short, Browser }; // 102 and 358 bytes

// A GET in one segment. vary: Name or NameMended.
[[nodiscard]] Frame http_frame(Vary vary, Request request);

// From the source to 198.51.100.7, UDP, 64 bytes. mac: of the receiving interface.
[[nodiscard]] Bytes traffic_frame(const std::string& mac);

} // namespace interdict::bench
