// SPDX-License-Identifier: Apache-2.0
//
// builtin.h: what must stay reachable everywhere, whatever an operator's settings say.
#pragma once

#include <vector>

#include "guard/lists.h"

namespace interdict::guard {

// ListKind::Infrastructure and ListKind::SpecialPurpose.
[[nodiscard]] std::vector<List> builtin_lists();

} // namespace interdict::guard
