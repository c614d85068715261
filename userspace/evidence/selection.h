// SPDX-License-Identifier: Apache-2.0
//
// selection.h: what of the orders may stand in an export, and what may not and why.
//
// An export does less than the plane: a resolver knows no interface, a router no host name, and neither knows
// when an order ends. What it cannot carry out exactly is left out and counted here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evidence/output.h"
#include "order/order.h"

namespace interdict::evidence {

// One target: indices into the orders and into that order's targets.
struct Place {
    std::uint32_t order = 0;
    std::uint32_t item = 0;

    friend auto operator<=>(const Place&, const Place&) = default;
};

struct Source {
    std::span<const order::Order> orders;                 // must outlive everything made of them
    std::span<const order::NameTarget> protected_names{}; // must pass, a subtree with all below it
    std::span<const Place> held{};                        // sorted: the guard holds these as of now
    std::span<const Place> overridden{};                  // sorted: two persons let these through
};

// Who carries out the export.
enum class Carrier : std::uint8_t {
    Resolver,     // names by dns
    AnswerFilter, // the same, and addresses where answers contain them
    Router,       // addresses
    Record,       // nobody: it is read
};

enum class Omission : std::uint8_t {
    Status, // the order gives no rules
    NotYet,
    Expired,
    Observed,
    OtherScope,
    OtherMeans,
    Held,
    Conditional, // protocol or ports, where the format has none
    TooLong,     // with the name of the zone
    BelowExempt, // names below an exact exemption: the format lets them pass with it
};

// Targets by order and reason.
using Omissions = std::map<std::pair<std::uint32_t, Omission>, std::size_t>;

struct Edition {
    std::uint64_t generation = 0;
    std::int64_t at = 0; // what is in force at this time
    std::string scope;   // empty: only what applies everywhere; else also what applies in this scope
};

class Selection {
public:
    Selection(const Source& source, Edition edition, Carrier carrier);

    [[nodiscard]] const Source& source() const { return source_; }
    [[nodiscard]] const Edition& edition() const { return edition_; }
    [[nodiscard]] const std::vector<Place>& names() const { return names_; }
    [[nodiscard]] const std::vector<Place>& addresses() const { return addresses_; }
    // Ascending indices of the orders with names, addresses or both.
    [[nodiscard]] const std::vector<std::uint32_t>& orders() const { return orders_; }
    [[nodiscard]] const Omissions& omitted() const { return omitted_; }
    // When something begins or ends next, 0 = never: an export is out of date then.
    [[nodiscard]] std::int64_t next_change() const { return next_change_; }

    [[nodiscard]] const order::Order& order(std::uint32_t index) const { return source_.orders[index]; }
    [[nodiscard]] const order::Item& item(Place place) const
    {
        return source_.orders[place.order].targets[place.item];
    }
    [[nodiscard]] bool overridden(Place place) const;

    // A writer found that its format cannot hold it.
    void omit(std::uint32_t order, Omission why, std::size_t targets = 1);

private:
    void add_order(std::uint32_t index, Carrier carrier);
    void change_at(std::int64_t time);

    Source source_;
    Edition edition_;
    std::vector<Place> names_;
    std::vector<Place> addresses_;
    std::vector<std::uint32_t> orders_;
    Omissions omitted_;
    std::int64_t next_change_ = 0;
};

// "held by the guard", for a person.
[[nodiscard]] std::string_view to_string(Omission why);
// "other-means", for a program.
[[nodiscard]] std::string_view slug(Omission why);

// "192.0.2.7", without the length.
[[nodiscard]] std::string address_text(const order::Prefix& address);

// The head of an export, each line behind `comment`: what it is, of which generation, until when, every order
// in it, and what is left out.
void write_head(const Selection& selection, std::string_view comment, std::string_view what, Output& out,
                std::span<const std::uint32_t> orders);

} // namespace interdict::evidence
