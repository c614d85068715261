// SPDX-License-Identifier: Apache-2.0
#include "daemon/words.h"

#include <array>
#include <charconv>

#include "maps/control.h"

namespace interdict::daemon {

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
            return fail("\"{}\" is no encapsulation; write all, none, or some of {}", word,
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

std::optional<std::uint32_t> parse_role(std::string_view text)
{
    constexpr std::uint32_t kBoth = INTERDICT_ROLE_SUBSCRIBER | INTERDICT_ROLE_UPLINK;
    for (const std::uint32_t role :
         {std::uint32_t{INTERDICT_ROLE_SUBSCRIBER}, std::uint32_t{INTERDICT_ROLE_UPLINK}, kBoth})
        if (text == role_text(role))
            return role;
    return std::nullopt;
}

std::string role_text(std::uint32_t role)
{
    switch (role) {
    case 0:
        return "none";
    case INTERDICT_ROLE_SUBSCRIBER:
        return "subscriber";
    case INTERDICT_ROLE_UPLINK:
        return "uplink";
    default:
        return "both";
    }
}

std::optional<std::int64_t> natural(std::string_view text)
{
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() && value >= 0 ? std::optional(value)
                                                                                  : std::nullopt;
}

} // namespace interdict::daemon
