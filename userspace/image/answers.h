// SPDX-License-Identifier: Apache-2.0
//
// answers.h: what refused users are told, as the records of map "answers" (maps/answers.h).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "maps/answers.h"
#include "maps/rules.h"
#include "ruleset/ruleset.h"

namespace interdict::image {

// What the programs copy into an answer in the name of this order; null: the general one, of no order.
[[nodiscard]] interdict_answer make_answer(const ruleset::OrderInfo* order);

// The rule is answered in words: by DNS, or by a page over HTTP.
[[nodiscard]] bool has_words(const interdict_rule& record);

// One record for each order that is the first to be cited by a rule that has_words(), in the order of the
// list, behind the general one; other orders cost nothing. Sets `answer` of the rules, which are indexed by
// id.
[[nodiscard]] std::vector<interdict_answer> lay_answers(const ruleset::Ruleset& ruleset,
                                                        std::span<interdict_rule> rules);

// The longest part of text that has at most `limit` bytes and does not end inside a UTF-8 sequence.
[[nodiscard]] std::string_view cut(std::string_view text, std::size_t limit);

// Safe as text and as an attribute's value in HTML, control characters as spaces; at most `limit` bytes, cut
// between characters and never inside an entity. What was cut ends in an ellipsis.
[[nodiscard]] std::string html(std::string_view text, std::size_t limit);

} // namespace interdict::image
