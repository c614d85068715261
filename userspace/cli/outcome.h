// SPDX-License-Identifier: Apache-2.0
//
// outcome.h: what became of a step, in words. As JSON it is the same from the API and from a step that was
// taken here: control/changes_json.h.
#pragma once

#include "cli/command.h"
#include "cli/console.h"

namespace interdict::cli {

// docs/api.md, Outcome: for people, and with --json as it is. Not its warnings.
void show_outcome(Console& console, const Json& outcome);

// Which targets the guard holds, why, and what it offers instead: on standard error.
void show_held(Console& console, const Json& held);

// By its member "outcome".
[[nodiscard]] Exit exit_of(const Json& outcome);

} // namespace interdict::cli
