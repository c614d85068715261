// SPDX-License-Identifier: Apache-2.0
//
// target_index.h: which of many targets are the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "order/order.h"

namespace interdict::feed {

// A name is one target however it is matched, as in order files.
[[nodiscard]] inline bool same_target(const order::Target& one, const order::Target& other)
{
    return one.name.name == other.name.name && one.address == other.address;
}

// Open addressing over the places of targets that the caller keeps, numbered from 0 without gaps.
class TargetIndex {
public:
    // The place of the target that is there already. Nothing: it was not, and now stands at size().
    // at: the target at a place.
    template <class At>
    [[nodiscard]] std::optional<std::size_t> find_or_add(const order::Target& target, const At& at)
    {
        if (size_ * 2 >= slots_.size())
            grow();
        const auto hash = static_cast<std::uint32_t>(order::place_hash(target));
        const std::size_t mask = slots_.size() - 1;
        std::size_t slot = hash & mask;
        for (; slots_[slot].place != 0; slot = (slot + 1) & mask)
            if (slots_[slot].hash == hash && same_target(at(slots_[slot].place - 1), target))
                return slots_[slot].place - 1;
        slots_[slot] = {hash, static_cast<std::uint32_t>(++size_)};
        return std::nullopt;
    }

private:
    struct Slot {
        std::uint32_t hash = 0;
        std::uint32_t place = 0; // + 1; 0 = free
    };

    void grow()
    {
        std::vector<Slot> larger(slots_.empty() ? 1024 : slots_.size() * 2);
        const std::size_t mask = larger.size() - 1;
        for (const Slot& old : slots_) {
            if (old.place == 0)
                continue;
            std::size_t slot = old.hash & mask;
            while (larger[slot].place != 0)
                slot = (slot + 1) & mask;
            larger[slot] = old;
        }
        slots_ = std::move(larger);
    }

    std::vector<Slot> slots_;
    std::size_t size_ = 0;
};

} // namespace interdict::feed
