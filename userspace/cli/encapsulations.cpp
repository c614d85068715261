// SPDX-License-Identifier: Apache-2.0
#include "cli/encapsulations.h"

#include <array>

#include "maps/control.h"

namespace interdict::cli {

namespace {

// Indexed by the bit's number.
constexpr std::array<std::string_view, 6> kNames{"mpls", "gre", "ipip", "gtpu", "vxlan", "geneve"};
static_assert(INTERDICT_ENCAP_ALL == (1 << kNames.size()) - 1);

} // namespace

Result<std::uint32_t> parse_encapsulations(std::string_view text)
{
    if (text == "all")
        return INTERDICT_ENCAP_ALL;
    if (text == "none")
        return 0;
    std::uint32_t bits = 0;
    while (true) {
        const auto comma = text.find(',');
        const auto word = text.substr(0, comma);
        std::uint32_t bit = 0;
        for (std::size_t i = 0; i < kNames.size(); ++i)
            if (word == kNames[i])
                bit = 1u << i;
        if (bit == 0)
            return fail("--encap: \"{}\" is no encapsulation; write all, none, or some of {}", word,
                        fmt::join(kNames, ","));
        bits |= bit;
        if (comma == std::string_view::npos)
            return bits;
        text.remove_prefix(comma + 1);
    }
}

std::string encapsulations_text(std::uint32_t bits)
{
    if (bits == 0)
        return "none";
    if (bits == INTERDICT_ENCAP_ALL)
        return "all";
    std::string text;
    for (std::size_t i = 0; i < kNames.size(); ++i)
        if (bits >> i & 1)
            text += (text.empty() ? "" : ",") + std::string(kNames[i]);
    return text;
}

} // namespace interdict::cli
