// SPDX-License-Identifier: Apache-2.0
//
// orders.h: order files for tests, as text.
#pragma once

#include <initializer_list>
#include <string>

namespace interdict::harness {

// One entry of "targets". more: further members, each with a comma in front.
[[nodiscard]] inline std::string block_name(const std::string& name, const std::string& match = "subtree",
                                            const std::string& more = {})
{
    return R"({"name": ")" + name + R"(", "match": ")" + match + "\"" + more + "}";
}

[[nodiscard]] inline std::string block_prefix(const std::string& prefix, const std::string& more = {})
{
    const bool expires = more.find("\"expires\"") != std::string::npos;
    return R"({"prefix": ")" + prefix + "\"" + (expires ? "" : R"(, "expires": "2099-01-01T00:00:00Z")") +
           more + "}";
}

// One order. more: further members, each with a comma in front; "effective" may be among them.
[[nodiscard]] inline std::string order(std::initializer_list<std::string> targets,
                                       const std::string& more = {}, const std::string& id = "test-1")
{
    std::string list;
    for (const auto& target : targets)
        list += (list.empty() ? "" : ", ") + target;
    const bool effective = more.find("\"effective\"") != std::string::npos;
    return R"({"id": ")" + id +
           R"(", "kind": "court-order", "authority": "A court", "reference": "1/2022",)" +
           R"( "jurisdiction": "ZZ", "issued": "2022-01-01")" +
           (effective ? "" : R"(, "effective": "2022-01-01T00:00:00Z")") + more + R"(, "targets": [)" + list +
           "]}";
}

[[nodiscard]] inline std::string orders(std::initializer_list<std::string> list)
{
    std::string text;
    for (const auto& one : list)
        text += (text.empty() ? "" : ", ") + one;
    return R"({"orders": [)" + text + "]}";
}

// An order file with one order.
[[nodiscard]] inline std::string blocking(std::initializer_list<std::string> targets,
                                          const std::string& more = {})
{
    return orders({order(targets, more)});
}

} // namespace interdict::harness
