// SPDX-License-Identifier: Apache-2.0
//
// targets.h: random targets and rule sets for the tests of image/.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "order/prefix.h"
#include "ruleset/ruleset.h"

namespace interdict::image::testing {

// SplitMix64.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t operator()()
    {
        std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15;
        mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
        return mixed ^ mixed >> 31;
    }

private:
    std::uint64_t state_;
};

inline order::Prefix ipv4(std::uint32_t address, std::uint8_t length = 32)
{
    order::Prefix prefix{.length = length, .v6 = false};
    address &= static_cast<std::uint32_t>(0xffffffff00000000 >> length);
    for (unsigned byte = 0; byte < 4; ++byte)
        prefix.address[byte] = static_cast<std::uint8_t>(address >> (24 - 8 * byte));
    return prefix;
}

inline order::Prefix ipv6(std::uint64_t high, std::uint64_t low, std::uint8_t length = 128)
{
    order::Prefix prefix{.length = length, .v6 = true};
    high = length >= 64 ? high : length == 0 ? 0 : high >> (64 - length) << (64 - length);
    low = length <= 64 ? 0 : low >> (128 - length) << (128 - length);
    for (unsigned byte = 0; byte < 8; ++byte) {
        prefix.address[byte] = static_cast<std::uint8_t>(high >> (56 - 8 * byte));
        prefix.address[8 + byte] = static_cast<std::uint8_t>(low >> (56 - 8 * byte));
    }
    return prefix;
}

inline order::Target target(std::string name)
{
    order::Target named;
    named.name.name = std::move(name);
    return named;
}

inline order::Target target(const order::Prefix& prefix)
{
    order::Target addressed;
    addressed.address.prefix = prefix;
    return addressed;
}

// The number-th of a family of targets that differ for every number below 2^23: a quarter each of IPv4
// addresses, IPv6 addresses, shorter prefixes of both, and names. Targets of another family are never equal.
// family: 0 or 1.
inline order::Target mixed_target(std::uint32_t number, std::uint32_t family)
{
    const std::uint32_t own = number / 4;
    // A permutation of 32 bits that keeps the family in the topmost.
    const std::uint32_t spread = (own * 2654435761u & 0x7fffffffu) | family << 31;
    switch (number % 4) {
    case 0:
        return target(ipv4(spread));
    case 1:
        return target(ipv6(0x20010db800000000 | own, own * 0x9e3779b97f4a7c15 << 1 | family));
    case 2:
        return own % 2 ? target(ipv4((own << 9 & 0x7fffffffu) | family << 31, static_cast<std::uint8_t>(24)))
                       : target(ipv6(std::uint64_t{0x20010db8} << 32 | family << 31 | own, 0, 64));
    default:
        return target(fmt::format("{}{}.{:x}.example", family ? "w" : "v", own, spread >> 20));
    }
}

// One rule per target, ids from 1, every one the head of its own chain; applied everywhere by all means.
inline ruleset::Ruleset ruleset_of(std::vector<order::Target> targets)
{
    ruleset::Ruleset ruleset;
    ruleset.orders.emplace_back().id = "test";
    for (order::Target& one : targets) {
        ruleset::Rule rule;
        rule.record.id = ++ruleset.max_id;
        rule.record.flags = INTERDICT_RULE_PRESENT | INTERDICT_RULE_SUBTREE;
        rule.record.means = one.is_name() ? order::kNameMeans : order::kAddressMeans;
        rule.target = std::move(one);
        rule.orders = {0};
        rule.head = true;
        ruleset.rules.push_back(std::move(rule));
    }
    return ruleset;
}

} // namespace interdict::image::testing
