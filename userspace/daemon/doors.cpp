// SPDX-License-Identifier: Apache-2.0
#include "daemon/doors.h"

namespace interdict::daemon {

namespace {

constexpr unsigned kConnections = 16; // at a time, of each door
constexpr unsigned kScrapeRate = 20;

api::Identities anybody()
{
    return {.of_address = [](const std::string& address) {
        return api::Peer{.role = Role::Read, .actor = "anybody", .root = false, .key = address};
    }};
}

} // namespace

Result<void> Doors::set(const Config& config)
{
    if (config.metrics.listen == metrics_door_.at)
        return {};
    std::unique_ptr<api::Server> server;
    if (config.metrics.listen) {
        INTERDICT_TRY(server, api::Server::on_address(*config.metrics.listen, {kConnections, kScrapeRate},
                                                      anybody(), metrics_));
    }
    metrics_door_ = {config.metrics.listen, std::move(server)};
    return {};
}

} // namespace interdict::daemon
