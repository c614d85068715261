// SPDX-License-Identifier: Apache-2.0
//
// mutate.h: damaged and cut-up frames out of real ones, the same ones for the same seed.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/packet.h"

namespace interdict::harness {

// SplitMix64.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next();
    // 0 to limit - 1; limit above 0.
    std::size_t below(std::size_t limit) { return next() % limit; }

private:
    std::uint64_t state_;
};

// One to three frames: bytes changed, cut off or added, headers pushed in, or, of an ordinary TCP segment,
// two that hold its payload in either order, overlapping or not. All have at least 14 bytes.
[[nodiscard]] std::vector<Bytes> mutate(const Bytes& frame, Random& random);

} // namespace interdict::harness
