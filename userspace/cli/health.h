// SPDX-License-Identifier: Apache-2.0
//
// health.h: where a plane does less than it was asked to, as the daemon sees it, too.
#pragma once

#include "daemon/health.h"
#include "daemon/words.h"

namespace interdict::cli {

using daemon::answer_fault;
using daemon::channel_states;
using daemon::ChannelState;
using daemon::cut_short;
using daemon::cut_short_text;
using daemon::encapsulations_text;
using daemon::faults;
using daemon::kEncapsulationHelp;
using daemon::parse_encapsulations;
using daemon::role_text;

} // namespace interdict::cli
