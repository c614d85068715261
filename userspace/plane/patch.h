// SPDX-License-Identifier: Apache-2.0
//
// patch.h: changes the live generation where it is (maps/README.md, "In place").
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "image/patch.h"
#include "plane/live.h"
#include "plane/maps.h"
#include "plane/publish.h"

namespace interdict::plane {

using Digest = std::array<std::uint8_t, 32>;

// hex: 64 digits.
[[nodiscard]] Result<Digest> digest_of(std::string_view hex);

// What the live generation is called once it is changed in place: the next number with the same slot.
[[nodiscard]] constexpr std::uint64_t number_in_place(std::uint64_t live) { return live + INTERDICT_SLOTS; }

struct Patched {
    std::uint64_t number = 0;
    std::vector<LastCount> removed{}; // as the patch has them, all hits included
    // The rules are as they should be; their last counts may not be complete.
    std::optional<Error> afterwards{};
};

// tables: of the live generation, opened for writing; the patch was made from them and nothing was published
// since. digest: of the rule set that it leads to. live: called once packets are judged by it, while it is
// waited for the last of those that were judged by what has gone. between: for tests, see image/patch.h.
//
// A generation that is staged is given up. Error: no room, another generation is live, a change before was
// cut short; the live generation is as it was. The message of any other error says what is half done, and
// cut_short() is true.
[[nodiscard]] Result<Patched> patch(Maps& maps, const LiveTables& tables, const image::Patch& patch,
                                    const Digest& digest, const std::function<void()>& between = {},
                                    const std::function<void(std::uint64_t number)>& live = {});

// Makes room in the live table for targets that a patch may bring, which takes some grace periods; whoever
// changes the table otherwise waits for the end. tables: opened for writing. See image/patch.h.
[[nodiscard]] Result<void> make_room(const Maps& maps, const LiveTables& tables,
                                     std::span<const order::Target> targets);

// A writer died while it changed the live generation, or could not finish: some of its rules are as before,
// some as after, and each of them whole. The number it would have got; 0: it is complete. Publishing a
// generation puts it right.
[[nodiscard]] std::uint64_t cut_short(const Maps& maps);

// Gives the live generation its new number and digest if that was all that was left to do.
void finish_patch(Maps& maps);

} // namespace interdict::plane
