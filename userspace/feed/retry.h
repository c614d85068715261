// SPDX-License-Identifier: Apache-2.0
//
// retry.h: when to try again. The jitter is full, so that thousands of clients of one authority spread out
// instead of coming back together.
#pragma once

#include <cstdint>
#include <functional>

namespace interdict::feed {

struct Backoff {
    unsigned attempts = 5; // in all
    std::int64_t base_ms = 1'000;
    std::int64_t most_ms = 60'000;

    // Milliseconds to wait after the attempt (from 1) failed: a random part of the base doubled each time.
    // random: 0 to 1.
    [[nodiscard]] std::int64_t wait_ms(unsigned attempt, double random) const
    {
        std::int64_t bound = base_ms;
        for (unsigned i = 1; i < attempt && bound < most_ms; ++i)
            bound *= 2;
        return static_cast<std::int64_t>(static_cast<double>(bound < most_ms ? bound : most_ms) * random);
    }
};

// What a connector has from the world, so that a test can give it another one.
struct World {
    std::function<std::int64_t()> now; // seconds since the epoch
    std::function<double()> random;    // 0 to 1
    std::function<void(std::int64_t)> sleep_ms;
};

[[nodiscard]] World real_world();

} // namespace interdict::feed
