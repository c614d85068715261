// SPDX-License-Identifier: Apache-2.0
//
// channels.h: a rule's hits by the channel that they came by.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "maps/counters.h"

namespace interdict::control {

// {"tls": 12, "quic": 0...}, one for each of the rule's means (INTERDICT_MEANS() bits); modulo 2^32, see
// maps/counters.h.
[[nodiscard]] nlohmann::ordered_json channel_counts(const interdict_hits& counter, unsigned means);

// "tls 12, quic 0"; empty for a rule of one channel.
[[nodiscard]] std::string channel_text(const interdict_hits& counter, unsigned means);

} // namespace interdict::control
