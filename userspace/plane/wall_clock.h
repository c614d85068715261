// SPDX-License-Identifier: Apache-2.0
//
// wall_clock.h: what the programs need to know the time of day, since BPF has no clock for it.
#pragma once

#include "maps/control.h"

namespace interdict::plane {

// Writes second, second_start and tai_offset. To be called again when the system's clock was set or the
// leap second table was loaded; daily is enough otherwise.
void set_wall_clock(interdict_control& control);

} // namespace interdict::plane
