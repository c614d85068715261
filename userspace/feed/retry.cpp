// SPDX-License-Identifier: Apache-2.0
#include "feed/retry.h"

#include <chrono>
#include <memory>
#include <random>
#include <thread>

#include "base/clock.h"

namespace interdict::feed {

World real_world()
{
    const auto engine = std::make_shared<std::mt19937_64>(std::random_device{}());
    return {.now = [] { return interdict::now(); },
            .random = [engine] { return std::uniform_real_distribution<double>(0, 1)(*engine); },
            .sleep_ms = [](std::int64_t ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }};
}

} // namespace interdict::feed
