// SPDX-License-Identifier: Apache-2.0
//
// verdicts.h: rules in words, and what a chain of live rules decides.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "maps/rules.h"
#include "ruleset/ruleset.h"

namespace interdict::daemon {

// A rule as the kernel has it, and as the state directory knows it (null if it does not).
struct Match {
    interdict_rule record{};
    const ruleset::Rule* rule = nullptr;
};

enum class Outcome { Pass, Observed, Exempt, Blocked };

// "passes", "observed", "exempt", "blocked".
[[nodiscard]] std::string_view to_string(Outcome outcome);

struct Verdict {
    Outcome outcome = Outcome::Pass;
    const Match* match = nullptr; // what decided
    // Only in its scope, or for its protocol and ports; other packets may fare otherwise.
    bool conditional = false;
};

// matches: in the kernel's order. Rules with conditions that a packet may or may not meet are taken to be
// met.
[[nodiscard]] Verdict judge(std::span<const Match> matches, unsigned channel, std::int64_t time);

// The rule's window holds the time.
[[nodiscard]] bool in_window(const interdict_rule& record, std::int64_t time);

// "kickasstorrents.to" or "192.0.2.7/32 tcp 443".
[[nodiscard]] std::string target_text(const order::Target& target);

[[nodiscard]] std::vector<std::string> means_list(const interdict_rule& record);
// Channel and action of each of its means, defaults resolved.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> actions(const interdict_rule& record);
[[nodiscard]] std::vector<std::string> scope_names(const interdict_rule& record,
                                                   const std::vector<order::Scope>& scopes);
// "protocol 6, ports 443,8000-8100"; empty without any.
[[nodiscard]] std::string packet_conditions(const interdict_rule& record);

} // namespace interdict::daemon
