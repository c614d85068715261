// SPDX-License-Identifier: Apache-2.0
//
// guarding.h: the guard as commands use it.
#pragma once

#include <optional>
#include <string>

#include "cli/command.h"
#include "guard/load.h"

namespace interdict::cli {

// The guard of a settings file, or of <state>/guard.json if file is empty and that is there; else what is
// built in. Problems and warnings go to standard error; nothing if there is no guard to be had.
[[nodiscard]] std::optional<guard::Loaded> load_guard(Session& session, const std::string& file,
                                                      guard::Keep keep = guard::Keep::No);

[[nodiscard]] Json to_json(const guard::Finding& finding);

// "held, REASON" and, on a line of its own, the alternative.
void say_finding(Console& console, const std::string& target, const guard::Finding& finding);

} // namespace interdict::cli
