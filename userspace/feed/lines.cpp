// SPDX-License-Identifier: Apache-2.0
#include "feed/lines.h"

#include <algorithm>

namespace interdict::feed {

namespace {

constexpr std::string_view kSpace = " \t\r\v\f";

bool starts_with_word(std::string_view text, std::string_view lower_case)
{
    if (text.size() < lower_case.size())
        return false;
    return std::ranges::equal(text.substr(0, lower_case.size()), lower_case, [](char one, char other) {
        return (one >= 'A' && one <= 'Z' ? static_cast<char>(one + 32) : one) == other;
    });
}

} // namespace

std::optional<std::string_view> Lines::next()
{
    if (offset_ >= text_.size())
        return std::nullopt;
    const std::size_t end = std::min(text_.find('\n', offset_), text_.size());
    std::string_view line = text_.substr(offset_, end - offset_);
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    offset_ = end + 1;
    ++number_;
    return line;
}

std::string_view trimmed(std::string_view text)
{
    const std::size_t first = text.find_first_not_of(kSpace);
    if (first == text.npos)
        return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string_view take_word(std::string_view& text)
{
    text = trimmed(text);
    const std::size_t length = std::min(text.find_first_of(kSpace), text.size());
    const std::string_view word = text.substr(0, length);
    text.remove_prefix(length);
    return word;
}

bool all_digits(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Result<std::string_view> list_text(std::string_view bytes)
{
    if (bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff"))
        return fail("is UTF-16; convert it: iconv -f UTF-16 -t UTF-8");
    if (bytes.starts_with("\xef\xbb\xbf"))
        bytes.remove_prefix(3);
    const std::string_view start = bytes.substr(std::min(bytes.find_first_not_of(" \t\r\n"), bytes.size()));
    if (start.starts_with("-----BEGIN PGP"))
        return fail("is encrypted or signed with OpenPGP; decrypt it first: gpg --decrypt");
    if (starts_with_word(start, "<!doctype") || starts_with_word(start, "<html") ||
        starts_with_word(start, "<?xml"))
        return fail("is a web page, not a list; was it fetched from the right place?");
    if (start.starts_with("%PDF-"))
        return fail("is a PDF; take the list's text out of it and compare it with the original");
    if (start.starts_with("PK\x03\x04") || start.starts_with("\x1f\x8b"))
        return fail("is compressed; unpack it first");
    return bytes;
}

} // namespace interdict::feed
