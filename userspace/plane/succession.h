// SPDX-License-Identifier: Apache-2.0
//
// succession.h: a plane takes over from one of another layout version without a packet that neither judges.
//
//     ROOT/...        the old set; its programs filter
//     ROOT/next/...   the new one: made, filled and proven beside it
//
// Then each link is given the new program, the old counts are carried over, the old pins go, and what is in
// `next` takes their place, `maps` last. Whoever dies on the way leaves a state from which the next one goes
// on.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "maps/control.h"
#include "plane/plane.h"

namespace interdict::plane {

// What stays in its place in every layout version from kFirstReadable on, whatever else changes.
struct Predecessor {
    std::uint32_t layout = 0;
    interdict_generation live{}; // number and digest alone; number 0: none
    std::uint32_t flags = 0;     // interdict_control_flag
    std::uint32_t encapsulations = 0;
    std::uint32_t quic_budget = 0;
    std::uint32_t counter_shards = 0;
    std::array<std::uint64_t, 2> sketch_key{};
    std::vector<interdict_interface> interfaces;
};

inline constexpr std::uint32_t kFirstReadable = 4;

// Nothing: no complete pin set, or one of this build's version. Error: one that is too old to be read.
[[nodiscard]] Result<std::optional<Predecessor>> predecessor(const Pins& pins);

class Succession {
public:
    // Takes the writer's lock of the old set. Goes on with a successor that somebody has begun, if it has the
    // predecessor's generation; else begins anew.
    [[nodiscard]] static Result<Succession> begin(const std::filesystem::path& pins, const Predecessor& old);

    // To be given the predecessor's generation under its number, unless filled().
    [[nodiscard]] Plane& successor() { return *successor_; }
    [[nodiscard]] bool filled() const;

    // The point of no return is each link's own. Returns warnings: counts that could not be carried over.
    // Error: the interface that could not be given over is told; the others are; to be done again.
    [[nodiscard]] Result<std::vector<std::string>> take_over();

    // The successor is not wanted. The old set filters as before.
    void give_up();

private:
    Succession(Pins pins, Predecessor old, WriterLock lock)
        : pins_(std::move(pins)), old_(std::move(old)), lock_(std::move(lock))
    {
    }

    [[nodiscard]] Result<void> give_over_links();

    Pins pins_;
    Predecessor old_;
    WriterLock lock_;
    std::optional<Plane> successor_;
};

// A takeover that was cut short after the old set's end. To be called by a writer before it looks for a pin
// set.
[[nodiscard]] Result<void> finish_takeover(const Pins& pins);

// A takeover that was cut short, and is not wanted any more: this build has the layout of the old set. Its
// interfaces get its programs again, and the counts of the other set are added to its own.
[[nodiscard]] Result<void> take_back(const Pins& pins, const Maps& maps, const Programs& programs);

} // namespace interdict::plane
