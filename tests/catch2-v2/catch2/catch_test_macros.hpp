// SPDX-License-Identifier: Apache-2.0
//
// catch_test_macros.hpp: Catch2 version 3 as the tests are written, on version 2 as Debian 12 has it.
// On a machine with version 3 this folder is not used.
#pragma once

#include <string>

#include <catch2/catch.hpp>

namespace interdict::testing {

// Ends the test case without failing it and is counted by main.cpp.
[[noreturn]] void skip();

} // namespace interdict::testing

namespace Catch::Matchers {

inline auto ContainsSubstring(const std::string& part, CaseSensitive::Choice sensitivity = CaseSensitive::Yes)
{
    return Contains(part, sensitivity);
}

} // namespace Catch::Matchers

// SKIP("reason: " << value), at any depth below a TEST_CASE.
#define SKIP(...)                         \
    do {                                  \
        WARN("skipped: " << __VA_ARGS__); \
        ::interdict::testing::skip();     \
    } while (false)
