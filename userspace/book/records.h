// SPDX-License-Identifier: Apache-2.0
//
// records.h: what the book keeps, as plain values. Points in time are seconds since the epoch, 0 = not yet.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "maps/counters.h"
#include "order/order.h"

namespace interdict::book {

// Who takes a step, and on what grounds; journalled with it.
struct Act {
    std::string actor;      // "root", "feed piracyshield", the name of a token; never empty
    std::string reason{};   // a line of text, may be empty
    std::string document{}; // SHA-256 of the instrument it rests on, 64 hex digits or empty
    std::int64_t time = 0;  // when; 0 = now
};

// Where an order comes from: "cli", "file", "feed NAME". Whoever gives a whole list replaces only its own.
using Origin = std::string;

enum class ItemState : std::uint8_t {
    Active,     // gives a rule while its order does
    Held,       // by the guard: gives none
    Overridden, // held once; two persons let it through
    Lifted,     // withdrawn; kept for the record
};

// One target of one order, as the book keeps it.
struct ItemRecord {
    std::int64_t key = 0; // never given out again
    std::string order;
    order::Item item;
    ItemState state = ItemState::Active;
    std::string held_by;       // the guard's reason; kept after an override
    std::string alternative;   // the narrower means that it offers
    std::string overridden_by; // the first actor of an override, who proposed it
    std::string approved_by;   // the second one
    std::string successor_of;  // dynamic orders: the target that this one follows on, as text
    std::string ticket;        // the authority's number of what brought it, may be empty
    std::int64_t received = 0;
    std::int64_t lifted = 0;
};

struct OrderRecord {
    order::Order order; // targets: those that give rules (Active and Overridden)
    Origin origin;
    std::int64_t received = 0;
    std::int64_t changed = 0; // last step of its life cycle
    std::size_t held = 0;     // items
    std::size_t lifted_items = 0;
};

// The four facts about one change of an order, kept apart: only a proven one is reported to an authority.
struct Delivery {
    std::int64_t change = 0; // the journal's sequence number of what was changed
    std::string order;
    std::uint64_t generation = 0; // that carries it; 0 = none yet
    std::int64_t imported = 0;
    std::int64_t staged = 0;
    std::int64_t published = 0;
    std::int64_t proven = 0;
    std::int64_t due = 0; // the deadline, 0 = none
};

enum class Fact : std::uint8_t { Staged, Published, Proven };

// A line of the journal. hash = BLAKE2b-256(previous hash | record), both as they stand; the first previous
// hash is 32 zero bytes.
struct JournalEntry {
    std::int64_t sequence = 0; // from 1, without gaps
    std::string record;        // the JSON text that is hashed: sequence, time, actor, step, subject, reason,
                               // document, detail
    std::string hash;          // 64 hex digits
};

enum class ProposalKind : std::uint8_t {
    Successor, // a new target of the same service
    Suspend,   // a target that was seized or serves something else now: stop blocking
    Lift,      // a target that is dead
    Override,  // a held target that somebody wants through
};

enum class ProposalState : std::uint8_t { Open, Approved, Rejected };

struct Proposal {
    std::int64_t id = 0; // from 1
    ProposalKind kind = ProposalKind::Successor;
    ProposalState state = ProposalState::Open;
    std::string order;
    order::Item item;     // what is to be added, suspended, lifted or let through
    std::string of;       // Successor: the target that it follows on, as text
    std::string evidence; // JSON: what was seen, where, when
    std::string proposer;
    std::int64_t proposed = 0;
    std::string decider; // never the proposer
    std::int64_t decided = 0;
    std::string reason;
};

// A list from outside, as it was taken last.
struct FeedState {
    std::string name;
    std::string format;
    std::int64_t fetched = 0; // last good one
    std::string digest;       // BLAKE2b-256 of its bytes, 64 hex digits
    std::uint64_t entries = 0;
    std::int64_t failed = 0; // last failure, 0 = none since
    std::string failure;
    std::string cursor; // the connector's own JSON: tokens' expiry, checksums, tickets seen; no secrets
};

// What rules on a target have counted within one hour, for every order that cites them; a sum of increments.
struct CountRecord {
    std::string order;
    std::string target;    // as text
    std::int64_t hour = 0; // its first second; of counts that were rolled up, the first second of the day
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    std::uint64_t channel[INTERDICT_CHANNEL_MAX]{};
};

// A rule's counter when it was kept last, as the kernel has it.
struct RuleReading {
    std::uint32_t rule = 0;
    interdict_hits hits{}; // without last_seen
};

[[nodiscard]] std::string_view to_string(ItemState state);
[[nodiscard]] std::string_view to_string(ProposalKind kind);
[[nodiscard]] std::string_view to_string(ProposalState state);

} // namespace interdict::book
