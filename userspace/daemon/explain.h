// SPDX-License-Identifier: Apache-2.0
//
// explain.h: is it blocked, by which rule, cited by which orders, until when.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "control/state.h"
#include "order/prefix.h"
#include "plane/plane.h"

namespace interdict::daemon {

using Json = nlohmann::ordered_json;

struct Question {
    std::string text; // normalised
    bool is_name = false;
    order::Prefix prefix{};
    std::vector<unsigned> channels{};
    std::int64_t time = 0;
};

// query: a name, an address or a prefix. channel: "all", or the name of one. time: empty = now.
[[nodiscard]] Result<Question> parse_question(const std::string& query, const std::string& channel,
                                              const std::string& time);

// As the kernel would judge it, longest match first, with the orders' texts from the state directory. plane:
// may have been adopted for reading. Answer: docs/api.md.
[[nodiscard]] Result<Json> explain(const plane::Plane& plane, const control::State& state,
                                   const Question& question);

} // namespace interdict::daemon
