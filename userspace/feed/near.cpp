// SPDX-License-Identifier: Apache-2.0
#include "feed/near.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "order/name.h"
#include "order/problem.h"

namespace interdict::feed {

namespace {

constexpr std::ptrdiff_t kNeighbours = 48; // compared on each side
constexpr std::size_t kWordMax = 253;

// The code point at the start of text, taken off it; bytes that are no UTF-8 are read as Latin-1, which is
// what they mostly are.
std::uint32_t take_code_point(std::string_view& text)
{
    const auto byte = [&](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
    };
    const std::uint32_t lead = byte(0);
    const std::size_t length = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 1;
    std::uint32_t point = lead;
    std::size_t taken = 1;
    if (length > 1 && text.size() >= length) {
        point = lead & (length == 2 ? 0x1f : 0x0f);
        for (; taken < length && (byte(taken) & 0xc0) == 0x80; ++taken)
            point = point << 6 | (byte(taken) & 0x3f);
        if (taken < length) {
            point = lead;
            taken = 1;
        }
    }
    text.remove_prefix(taken);
    return point;
}

// The plain letter that a letter with an accent comes from, or that one of another alphabet looks like; 0 if
// there is none.
char plain_letter(std::uint32_t point)
{
    // U+00E0 to U+00FF, and U+0100 to U+017F by pairs of capital and small letter.
    static constexpr std::string_view kLatin1 = "aaaaaaaceeeeiiiidnooooo/ouuuuypy";
    static constexpr std::string_view kExtended = "aaaaaa"
                                                  "cccccccc"
                                                  "dddd"
                                                  "eeeeeeeeee"
                                                  "gggggggg"
                                                  "hhhh"
                                                  "iiiiiiiiii"
                                                  "jj"
                                                  "jj"
                                                  "kkk"
                                                  "llllllllll"
                                                  "nnnnnnnnn"
                                                  "oooooooo"
                                                  "rrrrrr"
                                                  "ssssssss"
                                                  "tttttt"
                                                  "uuuuuuuuuuuu"
                                                  "ww"
                                                  "yyy"
                                                  "zzzzzz"
                                                  "s";
    static_assert(kExtended.size() == 128);
    static_assert(kLatin1.size() == 32);
    static constexpr std::array<std::pair<std::uint32_t, char>, 20> kLookAlikes{
        {{0x03b1, 'a'}, {0x03bd, 'v'}, {0x03bf, 'o'}, {0x03c1, 'p'}, {0x0430, 'a'},
         {0x0435, 'e'}, {0x043a, 'k'}, {0x043e, 'o'}, {0x0440, 'p'}, {0x0441, 'c'},
         {0x0442, 't'}, {0x0443, 'y'}, {0x0445, 'x'}, {0x0455, 's'}, {0x0456, 'i'},
         {0x0458, 'j'}, {0x2010, '-'}, {0x2011, '-'}, {0x2013, '-'}, {0x3002, '.'}}};
    if (point >= 'A' && point <= 'Z')
        return static_cast<char>(point + 32);
    if (point < 0x80)
        return static_cast<char>(point);
    if (point >= 0xc0 && point < 0x100)
        return kLatin1[point >= 0xe0 ? point - 0xe0 : point - 0xc0];
    if (point >= 0x100 && point - 0x100 < kExtended.size())
        return kExtended[point - 0x100];
    if (point >= 0xff01 && point <= 0xff5e) // full width
        return plain_letter(point - 0xfee0);
    const auto* const found = std::ranges::find(kLookAlikes, point, &std::pair<std::uint32_t, char>::first);
    return found == kLookAlikes.end() ? '\0' : found->second;
}

// Without accents, white space and quotes; letters that resemble none are left out.
std::string folded(std::string_view text)
{
    std::string out;
    while (!text.empty())
        if (const char c = plain_letter(take_code_point(text));
            (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.')
            out += c;
    return out;
}

// A name that could stand in a list as it is.
bool stands(std::string_view name)
{
    const auto normal = order::normalise_name(name, order::Match::Exact);
    return normal && !order::doubt_about(*normal);
}

// The name with its last label mended by one change, if that gives a top-level domain that many names have.
std::string mended(const std::string& name)
{
    static constexpr std::array<std::string_view, 24> kCommon{
        "com", "net", "org", "info", "it",  "to",  "fr", "de", "es", "ru",  "tv", "io",
        "me",  "cc",  "eu",  "uk",   "xyz", "top", "pt", "nl", "pl", "biz", "ws", "in"};
    const std::size_t dot = name.rfind('.');
    if (dot == name.npos || dot == 0 || name.size() - dot < 3)
        return {};
    // A PDF glues the next word to a name.
    const std::string_view last = std::string_view(name).substr(dot + 1);
    for (std::size_t length = last.size() - 1; length > 1; --length)
        if (std::ranges::find(kCommon, last.substr(0, length)) != kCommon.end())
            return name.substr(0, dot + 1 + length);
    const std::string_view near = order::nearest(last, kCommon);
    return near.empty() ? std::string() : name.substr(0, dot + 1) + std::string(near);
}

bool before_reversed(std::string_view one, std::string_view other)
{
    return std::ranges::lexicographical_compare(one.rbegin(), one.rend(), other.rbegin(), other.rend());
}

void gather(const std::vector<std::string_view>& sorted, std::vector<std::string_view>::const_iterator place,
            std::vector<std::string_view>& candidates)
{
    const auto first = place - std::min(kNeighbours, place - sorted.begin());
    const auto last = place + std::min(kNeighbours, sorted.end() - place);
    candidates.insert(candidates.end(), first, last);
}

} // namespace

Near::Near(std::vector<std::string_view> known) : forward_(std::move(known))
{
    std::ranges::sort(forward_);
    backward_ = forward_;
    std::ranges::sort(backward_, before_reversed);
}

std::string_view Near::among_known(std::string_view word) const
{
    std::vector<std::string_view> candidates;
    gather(forward_, std::ranges::lower_bound(forward_, word), candidates);
    gather(backward_, std::ranges::lower_bound(backward_, word, before_reversed), candidates);
    return order::nearest(word, candidates);
}

std::string Near::find(std::string_view garbled) const
{
    if (garbled.empty() || garbled.size() > kWordMax)
        return {};
    const std::string plain = folded(garbled);
    if (plain.size() < 3)
        return {};
    if (const std::string_view known = among_known(plain); !known.empty())
        return std::string(known);
    if (plain != garbled && stands(plain))
        return plain;
    std::string last_resort = mended(plain);
    return stands(last_resort) ? last_resort : std::string();
}

} // namespace interdict::feed
