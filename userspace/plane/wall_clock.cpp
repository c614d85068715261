// SPDX-License-Identifier: Apache-2.0
#include "plane/wall_clock.h"

#include <cstdint>
#include <ctime>

#include <sys/timex.h>

namespace interdict::plane {

namespace {

std::uint64_t nanoseconds(clockid_t clock)
{
    timespec time = {};
    ::clock_gettime(clock, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

} // namespace

void set_wall_clock(interdict_control& control)
{
    // Both coarse clocks step at the same tick; reading between two steps gives the exact difference.
    std::uint64_t monotonic = 0;
    std::uint64_t wall = 0;
    do {
        monotonic = nanoseconds(CLOCK_MONOTONIC_COARSE);
        wall = nanoseconds(CLOCK_REALTIME_COARSE);
    } while (nanoseconds(CLOCK_MONOTONIC_COARSE) != monotonic);
    timex kernel_clock = {};
    ::adjtimex(&kernel_clock);
    control.tai_offset = kernel_clock.tai > 0 ? static_cast<std::uint32_t>(kernel_clock.tai) : 0;
    control.second = wall / 1'000'000'000;
    control.second_start = monotonic - wall % 1'000'000'000;
}

} // namespace interdict::plane
