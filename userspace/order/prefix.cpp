// SPDX-License-Identifier: Apache-2.0
#include "order/prefix.h"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>

namespace interdict::order {

namespace {

bool same_bits(const Prefix& one, const Prefix& other, unsigned length)
{
    const unsigned bytes = length / 8;
    if (!std::equal(one.address.begin(), one.address.begin() + bytes, other.address.begin()))
        return false;
    const unsigned rest = length % 8;
    return rest == 0 || (one.address[bytes] ^ other.address[bytes]) >> (8 - rest) == 0;
}

Prefix masked(Prefix prefix, unsigned length)
{
    prefix.length = static_cast<std::uint8_t>(length);
    for (unsigned i = 0; i < prefix.address.size(); ++i) {
        const unsigned kept = length > i * 8 ? std::min(length - i * 8, 8u) : 0;
        prefix.address[i] &= static_cast<std::uint8_t>(0xff00u >> kept);
    }
    return prefix;
}

bool ipv4_mapped(const Prefix& prefix)
{
    const auto& a = prefix.address;
    return prefix.v6 && prefix.length >= 96 && a[10] == 0xff && a[11] == 0xff &&
           std::all_of(a.begin(), a.begin() + 10, [](std::uint8_t byte) { return byte == 0; });
}

} // namespace

bool Prefix::contains(const Prefix& inner) const
{
    return v6 == inner.v6 && inner.length >= length && same_bits(*this, inner, length);
}

Result<Prefix> parse_address(std::string_view text)
{
    Prefix prefix;
    prefix.v6 = text.find(':') != text.npos;
    prefix.length = static_cast<std::uint8_t>(prefix.width());
    // An embedded NUL would end the C string early and hide what follows.
    if (text.find('\0') != text.npos ||
        inet_pton(prefix.v6 ? AF_INET6 : AF_INET, std::string(text).c_str(), prefix.address.data()) != 1)
        return fail("\"{}\" is not an address", text);
    return prefix;
}

std::expected<Prefix, PrefixFault> parse_prefix(std::string_view text)
{
    const auto fault = [](std::string message, std::string remedy) {
        return std::unexpected(PrefixFault{std::move(message), std::move(remedy)});
    };
    constexpr std::string_view kForm = "write ADDRESS/LENGTH, e.g. 192.0.2.7/32 or 2001:db8::/48";

    const auto slash = text.find('/');
    const auto address = parse_address(text.substr(0, slash));
    if (!address)
        return fault("is not an address prefix", std::string(kForm));
    if (slash == text.npos)
        return fault("has no prefix length",
                     fmt::format("write {}/{} for this one address", text, address->width()));

    const std::string_view digits = text.substr(slash + 1);
    unsigned length = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (error != std::errc{} || end != digits.data() + digits.size() ||
        (digits.size() > 1 && digits[0] == '0'))
        return fault("has a prefix length that is no plain number", std::string(kForm));
    if (length > address->width())
        return fault(fmt::format("has a prefix length above {}", address->width()),
                     fmt::format("write a length of 1 to {}", address->width()));
    if (length == 0)
        return fault("covers every address", "name the prefixes that are meant");

    const Prefix network = masked(*address, length);
    if (network.address != address->address)
        return fault(fmt::format("has bits set beyond its length of {}", length),
                     fmt::format("write {} for the one address or {} for the whole network",
                                 to_string(*address), to_string(network)));
    if (ipv4_mapped(network)) {
        Prefix inner;
        std::copy_n(network.address.begin() + 12, 4, inner.address.begin());
        inner.length = static_cast<std::uint8_t>(length - 96);
        return fault("is an IPv4-mapped IPv6 prefix, which no packet carries",
                     length == 96 ? "name the IPv4 prefixes that are meant" : "write " + to_string(inner));
    }
    return network;
}

std::string to_string(const Prefix& prefix)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(prefix.v6 ? AF_INET6 : AF_INET, prefix.address.data(), text.data(), text.size());
    return fmt::format("{}/{}", text.data(), prefix.length);
}

} // namespace interdict::order
