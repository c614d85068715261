// SPDX-License-Identifier: Apache-2.0
#include "daemon/doors.h"

namespace interdict::daemon {

namespace {

constexpr api::ServerLimits kScrapes{.connections = 16, .rate = 20};
constexpr unsigned kReaders = 64;       // connections at a time
constexpr unsigned kStopPageRate = 200; // many subscribers may share an address

api::Identities anybody()
{
    return {.of_user = {}, .of_token = {}, .of_address = [](const std::string& address) {
                return api::Peer{.role = Role::Read, .actor = "anybody", .root = false, .key = address};
            }};
}

} // namespace

Result<void> Doors::set(const Config& config)
{
    // All that is new is open before anything that was is closed.
    const auto open = [](const std::optional<Listen>& at, const Door& before, const api::ServerLimits& limits,
                         api::Router& router) -> Result<std::optional<Door>> {
        if (at == before.at)
            return std::nullopt;
        Door door{at, nullptr};
        if (at) {
            INTERDICT_TRY(door.server, api::Server::on_address(*at, limits, anybody(), router));
        }
        return door;
    };
    const auto& pages = config.pages;
    INTERDICT_TRY(auto metrics, open(config.metrics.listen, metrics_door_, kScrapes, metrics_));
    INTERDICT_TRY(auto stop, open(pages.stop, stop_door_, {kReaders, kStopPageRate}, stop_));
    // With another rate its door is made anew, which takes the address for a moment.
    const bool same_rate = rate_ == pages.rate || !lookup_door_.server;
    if (!same_rate && pages.lookup == lookup_door_.at)
        lookup_door_ = {};
    INTERDICT_TRY(auto lookup, open(pages.lookup, lookup_door_, {kReaders, pages.rate}, lookup_));
    stop_.set(pages);
    lookup_.set(pages);
    rate_ = pages.rate;
    if (metrics)
        metrics_door_ = *std::move(metrics);
    if (stop)
        stop_door_ = *std::move(stop);
    if (lookup)
        lookup_door_ = *std::move(lookup);
    return {};
}

} // namespace interdict::daemon
