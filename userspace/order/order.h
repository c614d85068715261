// SPDX-License-Identifier: Apache-2.0
//
// order.h: the order model. An order is a legal instrument that obliges the operator to block targets.
//
// Points in time are seconds since the Unix epoch (base/clock.h); 0 where a time may be absent means "none".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "maps/rules.h"
#include "order/prefix.h"

namespace interdict::order {

enum class Kind : std::uint8_t { CourtOrder, AdministrativeOrder };

// Life cycle: draft, then interim or active; stayed, varied, final; at last lifted or expired.
enum class Status : std::uint8_t { Draft, Interim, Active, Stayed, Varied, Final, Lifted, Expired };

enum class Mode : std::uint8_t { Enforce, Observe };

enum class Match : std::uint8_t { Exact, Subtree };

// INTERDICT_MEANS() bits.
using Means = std::uint8_t;

inline constexpr Means kAddressMeans = INTERDICT_MEANS(INTERDICT_CHANNEL_ADDRESS);
inline constexpr Means kNameMeans =
    INTERDICT_MEANS(INTERDICT_CHANNEL_TLS) | INTERDICT_MEANS(INTERDICT_CHANNEL_QUIC) |
    INTERDICT_MEANS(INTERDICT_CHANNEL_DNS) | INTERDICT_MEANS(INTERDICT_CHANNEL_HTTP);

// enum interdict_action per channel; INTERDICT_ACTION_DEFAULT where the order says nothing.
using Actions = std::array<std::uint8_t, INTERDICT_CHANNEL_MAX>;

// Where a DNS answer sends a client instead; full-length prefixes.
struct Sinkhole {
    std::optional<Prefix> ipv4{};
    std::optional<Prefix> ipv6{};

    friend bool operator==(const Sinkhole&, const Sinkhole&) = default;
};

// What the page says that stands in for a blocked one (RFC 7725), beside the order itself. Empty = not said.
struct Notice {
    std::string blocked_by; // URL of who carries out the block, for the header field Link
    std::string complaint;  // URL where somebody may object
    std::string text;

    friend bool operator==(const Notice&, const Notice&) = default;
};

// Inclusive.
struct PortRange {
    std::uint16_t first = 0;
    std::uint16_t last = 0;

    friend auto operator<=>(const PortRange&, const PortRange&) = default;
};

// A host name: lower-case A-labels without a final dot, at most INTERDICT_NAME_MAX bytes.
struct NameTarget {
    std::string name;
    Match match = Match::Subtree;

    friend auto operator<=>(const NameTarget&, const NameTarget&) = default;
};

struct AddressTarget {
    Prefix prefix;
    std::uint8_t protocol = 0;    // IP protocol number, 0 = any
    std::vector<PortRange> ports; // of the blocked side; sorted, disjoint, at most INTERDICT_RULE_PORTS_MAX;
                                  // empty = any

    friend auto operator<=>(const AddressTarget&, const AddressTarget&) = default;
};

// What is blocked. Exactly one of the two; a name target has a non-empty name.
struct Target {
    NameTarget name;
    AddressTarget address;

    [[nodiscard]] bool is_name() const { return !name.name.empty(); }

    friend auto operator<=>(const Target&, const Target&) = default;
};

// One line of an order's list.
struct Item {
    Target target;
    std::int64_t expires = 0; // of this target alone
    // An address: nobody else has a site there. Nothing = the order does not say.
    std::optional<bool> exclusive{};
    // An address: on what grounds it may be blocked although others have sites there. Empty = on none.
    std::string sharing_acknowledged{};
};

struct Document {
    std::string sha256; // 64 lower-case hex digits
    std::string uri;

