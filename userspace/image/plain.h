// SPDX-License-Identifier: Apache-2.0
//
// plain.h: which rules the kernel may carry out without reading their records (INTERDICT_TARGET_PLAIN).
#pragma once

#include <cstdint>

#include "ruleset/ruleset.h"

namespace interdict::image {

// The span in which every plain rule is in force. Seconds since the epoch; until <= from: there are none.
struct PlainSpan {
    std::uint64_t from = 0;
    std::uint64_t until = 0;

    // The only rule on one full address, that drops whatever it sees of it, everywhere and for all of the
    // span.
    [[nodiscard]] bool holds(const ruleset::Rule& rule) const;
};

// A span in which most candidates hold: those that begin last or end first are left to their records, so that
// one short-lived rule does not end the short way for all.
[[nodiscard]] PlainSpan plain_span(const ruleset::Ruleset& ruleset);

} // namespace interdict::image
