// SPDX-License-Identifier: Apache-2.0
//
// peers.h: what interdict is compared with, each dropping the first `count` addresses on a receiver's
// interface with a counter per address.
#pragma once

#include <cstdint>

#include "base/fd.h"
#include "base/result.h"
#include "veth.h"

namespace interdict::bench {

// A set with a counter per element, hooked at the interface's ingress: the earliest place that nftables has.
[[nodiscard]] Result<void> block_with_nft(const Receiver& receiver, std::uint32_t count);

// A hash:ip set with counters, asked in iptables' raw PREROUTING.
[[nodiscard]] Result<void> block_with_ipset(const Receiver& receiver, std::uint32_t count);

// The object of xdp-tools' xdp-filter for addresses; empty if the package is not installed.
[[nodiscard]] std::filesystem::path xdp_filter_object();

// xdp-filter's own program, attached natively and alone, its map for IPv4 made larger than the 10,000 entries
// that it is compiled with. The link ends with the descriptor.
[[nodiscard]] Result<Fd> block_with_xdp_filter(const Receiver& receiver, std::uint32_t count);

// An XDP program on the receiver's interface, natively.
[[nodiscard]] Result<Fd> attach_natively(const Receiver& receiver, int program);

} // namespace interdict::bench
