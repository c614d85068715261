// SPDX-License-Identifier: Apache-2.0
//
// capabilities.h: what this process may not do, of what the plane needs.
#pragma once

#include <string_view>
#include <vector>

namespace interdict::plane {

struct Lack {
    std::string_view capability; // "CAP_BPF"
    std::string_view needed_for;
};

// Of the calling thread's effective capabilities. CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON.
[[nodiscard]] std::vector<Lack> missing_capabilities();

} // namespace interdict::plane
