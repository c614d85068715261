// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <string>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

using namespace interdict;

TEST_CASE("timestamps in UTC")
{
    CHECK(parse_timestamp("1970-01-01T00:00:00Z") == 0);
    CHECK(parse_timestamp("2022-07-12T00:00:00Z") == 1657584000);
    CHECK(parse_timestamp("1969-12-31T23:59:59Z") == -1);
    CHECK(parse_timestamp("9999-12-31T23:59:59Z") == 253402300799);
    CHECK(parse_timestamp("0001-01-01T00:00:00Z") == -62135596800);
}

TEST_CASE("timestamps with an offset, also across midnight and the year's end")
{
    CHECK(parse_timestamp("2022-07-12T02:00:00+02:00") == 1657584000);
    CHECK(parse_timestamp("2022-07-11T18:30:00-05:30") == 1657584000);
    CHECK(parse_timestamp("1970-01-01T00:30:00+01:00") == -1800);
    CHECK(parse_timestamp("1969-12-31T23:30:00-00:30") == 0);
    CHECK(parse_timestamp("2022-07-12T23:59:00+23:59") == 1657584000);
}

TEST_CASE("the variants that RFC 3339 allows")
{
    CHECK(parse_timestamp("2022-07-12t00:00:00z") == 1657584000);
    CHECK(parse_timestamp("2022-07-12 00:00:00Z") == 1657584000);
    CHECK(parse_timestamp("2022-07-12T00:00:00.999999Z") == 1657584000);
    CHECK(parse_timestamp("2016-12-31T23:59:60Z") == 1483228800);
}

TEST_CASE("leap days: every fourth year, not the centuries, but every fourth century")
{
    CHECK(parse_date("2024-02-29") == 1709164800);
    CHECK(parse_date("2000-02-29") == 951782400);
    CHECK(!parse_date("2023-02-29"));
    CHECK(!parse_date("1900-02-29"));
    CHECK(!parse_date("2100-02-29"));
}

TEST_CASE("impossible dates are refused")
{
    const std::string date = GENERATE("2022-02-30", "2022-04-31", "2022-13-01", "2022-00-10", "2022-01-00",
                                      "2022-01-32", "0000-01-01");
    INFO(date);
    CHECK(parse_date(date).error().message.find("there is no day") != std::string::npos);
    CHECK(parse_timestamp(date + "T00:00:00Z").error().message.find("there is no day") != std::string::npos);
}

TEST_CASE("impossible times and offsets are refused")
{
    const std::string text = GENERATE("2022-07-11T24:00:00Z", "2022-07-11T23:60:00Z", "2022-07-11T23:59:61Z",
                                      "2022-07-11T00:00:00+24:00", "2022-07-11T00:00:00+01:60");
    INFO(text);
    CHECK(parse_timestamp(text).error().message.find("there is no") != std::string::npos);
}

TEST_CASE("a timestamp of another form is refused with an example of the right one")
{
    const std::string text =
        GENERATE("", "soon", "2022-07-11", "2022-07-11T00:00:00", "2022-07-11T00:00Z", "22-07-11T00:00:00Z",
                 "2022-7-11T00:00:00Z", "2022-07-11T00:00:00.Z", "2022-07-11T00:00:00+0200",
                 "2022-07-11T00:00:00ZZ", " 2022-07-11T00:00:00Z", "2022-07-11T00:00:00+02:00 ",
                 "+022-07-11T00:00:00Z", "2022/07/11T00:00:00Z", "2022-07-11T-1:00:00Z");
    INFO(text);
    const auto result = parse_timestamp(text);
    REQUIRE(!result);
    CHECK(result.error().message.find("2022-07-11T14:30:00Z") != std::string::npos);
}

TEST_CASE("a date of another form is refused")
{
    CHECK(parse_date("2022-07-11") == 1657497600);
    const std::string text =
        GENERATE("", "2022-07", "2022-7-11", "11.07.2022", "2022-07-11T00:00:00Z", "2022-07-111");
    INFO(text);
    CHECK(parse_date(text).error().message.find("not a date") != std::string::npos);
}

TEST_CASE("durations of fixed length")
{
    CHECK(parse_duration("P30D") == 30 * 86400);
    CHECK(parse_duration("P2W") == 14 * 86400);
    CHECK(parse_duration("PT30M") == 1800);
    CHECK(parse_duration("P1DT12H") == 36 * 3600);
    CHECK(parse_duration("P1W1DT1H1M1S") == 8 * 86400 + 3661);
    CHECK(parse_duration("PT0S") == 0);
    CHECK(parse_duration("P36525D") == 36525LL * 86400);
}

TEST_CASE("durations without a fixed length or of a wrong form are refused")
{
    const std::string text = GENERATE("", "P", "PT", "P1", "30D", "P1Y", "P1M", "P1H", "PT1D", "P1DT", "P-1D",
                                      "P1.5D", "P1D ", "PT1S1M", "P1D1D", "PT1HT1M", "P1000000000D");
    INFO(text);
    CHECK(parse_duration(text).error().message.find("not a duration") != std::string::npos);
}

TEST_CASE("a duration of more than 100 years is refused")
{
    CHECK(parse_duration("P36525DT1S").error().message.find("longer than 100 years") != std::string::npos);
    CHECK(!parse_duration("P999999999W"));
}

TEST_CASE("formatting is the inverse of parsing")
{
    const std::string text = GENERATE("1970-01-01T00:00:00Z", "2024-02-29T23:59:59Z", "1969-12-31T23:59:59Z",
                                      "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z");
    CHECK(format_timestamp(parse_timestamp(text).value()) == text);

    const std::string duration = GENERATE("P30D", "PT30M", "P1DT12H", "PT0S", "P3DT4H5M6S", "PT1S");
    CHECK(format_duration(parse_duration(duration).value()) == duration);
}

TEST_CASE("a timestamp beyond four-digit years is clamped")
{
    CHECK(format_timestamp(INT64_MAX) == "9999-12-31T23:59:59Z");
    CHECK(format_timestamp(INT64_MIN) == "0001-01-01T00:00:00Z");
}
