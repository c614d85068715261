// SPDX-License-Identifier: Apache-2.0
//
// values.h: values that several kinds of files have; what is wrong with one is reported where it stands.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "order/fields.h"
#include "order/prefix.h"

namespace interdict::order {

// tree: takes json, which must outlive it. False: not JSON, and reported.
[[nodiscard]] bool read_tree(std::string_view json, JsonTree& tree, Report& report);

// A host's name as normalise_name() takes it without a wildcard.
[[nodiscard]] std::optional<std::string> read_host_name(JsonValue value, const Path& at, Report& report);

[[nodiscard]] std::optional<Prefix> read_prefix(JsonValue value, const Path& at, Report& report);

// An integer from least to most; nothing if it is absent or faulty.
[[nodiscard]] std::optional<std::int64_t> read_number(const Fields& fields, std::string_view key,
                                                      std::int64_t least, std::int64_t most);

template <class Integer>
requires std::is_integral_v<Integer>
void read_number(const Fields& fields, std::string_view key, std::int64_t least, std::int64_t most,
                 Integer& into)
{
    if (const auto number = read_number(fields, key, least, most))
        into = static_cast<Integer>(*number);
}

// A duration of fixed length (ISO 8601), in seconds; into stays as it is if it is absent or faulty.
void read_duration(const Fields& fields, std::string_view key, std::int64_t least, std::int64_t& into,
                   std::int64_t most = std::numeric_limits<std::int64_t>::max());

} // namespace interdict::order
