// SPDX-License-Identifier: Apache-2.0
#include "schema.h"

#include <algorithm>

namespace interdict::test {

namespace {

using Json = nlohmann::ordered_json;

bool is(const Json& value, const std::string& type)
{
    return type == "object"    ? value.is_object()
           : type == "array"   ? value.is_array()
           : type == "string"  ? value.is_string()
           : type == "integer" ? value.is_number_integer()
           : type == "number"  ? value.is_number()
           : type == "boolean" ? value.is_boolean()
                               : type == "null" && value.is_null();
}

bool is_of(const Json& value, const Json& types)
{
    return types.is_string() ? is(value, types)
                             : std::ranges::any_of(types, [&](const Json& type) { return is(value, type); });
}

std::string members_fault(const Json& value, const Json& schema, const Json& document, const std::string& at)
{
    for (const auto& key : schema.value("required", Json::array()))
        if (!value.contains(key.get<std::string>()))
            return at + " has no " + key.get<std::string>();
    const Json properties = schema.value("properties", Json::object());
    for (const auto& [key, member] : value.items()) {
        const auto known = properties.find(key);
        if (known == properties.end() && !properties.empty() && !schema.contains("additionalProperties"))
            return at + "." + key + " is not in the description";
        const Json& of = known != properties.end() ? *known : schema.value("additionalProperties", Json());
        if (of.is_object())
            if (auto fault = fault_of(member, of, document, at + "." + key); !fault.empty())
                return fault;
    }
    return {};
}

} // namespace

std::string fault_of(const Json& value, const Json& schema, const Json& document, const std::string& at)
{
    if (const auto reference = schema.find("$ref"); reference != schema.end())
        return fault_of(value, document.at(Json::json_pointer(reference->get<std::string>().substr(1))),
                        document, at);
    if (schema.contains("type") && !is_of(value, schema["type"]))
        return at + " is " + value.type_name() + ", not " + schema["type"].dump();
    if (schema.contains("enum") && std::ranges::find(schema["enum"], value) == schema["enum"].end())
        return at + " is " + value.dump();
    if (value.is_object())
        return members_fault(value, schema, document, at);
    if (value.is_array() && schema.contains("items"))
        for (std::size_t i = 0; i < value.size(); ++i)
            if (auto fault =
                    fault_of(value[i], schema["items"], document, at + "[" + std::to_string(i) + "]");
                !fault.empty())
                return fault;
    return {};
}

} // namespace interdict::test
