// SPDX-License-Identifier: Apache-2.0
//
// guards.h: guards for tests.
#pragma once

#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "guard/guard.h"

namespace interdict::control::test {

// Protects these names and all below them as the operator's own.
inline guard::Guard guard_of(const std::vector<std::string>& own)
{
    guard::List list{
        .label = "own: site", .kind = guard::ListKind::Own, .source = {}, .because = "it is ours"};
    for (const auto& text : own)
        list.names.push_back({.name = {.name = text, .match = order::Match::Subtree}, .note = {}});
    guard::Settings settings;
    if (!own.empty())
        settings.own.push_back(list);
    auto made = guard::Guard::make(settings, {});
    REQUIRE(made);
    return *std::move(made);
}

} // namespace interdict::control::test
