// SPDX-License-Identifier: Apache-2.0
//
// desk.h: where everything is changed: book, guard, state directory and plane in the hands of one writer, the
// loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "book/book.h"
#include "control/edge.h"
#include "control/enforcer.h"
#include "control/listener.h"
#include "control/state.h"
#include "control/stepper.h"
#include "control/steps.h"
#include "daemon/config.h"
#include "daemon/events.h"
#include "daemon/metrics/tally.h"
#include "daemon/reply.h"
#include "guard/guard.h"

namespace interdict::daemon {

// Of long work, from the loop's thread. total 0 = unknown.
using Progress = std::function<void(std::string_view what, std::uint64_t done, std::uint64_t total)>;

class Desk {
public:
    // Holds the book's lock, and the plane's if there is one, until destroyed. A plane that is up is adopted
    // as it is; interfaces of the configuration are added to it. Errors: the book or the guard cannot be had,
    // another writer. A plane that cannot be had is no error: it is a fault.
    [[nodiscard]] static Result<std::unique_ptr<Desk>> open(const Config& config, Events& events);
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;

    [[nodiscard]] book::Book& book() { return book_; }
    [[nodiscard]] const guard::Guard& guard() const { return guard_; }
    [[nodiscard]] const control::State& state() const { return state_; }
    [[nodiscard]] const control::Edge& edge() const { return edge_; }
    [[nodiscard]] const control::Listener& listener() const { return listener_; }

    // What may be asked of it. act: must outlive the steps.
    [[nodiscard]] control::Steps steps(const book::Act& act)
    {
        return {book_, guard_, state_, listener_, act};
    }

    // Answers: docs/api.md, Outcome.
    [[nodiscard]] Reply take(const book::Act& act, control::Step step);
    // What a careful step would do, without doing it.
    [[nodiscard]] Reply rehearse(const control::Step& step);

    // The new guard and scopes, and interfaces that are new or have another role. Then what is in force is
    // may have to be published anew: then true. Error: nothing has changed.
    [[nodiscard]] Result<bool> reconfigure(const Config& config);

    // Adds interfaces, changes roles, takes the plane off others. Error: as it was.
    [[nodiscard]] Result<void> set_interfaces(std::span<const InterfaceConfig> add,
                                              std::span<const std::string> remove);

    // Those of the configuration and of requests, less what requests have taken off.
    [[nodiscard]] std::vector<InterfaceConfig> wanted_interfaces() const;
    [[nodiscard]] bool wants(std::string_view interface) const;
    // One that has appeared, with the scopes that are live. Error: as it was.
    [[nodiscard]] Result<void> attach(const InterfaceConfig& interface);
    [[nodiscard]] Result<std::vector<plane::Plane::Renamed>> follow_interfaces();
    // Why an interface that is wanted has no program; empty: it has one.
    void note_missing(const std::string& interface, std::string why);

    // A step is in the book and could not be made live.
    [[nodiscard]] bool behind() const { return behind_; }

    // Brings the plane up if there is none, and pins it again if its file system was unmounted. True: it did.
    [[nodiscard]] bool mend_plane();

    // The kernel's idea of the time of day, after somebody has set the clock.
    void set_wall_clock();

    // Nothing has happened in the book since it was made live last.
    [[nodiscard]] Result<bool> settled()
    {
        return control::Enforcer(book_, guard_, state_, edge_, listener_).all_noted();
    }

    // Where the plane does less than it should, one line each.
    [[nodiscard]] std::vector<std::string> faults() const;

    // From any thread.
    [[nodiscard]] const Tally& tally() const { return tally_; }

    // Of the step that is being taken; empty = nobody wants to know.
    void set_progress(Progress progress) { progress_ = std::move(progress); }
    // Of every step.
    void set_heartbeat(Progress heartbeat) { heartbeat_ = std::move(heartbeat); }

private:
    Desk(const Config& config, control::State state, book::Book book, guard::Guard guard, Events& events);

    [[nodiscard]] Result<void> bring_up(std::span<const InterfaceConfig> add,
                                        std::span<const std::string> remove);
    [[nodiscard]] Result<void> give_scopes(std::span<plane::InterfaceRequest> requests) const;
    // At the start: what of the interfaces is there.
    void bring_up_what_there_is();
    // True: they are others than before.
    [[nodiscard]] Result<bool> take_scopes(const Config& config) const;
    [[nodiscard]] control::Stepper stepper();
    [[nodiscard]] Json answer(control::Outcome outcome);
    // Into metrics and events.
    void tell(const control::Outcome& outcome);
    void begin() { warnings_.clear(); }

    control::State state_;
    std::filesystem::path pins_;
    Config config_;
    book::Book book_;
    guard::Guard guard_;
    Events& events_;
    control::Edge edge_;
    Tally tally_;
    std::string no_pins_;                                     // why they cannot be made again
    std::string no_plane_;                                    // why there is none
    std::map<std::string, std::string, std::less<>> missing_; // wanted interfaces that are not there, and why
    std::map<std::string, std::uint32_t, std::less<>> requested_; // on top of the configuration, by request
    std::set<std::string, std::less<>> taken_off_;                // of the configuration, by request
    std::vector<std::string> warnings_;
    bool behind_ = false;
    Progress progress_;
    Progress heartbeat_;
    control::Listener listener_;
};

} // namespace interdict::daemon
