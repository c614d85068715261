// SPDX-License-Identifier: Apache-2.0
//
// edge_keeper.h: the plane that the daemon has: up, pinned, and on the interfaces that are wanted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "control/edge.h"
#include "control/listener.h"
#include "control/state.h"
#include "daemon/config.h"
#include "daemon/events.h"

namespace interdict::daemon {

// All on the loop's thread.
class EdgeKeeper {
public:
    // State, listener and events must outlive it.
    EdgeKeeper(const Config& config, const control::State& state, const control::Listener& listener,
               Events& events)
        : config_(config), state_(state), listener_(listener), events_(events)
    {
    }

    // Not up: see faults().
    [[nodiscard]] control::Edge& edge() { return edge_; }
    [[nodiscard]] const control::Edge& edge() const { return edge_; }
    [[nodiscard]] const std::filesystem::path& pins() const { return config_.pins; }
    [[nodiscard]] const std::string& why_not_up() const { return no_plane_; }

    // Those of the configuration that are there.
    void bring_up();
    // The same with another configuration. Interfaces that it does not name any more stay, and that is told.
    void configure(const Config& config);
    // If there is none; and pins it again if its file system was unmounted. True: it did.
    [[nodiscard]] bool mend();
    // The rules are read again when they are needed: a list of millions is not kept in memory twice.
    [[nodiscard]] Result<void> forget_rules();

    // Adds interfaces, changes roles, takes the plane off others. Error: as it was.
    [[nodiscard]] Result<void> set_interfaces(std::span<const InterfaceConfig> add,
                                              std::span<const std::string> remove);
    // Those of the configuration and of requests, less what requests have taken off.
    [[nodiscard]] std::vector<InterfaceConfig> wanted() const;
    [[nodiscard]] bool wants(std::string_view interface) const;
    // One that has appeared, with the scopes that are live. Error: as it was.
    [[nodiscard]] Result<void> attach(const InterfaceConfig& interface);
    [[nodiscard]] Result<std::vector<plane::Plane::Renamed>> follow_renamed();
    // Why an interface that is wanted has no program; empty: it has one.
    void note_missing(const std::string& interface, std::string why);

    // The kernel's idea of the time of day, after somebody has set the clock.
    void set_wall_clock();

    // Where the plane does less than it should, one line each.
    [[nodiscard]] std::vector<std::string> faults() const;

private:
    [[nodiscard]] Result<void> bring_up(std::span<const InterfaceConfig> add,
                                        std::span<const std::string> remove);
    [[nodiscard]] Result<void> give_scopes(std::span<plane::InterfaceRequest> requests) const;

    Config config_;
    const control::State& state_;
    const control::Listener& listener_;
    Events& events_;
    control::Edge edge_;
    std::string no_pins_;                                         // why they cannot be made again
    std::string no_plane_;                                        // why there is none
    std::map<std::string, std::string, std::less<>> missing_;     // wanted, not there, and why
    std::map<std::string, std::uint32_t, std::less<>> requested_; // on top of the configuration, by request
    std::set<std::string, std::less<>> taken_off_;                // of the configuration, by request
};

} // namespace interdict::daemon
