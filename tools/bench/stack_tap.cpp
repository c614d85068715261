// SPDX-License-Identifier: Apache-2.0
#include "stack_tap.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include "veth.h"

namespace interdict::bench {

Result<Fd> stack_tap()
{
    const int fd = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
    if (fd < 0)
        return fail_errno(errno, "no packet socket");
    Fd tap(fd);
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = static_cast<int>(::if_nametoindex(kReceiver));
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
        return fail_errno(errno, "cannot listen on {}", kReceiver);
    return tap;
}

Result<std::uint64_t> tapped(const Fd& tap)
{
    tpacket_stats stats{};
    socklen_t length = sizeof(stats);
    if (::getsockopt(tap.get(), SOL_PACKET, PACKET_STATISTICS, &stats, &length) != 0)
        return fail_errno(errno, "no statistics of the packet socket");
    return stats.tp_packets; // the missed ones are among them
}

} // namespace interdict::bench
