// SPDX-License-Identifier: Apache-2.0
#include "plane/wall_clock.h"

#include <cstdint>
#include <ctime>
namespace interdict::plane {

namespace {

constexpr std::uint64_t kWallSecond = 1'000'000'000; // nanoseconds

std::uint64_t nanoseconds(clockid_t clock)
{
    timespec time = {};
    ::clock_gettime(clock, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * kWallSecond + static_cast<std::uint64_t>(time.tv_nsec);
}

// Not by adjtimex(): filters against setting the clock refuse it.
std::uint32_t tai_offset()
{
    std::uint64_t before = 0;
    std::uint64_t tai = 0;
    std::uint64_t after = 0;
    do {
        before = nanoseconds(CLOCK_REALTIME);
        tai = nanoseconds(CLOCK_TAI);
        after = nanoseconds(CLOCK_REALTIME);
    } while (after - before > kWallSecond / 4); // set in between, or back
    return static_cast<std::uint32_t>((tai - before + kWallSecond / 2) / kWallSecond);
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
    control.tai_offset = tai_offset();
    control.second = wall / kWallSecond;
    control.second_start = monotonic - wall % kWallSecond;
}

} // namespace interdict::plane
