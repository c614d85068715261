// SPDX-License-Identifier: Apache-2.0
//
// list.h: what every reader of a list makes of it, and what a list has to become before anything is blocked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "order/order.h"

namespace interdict::feed {

enum class Format : std::uint8_t { Native, PiracyShield, Cncpo, Adm, Rpz, Csv, Plain, Hosts, Adblock };

enum class Status : std::uint8_t {
    Accepted,
    Quarantined, // somebody meant something by it that cannot be carried out as it stands
    Ignored,     // nothing is lost without it, and reason says why
};

// line: from 1; in a JSON list, which has no lines worth the name, the number of the entry.
struct Accepted {
    std::size_t line = 0;
    order::Item item;
    std::string ticket; // the authority's number of what brought it, may be empty
};

struct Refused {
    std::size_t line = 0;
    Status status = Status::Quarantined;
    std::string text; // as it stood in the list, shortened and printable
    std::string reason;
    std::string remedy;
    std::string nearest; // a name that may be meant; for a person to decide, never taken into force
};

struct List {
    Format format = Format::Plain;
    std::string source;         // the file, for messages
    std::string serial;         // the authority's own number of this issue
    std::string stamp;          // when the authority made it, as the list has it
    std::int64_t timestamp = 0; // the same; 0 = it does not say, or in no form that is known
    std::vector<Accepted> accepted;
    std::vector<Refused> refused;
    // RPZ passthru: what this list itself leaves open.
    std::vector<order::NameTarget> passthru;
    std::vector<order::Prefix> passthru_prefixes;
    // What the list asks for that orders, not lists, decide: "answer nxdomain", "landing 192.0.2.1".
    std::map<std::string, std::size_t> notes;
    std::vector<order::Order> orders; // Native only: whole orders, which carry their own legal basis

    [[nodiscard]] std::size_t entries() const; // accepted targets, those of orders included
    [[nodiscard]] std::size_t count(Status status) const;
};

[[nodiscard]] std::string_view to_string(Format format);
[[nodiscard]] std::string_view to_string(Status status);

// One JSON object a line: source, line, status, text, reason, remedy, nearest.
[[nodiscard]] std::string quarantine_text(const List& list);

// What quarantine_text() has written. Error: a line that it cannot have written, by its number.
[[nodiscard]] Result<std::vector<Refused>> read_quarantine(std::string_view text);

} // namespace interdict::feed
