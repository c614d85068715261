// SPDX-License-Identifier: Apache-2.0
//
// links.h: what the kernel tells about interfaces (rtnetlink).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "daemon/loop.h"

namespace interdict::daemon {

// RTM_NEWLINK or RTM_DELLINK.
struct LinkMessage {
    unsigned ifindex = 0;
    std::string name;
};

// messages: what one recv() from a netlink socket gave. Those of other kinds are left out; reading ends where
// one is cut short.
void read_link_messages(std::span<const std::byte> messages,
                        const std::function<void(const LinkMessage&)>& take);

// All on the loop's thread.
class Links {
public:
    struct Calls {
        std::function<bool(const LinkMessage&)> concerns;
        std::function<void()> changed; // at least one message concerned somebody
        std::function<void()> lost;    // the kernel had more to tell than the socket could hold
    };

    // buffer: of the socket, in bytes as setsockopt() takes them; 0 = the system's default.
    [[nodiscard]] static Result<std::unique_ptr<Links>> open(Loop& loop, Calls calls, int buffer = 0);
    Links(const Links&) = delete;
    Links& operator=(const Links&) = delete;
    ~Links();

private:
    Links(Loop& loop, Calls calls) : loop_(loop), calls_(std::move(calls)) {}

    // All that there is, then one call for all of it: interfaces come and go by the thousands on a BNG.
    void take();

    Loop& loop_;
    Calls calls_;
    Fd socket_;
};

} // namespace interdict::daemon
