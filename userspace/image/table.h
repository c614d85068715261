// SPDX-License-Identifier: Apache-2.0
//
// table.h: builds the target table of maps/targets.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "maps/targets.h"

namespace interdict::image {

struct TableEntry {
    interdict_hash hash;
    std::uint32_t rule; // not 0
};

struct TableStats {
    std::uint32_t targets = 0;
    std::uint32_t second = 0; // targets that live in their second bucket
    std::uint64_t moves = 0;  // evictions on the way

    friend bool operator==(const TableStats&, const TableStats&) = default;
};

// Targets per kLoadDivisor slots: a load of 75 %, 17.1 bytes a target. 8.7 % of the targets are then in
// their second bucket, where a hit reads two cache lines, and a thousand that come to a million find slots
// after one round of moves; at 87.5 % it would be 14.5 % and two rounds.
inline constexpr std::uint32_t kLoadTargets = 3;
inline constexpr std::uint32_t kLoadDivisor = 4;

// Fullest table for which build_table() is expected to succeed, percent; see tests/unit/image/table_test.cpp.
inline constexpr std::uint32_t kLoadLimitPercent = 95;

// Buckets for that many targets; 0 for none.
[[nodiscard]] std::uint32_t table_buckets(std::size_t targets);

// Writes every entry into the buckets and then looks every one up, as the kernel will.
//
// buckets: overwritten whole; may be memory shared with the kernel, as long as no live generation reads it.
// On error their content is undefined. entries: each target once, fewer than 2^32.
//
// Errors: more entries than slots, cured by more buckets; an entry that finds no place within a bounded
// number of evictions, cured by new keys or more buckets; two targets with one fingerprint (message names
// both rules), cured by new keys.
[[nodiscard]] Result<TableStats> build_table(std::span<const TableEntry> entries,
                                             std::span<interdict_bucket> buckets);

} // namespace interdict::image
