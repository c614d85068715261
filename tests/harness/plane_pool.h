// SPDX-License-Identifier: Apache-2.0
//
// plane_pool.h: detached planes for tests. Loading the programs takes nearly all of a short test's time, so a
// plane that one test is through with serves the next: its flows, its counters' beginnings and its settings
// are as new, its programs and maps are not.
#pragma once

#include <memory>

#include "base/result.h"
#include "maps/totals.h"
#include "plane/plane.h"

namespace interdict::harness {

class PooledPlane {
public:
    // Errors: those of Plane::detached().
    [[nodiscard]] static Result<PooledPlane> take(const plane::DetachedConfig& config, bool fresh = false);
    PooledPlane(PooledPlane&&) noexcept;
    PooledPlane& operator=(PooledPlane&&) = delete;
    ~PooledPlane();

    [[nodiscard]] plane::Plane& operator*() const;
    [[nodiscard]] plane::Plane* operator->() const;

    // What this user's frames have added.
    [[nodiscard]] Result<interdict_totals> totals() const;

    // Something was done to it that cannot be undone: nobody else gets it.
    void spoil();

private:
    struct Entry;
    explicit PooledPlane(std::unique_ptr<Entry> entry);

    std::unique_ptr<Entry> entry_;
    interdict_totals before_{};
};

} // namespace interdict::harness
