// SPDX-License-Identifier: Apache-2.0
//
// publish.h: a new generation, first beside the live one, then in its place (maps/README.md, "Swap").
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "image/image.h"
#include "maps/counters.h"
#include "plane/maps.h"

namespace interdict::plane {

struct Limits {
    std::uint32_t targets = image::Capacity{}.max_targets;
    std::uint32_t rules = INTERDICT_RULE_ID_MAX; // the largest id
    std::uint32_t prefix_scopes = INTERDICT_PREFIX_SCOPES_MAX;
    std::optional<std::uint64_t> bytes; // of kernel memory; nothing: what /proc/meminfo has available
};

// Kernel memory that staging the image takes: its tables, and counters that are not there yet.
[[nodiscard]] std::uint64_t memory_needed(const Maps& maps, const image::Image& image);

// Error: what does not fit, with used, limit and remedy. Nothing is touched.
[[nodiscard]] Result<void> check_capacity(const Maps& maps, const image::Image& image, const Limits& limits);

// A generation that is complete in the idle slot. Dropping it is giving it up.
struct Staged {
    std::uint64_t number = 0;
    std::array<std::uint8_t, 32> digest{};
};

// An interface's bits for the image's scopes, by its number.
using InterfaceScopes = std::function<std::uint32_t(unsigned ifindex)>;

// Checks the capacity, waits until no packet uses the idle slot, and writes the image there. The live
// generation goes on as it was, whatever fails.
[[nodiscard]] Result<Staged> stage(Maps& maps, const image::Image& image, const Limits& limits,
                                   const InterfaceScopes& scopes);

// Which rules change with the new generation.
struct Changes {
    std::span<const std::uint32_t> added;   // ids whose counters start at zero
    std::span<const std::uint32_t> removed; // ids whose counters are wanted for the last time
};

struct LastCount {
    std::uint32_t id = 0;
    interdict_hits counter{};
};

struct Published {
    std::uint64_t number = 0;
    std::vector<LastCount> removed{}; // in the order asked for, all hits included
    // The generation is live; something after that did not go as it should, e.g. memory not given back.
    std::optional<Error> afterwards{};
};

// Makes the staged generation live with one store, waits until no packet uses the one before, and frees it.
// An id in both lists of `changes` is reused: its last count is taken and its counter zeroed right before the
// store. Error: something else was staged or published since; nothing has changed.
[[nodiscard]] Result<Published> publish(Maps& maps, const Staged& staged, const Changes& changes);

} // namespace interdict::plane
