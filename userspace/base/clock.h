// SPDX-License-Identifier: Apache-2.0
//
// clock.h: points in time and spans, as text and as whole seconds.
//
// A point in time is a number of seconds since 1970-01-01T00:00:00Z without leap seconds (POSIX time).
// Years run from 0001 to 9999. Nothing here but now() reads a clock.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace interdict {

// Seconds since the epoch, from the system's real-time clock.
[[nodiscard]] std::int64_t now();

// RFC 3339 section 5.6, date-time: "2022-07-11T14:30:00Z", "2022-07-11T14:30:00+02:00". A fraction of a
// second is read and cut off; "t", "z" and a space for "T" are accepted as the RFC allows. A leap second
// (:60) counts as the second after it. Errors: wrong form, impossible date or time, missing or impossible
// offset.
[[nodiscard]] Result<std::int64_t> parse_timestamp(std::string_view text);

// RFC 3339 full-date, "2022-07-11": the first second of that day in UTC.
[[nodiscard]] Result<std::int64_t> parse_date(std::string_view text);

// ISO 8601 duration of fixed length, in seconds: "P30D", "P2W", "PT30M", "P1DT12H". Years and months are
// refused: their length depends on where one starts. Errors: wrong form, no component, more than 100 years.
[[nodiscard]] Result<std::int64_t> parse_duration(std::string_view text);

// "2022-07-11T12:30:00Z"; always UTC. Values outside the years 0001 to 9999 are clamped to them.
[[nodiscard]] std::string format_timestamp(std::int64_t seconds);

// "P30D", "PT30M", "P1DT12H"; "PT0S" for zero. seconds: at least 0.
[[nodiscard]] std::string format_duration(std::int64_t seconds);

} // namespace interdict
