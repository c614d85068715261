// SPDX-License-Identifier: Apache-2.0
//
// health.h: where a plane does less than it was asked to.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "plane/plane.h"

namespace interdict::cli {

// One line each: an interface that is gone or has lost the program, a stage that the kernel refused. Empty:
// all well.
[[nodiscard]] Result<std::vector<std::string>> faults(const plane::Plane& plane);

// "subscriber", "uplink", "both"; "none" for 0.
[[nodiscard]] std::string role_text(std::uint32_t role);

} // namespace interdict::cli
