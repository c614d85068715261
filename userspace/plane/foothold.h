// SPDX-License-Identifier: Apache-2.0
//
// foothold.h: a pin set that stays reachable when its file system is unmounted, and is pinned again when
// there is one.
#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "plane/pins.h"

namespace interdict::plane {

class Foothold {
public:
    // As long as this exists the pins, and with them links and the filter, outlive their file system.
    [[nodiscard]] static Result<Foothold> take(const Pins& pins);

    // The path leads elsewhere now, or nowhere.
    [[nodiscard]] bool lost(const Pins& pins) const;

    // Pins all that is here at the path. Errors: no BPF file system there; another pin set is there; a pin
    // cannot be made. What was made of it is removed then.
    [[nodiscard]] Result<void> pin_again(const Pins& pins) const;

private:
    explicit Foothold(Fd folder) : folder_(std::move(folder)) {}

    Fd folder_;
};

} // namespace interdict::plane
