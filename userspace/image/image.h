// SPDX-License-Identifier: Apache-2.0
//
// image.h: a rule set as the exact content of the maps of one slot. The plane copies it; nothing is left to
// decide.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "image/scopes.h"
#include "image/table.h"
#include "maps/answers.h"
#include "maps/control.h"
#include "maps/counters.h"
#include "maps/filter.h"
#include "maps/rules.h"
#include "maps/targets.h"
#include "ruleset/ruleset.h"

namespace interdict::image {

// What the plane has room for.
struct Capacity {
    std::uint32_t max_targets = 16u << 20;
    std::uint32_t max_rules = INTERDICT_RULE_ID_MAX; // the largest id, gaps included
    std::uint32_t max_prefix_scopes = INTERDICT_PREFIX_SCOPES_MAX;
};

struct Image {
    interdict_generation header{};         // number and published are 0: the plane gives them
    interdict_name_key name_key{};         // map "name_keys"
    std::vector<std::uint64_t> filter;     // INTERDICT_FILTER_WORDS, map "filter"
    std::vector<interdict_bucket> buckets; // header.buckets, an inner map of "targets"; empty without targets
    std::vector<interdict_rule> rules;     // header.rules, an inner map of "rules"; the index is the id
    std::vector<interdict_answer> answers; // an inner map of "answers"; [0] is the general one (answers.h)
    ScopeBits scopes;
    TableStats table;
};

struct ImageOptions {
    std::optional<std::uint64_t> seed; // of the keys; random without one
    std::string content_hash;          // ruleset::content_hash() if the caller has it already, else empty
};

// Means, and kinds and lengths of addresses, that the rule brings into a generation.
void widen(interdict_generation& header, const ruleset::Rule& rule);

// Elements of the inner maps "rules" and "answers", room for what comes in place (patch.h) included. The
// target table has its room in header.buckets: more than the targets alone would take.
[[nodiscard]] std::uint32_t rule_entries(const Image& image);
[[nodiscard]] std::uint32_t answer_entries(const Image& image);

// The same rule set, capacity and seed give the same image, byte for byte.
//
// Errors: a rule set beyond the capacity (message: used, limit, remedy), found before anything is laid out; a
// table that cannot be built, after several tries with new keys and more room each time.
[[nodiscard]] Result<Image> build_image(const ruleset::Ruleset& ruleset, const Capacity& capacity = {},
                                        const ImageOptions& options = {});

} // namespace interdict::image
