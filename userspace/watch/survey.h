// SPDX-License-Identifier: Apache-2.0
//
// survey.h: what each resolver says of a name, and what enough of them agree on.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "order/prefix.h"
#include "watch/resolver.h"

namespace interdict::watch {

enum class Verdict : std::uint8_t {
    None,  // no vote: silent, or a filter speaks
    Alive, // the name exists, with or without an address
    Gone,  // NXDOMAIN or SERVFAIL
};

// One resolver's word on one name.
struct View {
    std::string resolver;
    Verdict verdict = Verdict::None;
    std::string rcode; // of the answer for A, or why there is none
    std::string why;   // why it has no vote
    std::set<std::string> ipv4{};
    std::set<std::string> ipv6{};
    std::vector<std::string> chain{};     // of aliases, without the name itself
    std::set<std::string> name_servers{}; // of the registered domain
    std::string soa{};
    std::set<std::string> mx{};
    std::uint32_t ttl = 0; // the least of its addresses
};

struct Survey {
    std::string name;
    std::vector<View> views; // one for each resolver, in their order
};

struct Method {
    std::vector<Server> resolvers;
    bool mx = false;
    std::vector<order::Prefix> stop_pages; // an answer with one of these has no vote
};

// Asks all resolvers the same and gives replies[question][resolver].
using Ask = std::function<Result<Replies>(std::span<const Question>)>;

// The views of all names. Addresses are asked of the name, name servers and SOA of its registered domain.
[[nodiscard]] Result<std::vector<Survey>> survey(std::span<const std::string> names, const Method& method,
                                                 const Ask& ask);

// The registered domain of a name by the public suffix list; the name itself if there is none.
[[nodiscard]] std::string registered_domain(const std::string& name);

// What at least `quorum` resolvers say.
struct Agreed {
    enum class State : std::uint8_t { Undecided, Alive, Gone };

    // One kind of record: values with enough votes. scattered: each resolver has others, as with a network
    // that answers by place.
    struct Values {
        std::set<std::string> values;
        bool scattered = false;
    };

    State state = State::Undecided;
    std::string why;   // why it is undecided
    std::string rcode; // NOERROR, or what most of those say that it is gone
    Values ipv4;
    Values ipv6;
    Values canonical;    // where the aliases end; the name itself without any
    Values name_servers; // empty: not known
};

[[nodiscard]] Agreed agree(const Survey& survey, unsigned quorum);

[[nodiscard]] std::string_view to_string(Agreed::State state); // "undecided", "alive", "gone"

} // namespace interdict::watch
