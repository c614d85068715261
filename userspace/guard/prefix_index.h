// SPDX-License-Identifier: Apache-2.0
//
// prefix_index.h: which of many prefixes contain a prefix, and which of them it contains.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "order/prefix.h"

namespace interdict::guard {

// Sorted, each prefix with a link to the narrowest one around it: two binary searches a question.
class PrefixIndex {
public:
    // id: the caller's own, given back by the questions.
    void add(const order::Prefix& prefix, std::uint32_t id);
    void seal(); // after the last add(), before the first question

    // The narrowest prefix that contains target or is it.
    [[nodiscard]] std::optional<std::uint32_t> around(const order::Prefix& target) const;
    // The first prefix inside of target, narrower than it.
    [[nodiscard]] std::optional<std::uint32_t> inside(const order::Prefix& target) const;

private:
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};

    struct Node {
        std::uint64_t high = 0; // the address, most significant bits first
        std::uint64_t low = 0;
        std::uint8_t length = 0;
        std::uint32_t id = 0;
        std::uint32_t parent = kNone; // index of the narrowest prefix around this one

        [[nodiscard]] bool contains(const Node& other) const;
        // By address and length alone.
        [[nodiscard]] std::strong_ordering compare(const Node& other) const;
    };

    [[nodiscard]] static Node node_of(const order::Prefix& prefix);
    static void seal(std::vector<Node>& nodes);
    // The first node that is not before key.
    [[nodiscard]] static std::size_t position(const std::vector<Node>& nodes, const Node& key);
    [[nodiscard]] const std::vector<Node>& family(bool v6) const { return v6 ? v6_ : v4_; }

    std::vector<Node> v4_;
    std::vector<Node> v6_;
};

} // namespace interdict::guard
