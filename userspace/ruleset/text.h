// SPDX-License-Identifier: Apache-2.0
//
// text.h: a rule set as JSON lines.
//
// Line 1 is the header,
// {"interdict":"ruleset","version":1,"orders":N,"scopes":N,"rules":N,"max_id":N,"hash":"..."}; then one line
// per order, scope and rule. The hash is BLAKE2b-256 (RFC 7693) over every byte after the header's line end,
// so that a cut-off or edited file is noticed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ruleset/ruleset.h"

namespace interdict::ruleset {

inline constexpr int kTextVersion = 1;

[[nodiscard]] std::string write_ruleset(const Ruleset& ruleset);

// file: its name for messages. Errors: not JSON lines, another version, counts or hash that do not agree,
// values out of range; each with its line.
[[nodiscard]] Result<Ruleset> read_ruleset(std::string_view text, std::string_view file);

// A rule as evidence names it.
struct NamedRule {
    std::uint32_t id = 0;
    order::Target target;
    std::uint32_t means = 0; // INTERDICT_MEANS bits
    bool exempt = false;
    bool observe = false;
    std::vector<std::string> orders; // ids

    [[nodiscard]] static NamedRule of(const Rule& rule, const std::vector<OrderInfo>& orders);
};

// Those that have one of these ids: of millions only the lines that are wanted are taken apart. ids: rising.
// Errors: as read_ruleset(), but a fault of another line is not seen.
[[nodiscard]] Result<std::vector<NamedRule>> find_rules(std::string_view text, std::string_view file,
                                                        std::span<const std::uint32_t> ids);

// 64 hex digits: the hash of the header. Equal exactly for rule sets that write_ruleset() writes alike.
[[nodiscard]] std::string content_hash(const Ruleset& ruleset);

// The same of a text that write_ruleset() has made, without doing the work again.
[[nodiscard]] std::string hash_in(std::string_view text);

// 64 hex digits: BLAKE2b-256 of any text.
[[nodiscard]] std::string hash_text(std::string_view text);

} // namespace interdict::ruleset
