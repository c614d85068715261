// SPDX-License-Identifier: Apache-2.0
//
// live_table.h: changes a target table that packets read all the time (maps/README.md, "In place").
//
// A reader compares a slot's fingerprint and then reads its rule, first bucket first. So a slot is given to
// another target only after a grace period in which it was free, and a target that moves is in both of its
// buckets for one.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "image/table.h"
#include "maps/targets.h"

namespace interdict::image {

// Returns once every reader that had begun before has finished.
using Grace = std::function<Result<void>()>;

class LiveTable {
public:
    explicit LiveTable(std::span<interdict_bucket> buckets) : buckets_(buckets) {}

    // With its mark; 0 if the target is not there.
    [[nodiscard]] std::uint32_t find(interdict_hash hash) const;

    // Takes a free slot for each of these targets, none of which is in the table. Where both buckets of one
    // are full, others move to their other bucket, which takes two grace periods for all of them together,
    // or four where those have to wait for others. No reader finds the targets before show(). On an error
    // nothing is reserved; what has moved stays moved.
    [[nodiscard]] Result<void> reserve(std::span<const TableEntry> entries, const Grace& grace);

    // Gives back what reserve() took and show() has not shown.
    void release();

    // From now on readers find the target, which was reserved.
    void show(interdict_hash hash);

    // Gives a target that is there another rule.
    void set(interdict_hash hash, std::uint32_t rule);

    // From now on readers do not find it.
    void clear(interdict_hash hash);

private:
    struct Slot {
        interdict_bucket* bucket = nullptr;
        unsigned index = 0;
    };
    struct Leaving {
        Slot slot;
        std::optional<TableEntry> heir;
    };

    [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(buckets_.size()); }
    [[nodiscard]] bool take_slot(const TableEntry& entry);
    [[nodiscard]] bool take_place_of_another(const TableEntry& entry);
    void occupy(Slot slot, std::uint64_t fingerprint, std::uint32_t rule);
    [[nodiscard]] bool move_away(Slot from);
    [[nodiscard]] std::optional<Slot> move_one_away(std::uint32_t index);
    [[nodiscard]] bool move_one_behind(std::uint32_t index);
    void turn_over();
    [[nodiscard]] std::uint64_t fingerprint_in(const interdict_bucket& bucket, unsigned slot) const;
    template <class Act>
    void each_copy(interdict_hash hash, Act act);

    std::span<interdict_bucket> buckets_;
    std::unordered_map<std::uint64_t, Slot> reserved_;          // by fingerprint
    std::unordered_map<const __u64*, std::uint64_t> reservers_; // by the place of the fingerprint to come
    std::unordered_map<const __u64*, Leaving>
        leaving_;               // by place: copied; a grace period, and it is not here
    std::vector<Leaving> left_; // not found any more; a grace period, and it is free
};

} // namespace interdict::image
