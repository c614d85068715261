// SPDX-License-Identifier: Apache-2.0
// json.h: writing and reading JSON that may hold anything. Json: nlohmann::json or nlohmann::ordered_json.
#pragma once

#include <cstdint>
#include <string>

namespace interdict {

// On one line; bytes that are not UTF-8 are replaced.
template <class Json>
[[nodiscard]] std::string text_of(const Json& json)
{
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A member of an object; empty if it is not there or no string.
template <class Json>
[[nodiscard]] std::string text_of(const Json& object, const char* key)
{
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->template get<std::string>() : std::string();
}

// A member of an object; 0 if it is not there or no integer.
template <class Json>
[[nodiscard]] std::int64_t integer_of(const Json& object, const char* key)
{
    const auto found = object.find(key);
    return found != object.end() && found->is_number_integer() ? found->template get<std::int64_t>() : 0;
}

} // namespace interdict
