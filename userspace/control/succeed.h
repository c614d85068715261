// SPDX-License-Identifier: Apache-2.0
//
// succeed.h: a binary with another map layout takes over the plane of the one before it.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "control/listener.h"
#include "control/state.h"

namespace interdict::control {

// Makes a plane of this build's layout beside the pinned one, with the rules of its live generation under the
// same number, proves them, and gives it the interfaces one by one; no packet is judged by neither. True: it
// was done; false: nothing was to be done. Errors, with the old plane filtering as before: another writer,
// rules that the state directory has lost, a rule that does not prove, no room.
[[nodiscard]] Result<bool> succeed(const std::filesystem::path& pins, const State& state,
                                   const Listener& listener);

} // namespace interdict::control
