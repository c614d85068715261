// SPDX-License-Identifier: Apache-2.0
#include "order/problem.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace interdict::order {

namespace {

// Optimal string alignment: two letters in the wrong order are one error, the commonest of typing.
std::size_t edit_distance(std::string_view one, std::string_view other)
{
    std::vector<std::size_t> before_last(other.size() + 1);
    std::vector<std::size_t> last(other.size() + 1);
    std::vector<std::size_t> row(other.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= one.size(); ++i) {
        std::swap(before_last, last);
        std::swap(last, row);
        row[0] = i;
        for (std::size_t j = 1; j <= other.size(); ++j) {
            row[j] = std::min({last[j - 1] + (one[i - 1] != other[j - 1]), last[j] + 1, row[j - 1] + 1});
            if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
    }
    return row.back();
}

// Bytes of the well-formed UTF-8 sequence at the start of text, 0 if there is none (Unicode table 3-7).
std::size_t sequence_length(std::string_view text)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xc2 ? 0
                               : lead < 0xe0 ? 2
                               : lead < 0xf0 ? 3
                               : lead < 0xf5 ? 4
                                             : 0;
    if (length == 0 || text.size() < length)
        return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xc0) != 0x80)
            return 0;
    if (length > 2) {
        const unsigned char second = byte(1);
        if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
            (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f))
            return 0;
    }
    return length;
}

} // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates)
{
    std::string_view best;
    // Half of the word may be wrong, but not so much that anything resembles anything.
    std::size_t best_distance = std::min<std::size_t>(4, word.size() / 2 + 1);
    for (const std::string_view candidate : candidates) {
        if (candidate.size() > word.size() + 4 || word.size() > candidate.size() + 4)
            continue;
        if (const std::size_t distance = edit_distance(word, candidate); distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

std::string printable(std::string_view text, std::size_t limit)
{
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        if (out.size() >= limit)
            return out + "...";
        const std::size_t length = sequence_length(text.substr(i));
        const auto byte = static_cast<unsigned char>(text[i]);
        // C1 control characters drive terminals as well as C0 ones do.
        const bool c1 = length == 2 && byte == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0;
        if (length == 0 || byte < 0x20 || byte == 0x7f || c1) {
            const std::size_t step = std::max<std::size_t>(length, 1);
            for (std::size_t j = 0; j < step; ++j)
                out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[i + j]));
            i += step;
        } else {
            out += text.substr(i, length);
            i += length;
        }
    }
    return out;
}

std::string to_string(const Problem& problem)
{
    std::string out = printable(problem.file, 4096);
    if (problem.line > 0)
        out += fmt::format(":{}", problem.line);
    if (problem.column > 0)
        out += fmt::format(":{}", problem.column);
    out += fmt::format(": {}: ", printable(problem.json_path, 1024));
    if (!problem.value.empty())
        out += fmt::format("\"{}\" ", printable(problem.value));
    out += problem.message;
    if (!problem.remedy.empty())
        out += "; " + problem.remedy;
    return out;
}

} // namespace interdict::order
