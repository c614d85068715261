// SPDX-License-Identifier: Apache-2.0
//
// stack_tap.h: counts what comes out of the filter towards the stack, on kReceiver of this thread's
// namespace.
#pragma once

#include <cstdint>

#include "base/fd.h"
#include "base/result.h"

namespace interdict::bench {

[[nodiscard]] Result<Fd> stack_tap();

// Incoming packets since the last call, seen or missed; the kernel clears both counts.
[[nodiscard]] Result<std::uint64_t> tapped(const Fd& tap);

} // namespace interdict::bench
