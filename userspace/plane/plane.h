// SPDX-License-Identifier: Apache-2.0
//
// plane.h: the programs and maps as one thing: brought up, adopted, fed with generations, taken down.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "image/image.h"
#include "maps/control.h"
#include "maps/pins.h"
#include "plane/attach.h"
#include "plane/counts.h"
#include "plane/foothold.h"
#include "plane/maps.h"
#include "plane/patch.h"
#include "plane/pins.h"
#include "plane/programs.h"
#include "plane/prover.h"
#include "plane/publish.h"
#include "plane/run.h"
#include "plane/writer_lock.h"

namespace interdict::plane {

struct InterfaceRequest {
    std::string name;
    std::uint32_t role = 0; // interdict_role bits
    // Its bits for the scopes of the live generation (image::ScopeBits::interface). With 0, rules with a
    // scope do not apply to it until the next generation is published.
    std::uint32_t scope = 0;
};

struct Config {
    std::filesystem::path pins = INTERDICT_PIN_PATH;
    std::filesystem::path lock;  // a file that keeps other writers out; empty: the pin directory is locked
    Sizes sizes;                 // of a plane that is not up yet; scratch is filled in
    AttachOptions attach;        // its `verbose` also holds for the programs
    std::optional<bool> observe; // dry run; without it, as it is (a new plane: off)
    std::optional<std::uint32_t> encapsulations; // interdict_encapsulation bits; likewise (a new plane: none)
    std::optional<std::uint32_t> quic_budget;    // Initials that a CPU may decrypt in a second; likewise
                                                 // (a new plane: INTERDICT_QUIC_BUDGET_DEFAULT)
};

struct DetachedConfig {
    Sizes sizes{};
    std::uint32_t role = INTERDICT_ROLE_SUBSCRIBER | INTERDICT_ROLE_UPLINK;
    std::string interface {
    }; // test frames have this interface's scopes; empty: those of an unnamed one
    bool observe = false;
    std::uint32_t encapsulations = 0;
    std::uint32_t quic_budget = INTERDICT_QUIC_BUDGET_DEFAULT;
    bool verbose = false;
};

struct InterfaceState {
    Attachment attachment;
    std::uint32_t role = 0; // 0: none, packets pass
};

class Plane {
public:
    // Makes a plane, or adopts the one that is pinned (its counters, links and live generation go on),
    // attaches it to the interfaces of `add` and takes it off those of `remove`. Holds the writer's lock
    // until destroyed.
    //
    // Errors: everything that can go wrong below, and another writer. What this call did is undone; a plane
    // that was up before goes on filtering as it was.
    [[nodiscard]] static Result<Plane> up(const Config& config, std::span<const InterfaceRequest> add,
                                          std::span<const std::string> remove = {});

    // The pinned plane. Access::Write takes the writer's lock and sets the wall clock; lock: as in Config.
    [[nodiscard]] static Result<Plane> adopt(const std::filesystem::path& pins, Access access,
                                             const std::filesystem::path& lock = {});

    // No pins, no interfaces: for replay, proofs and tests. Frames are given to runner().
    [[nodiscard]] static Result<Plane> detached(const DetachedConfig& config = {});

    // Takes the plane off every interface and removes its pins, of any layout version. No error if there is
    // none.
    [[nodiscard]] static Result<void> down(const std::filesystem::path& pins,
                                           const std::filesystem::path& lock = {});

    // The same, of this plane and with the lock that it holds. What maps() has in memory stays readable.
    [[nodiscard]] Result<void> take_down();

    // See publish.h.
    [[nodiscard]] Result<Staged> stage(const image::Image& image, const Limits& limits = {});
    [[nodiscard]] Result<Published> publish(const Staged& staged, const Changes& changes);

    // See prove.h. Loaded when first asked for on a plane without pins. Error: the pinned one is not of this
    // plane, or this plane was adopted for reading.
    [[nodiscard]] Result<Prover*> prover();
    // See patch.h. All fail on a plane that was adopted for reading.
    [[nodiscard]] Result<LiveTables> live_tables() const { return LiveTables::open(*maps_, Access::Write); }
    [[nodiscard]] Result<void> make_room(const LiveTables& tables,
                                         std::span<const order::Target> targets) const;
    [[nodiscard]] Result<Patched> patch(const LiveTables& tables, const image::Patch& patch,
                                        const Digest& digest, const std::function<void()>& between = {},
                                        const std::function<void(std::uint64_t number)>& live = {});

    // The live generation's header; nothing before the first one.
    [[nodiscard]] std::optional<interdict_generation> generation() const;

    // Dry run: judge and count, never act.
    void set_observe(bool observe);
    [[nodiscard]] bool observe() const;

    // Puts the programs on one more interface, or changes its role. Error: as before.
    [[nodiscard]] Result<void> attach_to(const InterfaceRequest& request, const AttachOptions& options = {});

    // Interfaces that have another name than when they were attached keep their program: what is pinned gets
    // the new name. Roles of interfaces that are gone are dropped. Only of a plane adopted for writing.
    struct Renamed {
        std::string from, to;
    };
    [[nodiscard]] Result<std::vector<Renamed>> follow_interfaces();

    // The pins are not where they were: the file system was unmounted, or somebody removed them. A plane that
    // was adopted for writing filters on as long as it exists.
    [[nodiscard]] bool pins_lost() const;
    // Pins it again, in the same place.
    [[nodiscard]] Result<void> pin_again();

    // Only of a detached plane: the role under which test frames are judged.
    [[nodiscard]] Result<void> set_role(std::uint32_t role);

    // Every interface that has a pin, by the name that it has now; those that are gone last.
    [[nodiscard]] Result<std::vector<InterfaceState>> interfaces() const;

    // What attaching had to put up with in this call of up().
    [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

    [[nodiscard]] const Maps& maps() const { return *maps_; }
    [[nodiscard]] const Programs& programs() const { return programs_; }

    // On a plane with interfaces the frame is judged and counted like any other, and the report stays empty.
    // Error: this one was adopted for reading.
    [[nodiscard]] Result<Runner> runner() const;

private:
    Plane() = default;

    [[nodiscard]] Result<void> create(const Config& config);
    [[nodiscard]] Result<void> open(Access access);
    [[nodiscard]] Result<void> add_interfaces(const Config& config, std::span<const InterfaceRequest> add);
    [[nodiscard]] Result<void> add_interface(const Config& config, const InterfaceRequest& request);
    [[nodiscard]] Result<void> remove_interface(const std::string& name);
    void set_flag(interdict_control_flag flag, bool on);

    std::optional<Pins> pins_; // nothing: detached
    std::string interface_;    // of test frames
    std::optional<WriterLock> lock_;
    std::optional<Foothold> foothold_; // of a writer
    std::unique_ptr<Maps> maps_;       // its place does not change: runners refer to it
    Programs programs_;
    std::optional<Prover> prover_;
    std::vector<std::string> warnings_;
};

} // namespace interdict::plane
