// SPDX-License-Identifier: Apache-2.0
#include "control/import_words.h"

#include <charconv>

#include "base/clock.h"
#include "order/problem.h"

namespace interdict::control {

namespace {

using order::printable;

Result<std::int64_t> parse_number(const char* option, const std::string& text, std::int64_t most)
{
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 0 || value > most)
        return fail("{}: \"{}\" is not a whole number from 0 to {}", option, printable(text), most);
    return value;
}

Result<void> read_policy(const ImportWords& words, feed::Policy& policy)
{
    if (!words.min_entries.empty()) {
        INTERDICT_TRY(const auto value, parse_number("--min-entries", words.min_entries, 1'000'000'000));
        policy.min_entries = static_cast<std::size_t>(value);
    }
    if (!words.max_drop_percent.empty()) {
        INTERDICT_TRY(const auto value, parse_number("--max-drop-percent", words.max_drop_percent, 100));
        policy.max_drop_percent = static_cast<unsigned>(value);
    }
    if (!words.max_age.empty()) {
        const auto age = parse_duration(words.max_age);
        if (!age)
            return std::unexpected(age.error().context("--max-age"));
        policy.max_age = *age;
    }
    return {};
}

// "name=2,address=3"
Result<feed::ColumnMap> read_map(std::string_view text)
{
    feed::ColumnMap map;
    while (!text.empty()) {
        const std::string_view part = text.substr(0, text.find(','));
        text.remove_prefix(std::min(part.size() + 1, text.size()));
        const std::string_view key = part.substr(0, part.find('='));
        std::string* to = key == "name"      ? &map.name
                          : key == "address" ? &map.address
                          : key == "expires" ? &map.expires
                          : key == "ticket"  ? &map.ticket
                                             : nullptr;
        if (!to || key.size() + 1 >= part.size())
            return fail("--map: \"{}\" is not name=, address=, expires= or ticket= with a column, e.g. "
                        "name=2,expires=until",
                        printable(part));
        *to = part.substr(key.size() + 1);
    }
    return map;
}

} // namespace

Result<void> read_words(const ImportWords& words, Import& import)
{
    INTERDICT_CHECK(read_policy(words, import.policy));
    auto& to = import.reading;
    if (words.match == "exact" || words.match == "subtree")
        to.match = words.match == "exact" ? order::Match::Exact : order::Match::Subtree;
    else if (!words.match.empty())
        return fail("--match: \"{}\" is not exact or subtree", printable(words.match));
    else if (import.basis && !to.match)
        to.match = import.basis->match;
    const auto& urls = words.url_policy;
    if (!urls.empty() && urls != "reject" && urls != "host" && urls != "ignore")
        return fail("--url-policy: \"{}\" is not reject, host or ignore", printable(urls));
    if (!urls.empty())
        to.urls = urls == "host"     ? feed::UrlPolicy::Host
                  : urls == "ignore" ? feed::UrlPolicy::Ignore
                                     : feed::UrlPolicy::Reject;
    if (!words.map.empty()) {
        INTERDICT_TRY(to.columns, read_map(words.map));
    }
    if (!words.delimiter.empty()) {
        const std::string delimiter =
            words.delimiter == "\\t" || words.delimiter == "tab" ? "\t" : words.delimiter;
        if (delimiter.size() != 1)
            return fail("--delimiter: \"{}\" is not one character; write tab for a tabulator",
                        printable(delimiter));
        to.delimiter = delimiter[0];
    }
    if (!words.origin.empty())
        to.origin = words.origin;
    to.header |= words.header;
    to.wildcards |= words.wildcards;
    to.unknown_endings |= words.unknown_endings;
    return {};
}

} // namespace interdict::control
