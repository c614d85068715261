// SPDX-License-Identifier: Apache-2.0
//
// dispatcher.h: the entry program as one of several XDP programs on an interface, through libxdp's
// dispatcher.
#pragma once

#include <string>

#include "base/result.h"
#include "plane/maps.h"
#include "plane/pins.h"

namespace interdict::plane {

// libxdp's own default; programs with smaller numbers run first.
inline constexpr unsigned kDefaultPriority = 50;

// Whether this kernel lets a program replace a function of another, which the dispatcher is made of. Tried
// out once per process. The error says what was refused.
[[nodiscard]] const Result<void>& dispatcher_available();

// Loads a copy of the entry program, adds it to the dispatcher of the interface and pins it as the
// interface's member. generic: in generic (SKB) mode. Errors: what libxdp says, and the interface is as
// before.
[[nodiscard]] Result<void> join_dispatcher(const Maps& maps, const Pins& pins, const std::string& interface,
                                           unsigned ifindex, bool generic, unsigned priority, bool verbose);

// Takes the interface's member out of the dispatcher, which goes when it was the last, and removes the pin.
// An interface that is gone took its dispatcher along: no error.
[[nodiscard]] Result<void> leave_dispatcher(const Pins& pins, const std::string& interface);

// Removes the pins that libxdp left of an interface that is gone. ifindex: not 0, which means every interface
// that this network namespace does not have.
void forget_dispatcher(unsigned ifindex);

enum class Membership { None, Native, Generic };

// Whether the pinned member runs on the interface.
[[nodiscard]] Result<Membership> membership(const Pins& pins, const std::string& interface, unsigned ifindex);

} // namespace interdict::plane
