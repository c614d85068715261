// SPDX-License-Identifier: Apache-2.0
//
// resolver_policy.h: what a resolver has to say about which name: orders, their exemptions and the protected
// names, resolved into one answer for each name and one for what is below it.
//
// An exemption holds against its own order only, a protected name against every order but an overridden
// target's. Where several orders block a name, the answer is that of the longest target, as in the kernel.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "evidence/selection.h"

namespace interdict::evidence {

enum class Verdict : std::uint8_t { None, Pass, Block };

struct Decision {
    Verdict verdict = Verdict::None;
    std::uint32_t order = 0; // of a Block: whose answer it is
};

class ResolverPolicy {
public:
    // Adds to the omissions what the guard's names hold back.
    explicit ResolverPolicy(Selection& selection);

    // One name that has an answer of its own.
    struct Node {
        std::string_view name;
        std::uint32_t parent = kNone; // nearest node above
        std::uint32_t first = 0;      // its entries
        std::uint32_t entries = 0;
        Decision self{};
        Decision below{};
        bool is_protected = false; // it is an entry of the guard's itself
    };
    static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

    // What one zone says: the name itself and, if it has to be said, everything below it that has no record
    // of its own.
    struct Record {
        std::string_view name;
        Decision self{};  // None: not in this zone
        Decision below{}; // None: not in this zone
        Decision inherited{};
        bool is_protected = false;
    };

    // Shorter names first, each name before what is below it. orders: of the zone, ascending; a record says
    // what all orders together say, so it does not matter which of several zones is asked first. closed: also
    // names between two records, which by RFC 4592 would end the reach of a wildcard above them.
    void each(std::span<const std::uint32_t> orders, bool closed,
              const std::function<void(const Record&)>& take) const;

    // The DNS action of the decision's order, resolved.
    [[nodiscard]] unsigned action(Decision decision) const;
    [[nodiscard]] const order::Order& order(Decision decision) const
    {
        return selection_.order(decision.order);
    }

private:
    struct Entry {
        enum class Kind : std::uint8_t { Protected, Target, Exempt };
        std::uint32_t key = 0; // into keys_
        std::uint32_t order = 0;
        std::uint32_t length = 0;
        Kind kind = Kind::Target;
        bool subtree = false;
        bool overridden = false;
        std::string_view name{};
    };
    // An order that blocks here, and the node of its longest target.
    struct Blocker {
        std::uint32_t order = 0;
        std::uint32_t node = 0;
        bool overridden = false;
    };
    // What holds below a node.
    struct Frame {
        std::uint32_t node = 0;
        bool is_protected = false;
        std::vector<Blocker> blockers;
    };

    void add(std::string_view name, Entry entry);
    [[nodiscard]] std::string_view key(const Entry& entry) const;
    void resolve(Selection& selection);
    [[nodiscard]] bool same(Decision one, Decision other) const;

    const Selection& selection_;
    std::vector<char> keys_; // names with their labels from right to left, 0 between them: sorts canonically
    std::vector<Entry> entries_;
    std::vector<Node> nodes_;
};

} // namespace interdict::evidence
