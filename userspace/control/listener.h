// SPDX-License-Identifier: Apache-2.0
//
// listener.h: who is told what does not end a step.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace interdict::control {

struct Listener {
    std::function<void(std::string_view)> warn = [](std::string_view) {};
    // Of long work; total 0 = unknown.
    std::function<void(std::string_view what, std::uint64_t done, std::uint64_t total)> progress =
        [](std::string_view, std::uint64_t, std::uint64_t) {};
};

} // namespace interdict::control
