// SPDX-License-Identifier: Apache-2.0
//
// judge.h: the kernel's walk over a rule set, as a reference for tests and for `explain`.
//
// Names: the full name first, then its suffixes of at most INTERDICT_LABELS_MAX labels, longest first.
// Addresses: longest prefix first. On each target the rules of its chain in order: a rule applies if its
// means have the channel, it is a SUBTREE rule or the target is the full name, its scope has a bit of the
// packet's (or none), its window holds, and protocol and ports match. An exempt rule that applies ends the
// search with a pass; an observe rule is counted and the search goes on; any other rule fires.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ruleset/ruleset.h"

namespace interdict::ruleset {

struct Judgement {
    enum class Outcome : std::uint8_t { Pass, Exempt, Fire };
    Outcome outcome = Outcome::Pass;
    const Rule* rule = nullptr;        // what fired, or the exemption; null for Pass
    std::vector<const Rule*> observed; // observe rules that counted on the way
};

// When and where a packet is judged.
struct Circumstances {
    std::uint32_t scopes = 0; // bits of the scopes that hold the packet
    std::int64_t time = 0;    // seconds since the epoch
};

struct Packet {
    order::Prefix address; // full length
    std::uint8_t protocol = 0;
    std::optional<std::uint16_t> port; // of the blocked side; none: rules with ports do not match
};

// Looks up in a rule set, which must outlive it.
class Judge {
public:
    explicit Judge(const Ruleset& ruleset);

    // name: any case, one final dot allowed. channel: enum interdict_channel, not ADDRESS.
    [[nodiscard]] Judgement name(std::string_view name, unsigned channel,
                                 const Circumstances& circumstances) const;
    [[nodiscard]] Judgement address(const Packet& packet, const Circumstances& circumstances) const;

    // The rules on exactly this target name or prefix, in the kernel's order.
    [[nodiscard]] std::vector<const Rule*> on_name(std::string_view name) const;
    [[nodiscard]] std::vector<const Rule*> on_prefix(const order::Prefix& prefix) const;

private:
    [[nodiscard]] std::vector<const Rule*> chain(std::uint32_t id) const;

    const Ruleset& ruleset_;
    std::unordered_map<std::string_view, std::uint32_t> names_;
    std::map<order::Prefix, std::uint32_t> prefixes_;
};

// One question without a Judge at hand; reads the whole rule set.
[[nodiscard]] Judgement judge(const Ruleset& ruleset, std::string_view name, unsigned channel,
                              const Circumstances& circumstances);
[[nodiscard]] Judgement judge(const Ruleset& ruleset, const Packet& packet,
                              const Circumstances& circumstances);

} // namespace interdict::ruleset
