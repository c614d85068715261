// SPDX-License-Identifier: Apache-2.0
//
// probes.h: which frames show that a rule set does what its orders ask for, and nothing more.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "order/order.h"
#include "probe/synthesiser.h"
#include "ruleset/ruleset.h"

namespace interdict::probe {

enum class Expect : std::uint8_t {
    Act,     // the rule fires and does what it says
    Observe, // the rule counts the frame and leaves it alone
    Pass,    // nothing is done to the frame
    Silent,  // whatever is done, this rule has no part in it
};

// One frame and what must become of it.
struct Probe {
    std::uint32_t rule = 0; // 0: no rule in particular, a canary
    Expect expect = Expect::Pass;
    std::uint8_t action = 0; // of Act: enum interdict_action, never DEFAULT
    Packet packet{};         // of a rule set or a list that must outlive it
    std::int64_t at = 0;     // judged as at this second since the epoch, 0 = now
};

// Addresses and ports of servers and subscribers that no order names and no subscriber has: space set aside
// for documentation and for benchmarks (RFC 5737, RFC 3849, RFC 2544, RFC 5180). Every conversation is a
// new one.
class Strangers {
public:
    explicit Strangers(std::uint64_t start) : next_(start) {}

    [[nodiscard]] static order::Prefix subscriber(bool v6);
    // Sets the remote side, if it has no address yet, and the subscriber's port.
    void fill(Packet& packet);

private:
    std::uint64_t next_;
};

// Makes the probes of one rule after another.
class ProbeMaker {
public:
    // now: seconds since the epoch, for rules with a window. The rule set must outlive it and its probes.
    ProbeMaker(const ruleset::Ruleset& ruleset, std::int64_t now);

    // Appends the rule's probes, for every channel, scope and side on which it works; the one that says most
    // first. A rule on a subtree is tried on its name and on a name below it, one on a prefix at both ends,
    // one with ports at the ends of every range. Before and after its window a rule must be silent, and work
    // inside it. An exemption must let its name pass.
    //
    // None are appended for a rule that no packet can meet: its scopes hold no subscriber of its family.
    void append(const ruleset::Rule& rule, std::vector<Probe>& out);

    // Probes that nothing may be done to, in every scope: each name and one below it on every channel, both
    // ends of each prefix under the usual protocols and ports, from both sides. Protocol and ports of a
    // target are not looked at. The targets must outlive the probes.
    void append_canary(const order::Target& target, std::vector<Probe>& out);

private:
    // Where a packet is in a scope.
    struct Place {
        std::uint16_t vlan = 0;
        bool has[2] = {true, true}; // an IPv4 subscriber, an IPv6 one
        order::Prefix subscriber[2];
    };

    [[nodiscard]] static Place place_of(const order::Scope& scope);
    // The enforcing rules that the kernel asks before this one, on the same target.
    [[nodiscard]] std::vector<const ruleset::Rule*> before(const ruleset::Rule& rule) const;
    void append_names(const ruleset::Rule& rule, const Place& place, Probe base, std::vector<Probe>& out);
    void append_addresses(const ruleset::Rule& rule, const Place& place, Probe base, std::vector<Probe>& out);
    void add(Probe probe, const Place& place, bool v6, std::vector<Probe>& out);

    const ruleset::Ruleset& ruleset_;
    std::int64_t now_;
    std::vector<Place> places_; // by bit of a scope; the last: outside of all that name VLANs or prefixes
    std::unordered_map<std::uint32_t, std::uint32_t> previous_; // in a chain, by id
    Strangers strangers_;
};

} // namespace interdict::probe
