// SPDX-License-Identifier: Apache-2.0
#include "guard/prefix_index.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <tuple>

namespace interdict::guard {

std::strong_ordering PrefixIndex::Node::compare(const Node& other) const
{
    return std::tie(high, low, length) <=> std::tie(other.high, other.low, other.length);
}

bool PrefixIndex::Node::contains(const Node& other) const
{
    if (other.length < length)
        return false;
    const unsigned upper = std::min<unsigned>(length, 64);
    const unsigned lower = length - upper;
    const auto same = [](std::uint64_t a, std::uint64_t b, unsigned bits) {
        return bits == 0 || (a ^ b) >> (64 - bits) == 0;
    };
    return same(high, other.high, upper) && same(low, other.low, lower);
}

PrefixIndex::Node PrefixIndex::node_of(const order::Prefix& prefix)
{
    Node node;
    std::memcpy(&node.high, prefix.address.data(), 8);
    std::memcpy(&node.low, prefix.address.data() + 8, 8);
    if constexpr (std::endian::native == std::endian::little) {
        node.high = __builtin_bswap64(node.high);
        node.low = __builtin_bswap64(node.low);
    }
    node.length = prefix.length;
    return node;
}

void PrefixIndex::add(const order::Prefix& prefix, std::uint32_t id)
{
    Node node = node_of(prefix);
    node.id = id;
    (prefix.v6 ? v6_ : v4_).push_back(node);
}

void PrefixIndex::seal()
{
    seal(v4_);
    seal(v6_);
}

void PrefixIndex::seal(std::vector<Node>& nodes)
{
    // Of equal ones the first that was added stands.
    std::ranges::stable_sort(nodes,
                             [](const Node& one, const Node& other) { return one.compare(other) < 0; });
    const auto same = std::ranges::unique(
        nodes, [](const Node& one, const Node& other) { return one.compare(other) == 0; });
    nodes.erase(same.begin(), same.end());
    for (std::size_t i = 1; i < nodes.size(); ++i) {
        auto candidate = static_cast<std::uint32_t>(i - 1);
        while (candidate != kNone && !nodes[candidate].contains(nodes[i]))
            candidate = nodes[candidate].parent;
        nodes[i].parent = candidate;
    }
}

std::size_t PrefixIndex::position(const std::vector<Node>& nodes, const Node& key)
{
    return static_cast<std::size_t>(
        std::lower_bound(nodes.begin(), nodes.end(), key,
                         [](const Node& one, const Node& other) { return one.compare(other) < 0; }) -
        nodes.begin());
}

std::optional<std::uint32_t> PrefixIndex::around(const order::Prefix& target) const
{
    const auto& nodes = family(target.v6);
    const Node key = node_of(target);
    const std::size_t at = position(nodes, key);
    if (at < nodes.size() && nodes[at].compare(key) == 0)
        return nodes[at].id;
    if (at == 0)
        return std::nullopt;
    auto candidate = static_cast<std::uint32_t>(at - 1);
    while (candidate != kNone && !nodes[candidate].contains(key))
        candidate = nodes[candidate].parent;
    return candidate == kNone ? std::nullopt : std::optional(nodes[candidate].id);
}

std::optional<std::uint32_t> PrefixIndex::inside(const order::Prefix& target) const
{
    const auto& nodes = family(target.v6);
    const Node key = node_of(target);
    std::size_t at = position(nodes, key);
    if (at < nodes.size() && nodes[at].compare(key) == 0)
        ++at;
    return at < nodes.size() && key.contains(nodes[at]) ? std::optional(nodes[at].id) : std::nullopt;
}

} // namespace interdict::guard