    friend bool operator==(const Document&, const Document&) = default;
};

struct Order {
    std::string id;
    Kind kind = Kind::CourtOrder;
    std::string authority;
    std::string reference;
    std::string jurisdiction; // ISO 3166-1 alpha-2 or a user-assigned code such as ZZ, upper case
    std::int64_t issued = 0;  // first second of the day, UTC
    std::int64_t effective = 0;
    std::int64_t expires = 0;
    std::optional<std::int64_t> comply_within; // seconds after effective
    Status status = Status::Active;
    Means means = kNameMeans; // for name targets; address targets are always blocked by address
    Actions actions{};
    Sinkhole sinkhole{};            // with the DNS action SINKHOLE at least one address, else none
    Notice notice;                  // the order's own, or its file's
    std::vector<std::string> scope; // names of scopes; empty = everywhere
    Mode mode = Mode::Enforce;
    bool dynamic = false;
    std::optional<Document> document;
    std::vector<Item> targets;
    std::vector<NameTarget> exempt; // carved out of this order's own targets
    std::string file;
    std::string json_path; // in that file: "$.orders[0]"
    std::size_t line = 0;
};

// Inclusive; 1 to 4094.
struct VlanRange {
    std::uint16_t first = 0;
    std::uint16_t last = 0;

    friend auto operator<=>(const VlanRange&, const VlanRange&) = default;
};

// Where an order may apply, in the operator's own terms. Within one kind any entry suffices; across kinds
// every kind that is given must hold. Bit i of a rule's scope is the i-th scope of the file.
struct Scope {
    std::string name;
    std::vector<std::string> interfaces{};
    std::vector<VlanRange> vlans{};
    std::vector<Prefix> prefixes{}; // of subscribers

    friend bool operator==(const Scope&, const Scope&) = default;
};

// Interim, active, varied and final orders give rules; draft, stayed, lifted and expired ones do not.
[[nodiscard]] bool gives_rules(Status status);

// Until when what was received at this time has to be carried out: nobody can comply before an order is in
// effect, or before he knows of it. 0 = the order says nothing.
[[nodiscard]] std::int64_t deadline(const Order& order, std::int64_t received);

[[nodiscard]] std::string_view to_string(Kind kind);
[[nodiscard]] std::string_view to_string(Status status);
[[nodiscard]] std::string_view to_string(Mode mode);
[[nodiscard]] std::string_view to_string(Match match);
[[nodiscard]] std::string_view channel_name(unsigned channel); // "address", "tls", "quic", "dns", "http"
[[nodiscard]] std::string_view action_name(unsigned action);   // "default", "drop", "reset", ...
[[nodiscard]] std::string protocol_name(std::uint8_t protocol,
                                        bool v6); // "tcp", "udp", "icmp", or the number
[[nodiscard]] std::optional<Kind> kind_named(std::string_view text);
[[nodiscard]] std::optional<Status> status_named(std::string_view text);
[[nodiscard]] std::optional<unsigned> channel_named(std::string_view text);
[[nodiscard]] std::optional<unsigned> action_named(std::string_view text);

// Bit per enum interdict_action that the channel can carry out.
[[nodiscard]] unsigned actions_of(unsigned channel);
// action, or what the channel does for INTERDICT_ACTION_DEFAULT.
[[nodiscard]] unsigned resolved_action(unsigned channel, unsigned action);

// Of what the target table holds: the name, or the prefix; not of match, protocol and ports. The same on
// every machine and in every run.
[[nodiscard]] std::uint64_t place_hash(const Target& target);
[[nodiscard]] std::uint64_t place_hash(std::string_view name);
// Both are at one place of the target table and therefore in one chain of rules.
[[nodiscard]] bool same_place(const Target& one, const Target& other);

// name without its first label, empty if it has but one.
[[nodiscard]] std::string_view parent_of(std::string_view name);

// name is below ancestor, not the same.
[[nodiscard]] bool is_below(std::string_view name, std::string_view ancestor);

// "kickasstorrents.to and below", "www.example.org", "192.0.2.7/32", "192.0.2.7/32 tcp 443,8000-8100".
[[nodiscard]] std::string to_string(const Target& target);
[[nodiscard]] std::string to_string(const NameTarget& target);

} // namespace interdict::order
