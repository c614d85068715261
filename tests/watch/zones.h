// SPDX-License-Identifier: Apache-2.0
//
// zones.h: zone_server.py as a child: name servers on loopback addresses whose zones change on command.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/fd.h"
#include "base/result.h"
#include "watch/resolver.h"

namespace interdict::watch::test {

class Zones {
public:
    // Errors: no python3, no 127.0.0.2.
    [[nodiscard]] static Result<Zones> start(unsigned servers);
    Zones(Zones&& other) noexcept;
    Zones& operator=(Zones&&) = delete;
    ~Zones();

    // One of zone_server.py's commands; holds when this returns.
    void command(std::string_view json);

    [[nodiscard]] const std::vector<Server>& servers() const { return servers_; }

private:
    Zones(pid_t child, Fd in, Fd out) : child_(child), in_(std::move(in)), out_(std::move(out)) {}
    [[nodiscard]] std::string line();

    pid_t child_ = 0;
    Fd in_;  // of the child
    Fd out_; // of the child
    std::string read_;
    std::vector<Server> servers_;
};

} // namespace interdict::watch::test
