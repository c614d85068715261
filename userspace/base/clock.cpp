// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>
#include <optional>

namespace interdict {
namespace {

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kLongestDuration = 36525 * kDay;

class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    [[nodiscard]] bool done() const { return text_.empty(); }

    // Takes one character if it is among the allowed ones.
    bool take(std::string_view allowed)
    {
        if (text_.empty() || allowed.find(text_.front()) == std::string_view::npos)
            return false;
        text_.remove_prefix(1);
        return true;
    }

    // Exactly so many decimal digits.
    std::optional<int> digits(std::size_t count)
    {
        if (text_.size() < count || digit_count() < count)
            return std::nullopt;
        int value = 0;
        for (char c : text_.substr(0, count))
            value = value * 10 + (c - '0');
        text_.remove_prefix(count);
        return value;
    }

    // All the decimal digits that follow; none, or more than nine, is nothing.
    std::optional<int> number()
    {
        const std::size_t count = digit_count();
        if (count == 0 || count > 9)
            return std::nullopt;
        return digits(count);
    }

    bool skip_digits()
    {
        const std::size_t count = digit_count();
        text_.remove_prefix(count);
        return count > 0;
    }

private:
    [[nodiscard]] std::size_t digit_count() const
    {
        const auto end = std::find_if(text_.begin(), text_.end(), [](char c) { return c < '0' || c > '9'; });
        return static_cast<std::size_t>(end - text_.begin());
    }

    std::string_view text_;
};

Result<std::int64_t> not_a_timestamp(std::string_view text)
{
    return fail("\"{}\" is not a timestamp; write it as 2022-07-11T14:30:00Z or with an offset, +02:00",
                text);
}

// Reads YYYY-MM-DD. The outer nullopt means a wrong form, the inner error an impossible date.
std::optional<Result<std::int64_t>> take_date(Reader& reader, std::string_view text)
{
    const auto year = reader.digits(4);
    if (!year || !reader.take("-"))
        return std::nullopt;
    const auto month = reader.digits(2);
    if (!month || !reader.take("-"))
        return std::nullopt;
    const auto day = reader.digits(2);
    if (!day)
        return std::nullopt;

    const std::chrono::year_month_day date{std::chrono::year{*year},
                                           std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    if (*year == 0 || !date.ok())
        return fail("\"{}\": there is no day {:04}-{:02}-{:02}; correct the date", text, *year, *month, *day);
    return std::chrono::sys_days{date}.time_since_epoch().count() * kDay;
}

} // namespace

std::int64_t now()
{
    using namespace std::chrono;
    return floor<seconds>(system_clock::now()).time_since_epoch().count();
}

Result<std::int64_t> parse_timestamp(std::string_view text)
{
    Reader reader(text);
    const auto date = take_date(reader, text);
    if (!date)
        return not_a_timestamp(text);
    if (!*date)
        return *date;

    if (!reader.take("Tt "))
        return not_a_timestamp(text);
    const auto hour = reader.digits(2);
    if (!hour || !reader.take(":"))
        return not_a_timestamp(text);
    const auto minute = reader.digits(2);
    if (!minute || !reader.take(":"))
        return not_a_timestamp(text);
    const auto second = reader.digits(2);
    if (!second || (reader.take(".") && !reader.skip_digits()))
        return not_a_timestamp(text);
    if (*hour > 23 || *minute > 59 || *second > 60)
        return fail("\"{}\": there is no time {:02}:{:02}:{:02}; hours end at 23, minutes at 59", text, *hour,
                    *minute, *second);

    std::int64_t offset = 0;
    if (!reader.take("Zz")) {
        const bool west = reader.take("-");
        if (!west && !reader.take("+"))
            return not_a_timestamp(text);
        const auto offset_hour = reader.digits(2);
        if (!offset_hour || !reader.take(":"))
            return not_a_timestamp(text);
        const auto offset_minute = reader.digits(2);
        if (!offset_minute)
            return not_a_timestamp(text);
        if (*offset_hour > 23 || *offset_minute > 59)
            return fail("\"{}\": there is no offset {:02}:{:02}; offsets end at 23:59", text, *offset_hour,
                        *offset_minute);
        offset = (*offset_hour * kHour + *offset_minute * kMinute) * (west ? -1 : 1);
    }
    if (!reader.done())
        return not_a_timestamp(text);

    return **date + *hour * kHour + *minute * kMinute + *second - offset;
}

Result<std::int64_t> parse_date(std::string_view text)
{
    Reader reader(text);
    const auto date = take_date(reader, text);
    if (!date || !reader.done())
        return fail("\"{}\" is not a date; write it as 2022-07-11", text);
    return *date;
}

Result<std::int64_t> parse_duration(std::string_view text)
{
    struct Component {
        char letter;
        bool time; // stands behind the T
        std::int64_t seconds;
    };
    // The order of the list is the only order in which components may stand.
    static constexpr std::array<Component, 5> components{{{'W', false, 7 * kDay},
                                                          {'D', false, kDay},
                                                          {'H', true, kHour},
                                                          {'M', true, kMinute},
                                                          {'S', true, 1}}};

    const auto wrong = [&] {
        return fail("\"{}\" is not a duration of fixed length; write it as P30D, P2W, PT30M or P1DT12H",
                    text);
    };

    Reader reader(text);
    if (!reader.take("P"))
        return wrong();
    std::int64_t total = 0;
    bool time = false;
    std::size_t next = 0;
    do {
        if (!time && reader.take("T"))
            time = true;
        const auto value = reader.number();
        if (!value)
            return wrong();
        while (next < components.size() &&
               (components[next].time != time || !reader.take({&components[next].letter, 1})))
            ++next;
        if (next == components.size())
            return wrong();
        total += *value * components[next].seconds;
        ++next;
    } while (!reader.done());

    if (total > kLongestDuration)
        return fail("\"{}\" is longer than 100 years; leave it out if there is no end", text);
    return total;
}

std::string format_timestamp(std::int64_t seconds)
{
    constexpr std::int64_t first = -62135596800; // 0001-01-01T00:00:00Z
    constexpr std::int64_t last = 253402300799;  // 9999-12-31T23:59:59Z
    const std::chrono::sys_seconds time{std::chrono::seconds{std::clamp(seconds, first, last)}};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::string format_duration(std::int64_t seconds)
{
    assert(seconds >= 0);
    if (seconds == 0)
        return "PT0S";
    std::string text = "P";
    if (seconds >= kDay)
        text += fmt::format("{}D", seconds / kDay);
    if (seconds % kDay != 0)
        text += 'T';
    if (const auto hours = seconds % kDay / kHour; hours != 0)
        text += fmt::format("{}H", hours);
    if (const auto minutes = seconds % kHour / kMinute; minutes != 0)
        text += fmt::format("{}M", minutes);
    if (seconds % kMinute != 0)
        text += fmt::format("{}S", seconds % kMinute);
    return text;
}

} // namespace interdict
