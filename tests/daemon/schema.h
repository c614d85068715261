// SPDX-License-Identifier: Apache-2.0
//
// schema.h: whether a value is as an OpenAPI document says, as far as ours goes.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace interdict::test {

// The first thing that is wrong, with its place; empty: nothing. Members that the schema does not name are
// wrong unless it has additionalProperties or names none. document: where references lead.
[[nodiscard]] std::string fault_of(const nlohmann::ordered_json& value, const nlohmann::ordered_json& schema,
                                   const nlohmann::ordered_json& document, const std::string& at = "$");

} // namespace interdict::test
