// SPDX-License-Identifier: Apache-2.0
//
// lists.h: whole lists of targets into the book.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "book/change.h"
#include "book/database.h"
#include "book/orders.h"

namespace interdict::book {

// Rows from which the write-ahead log is emptied at once, and the index by place made anew can pay.
inline constexpr std::size_t kLongList = 20000;

// A list that is about to be written, with what makes finding its targets fast.
class PreparedList {
public:
    // Errors: an order without id or targets; a target twice; held or tickets that do not fit the targets.
    [[nodiscard]] static Result<PreparedList> prepare(const Incoming& incoming);

    [[nodiscard]] const Incoming& incoming() const { return *incoming_; }
    [[nodiscard]] const order::Order& order() const { return incoming_->order; }
    // Null if the guard lets the target through.
    [[nodiscard]] const Incoming::Held* held(std::size_t item) const;
    [[nodiscard]] std::string_view ticket(std::size_t item) const;
    // Index of the same target, matched the same way; -1 if the list has not got it.
    [[nodiscard]] std::int64_t find(const order::Target& target) const;

    // BLAKE2b-256 of a line for every target, in the list's order: "TARGET\tEXPIRES" (order::to_string;
    // seconds since the epoch), then "\texclusive" or "\tshared", then a tab and on what grounds, if said.
    [[nodiscard]] const std::string& targets_digest() const { return targets_digest_; }
    // Of everything that came in.
    [[nodiscard]] const std::string& digest() const { return digest_; }

private:
    struct Placed {
        std::uint64_t place;
        std::uint32_t item;
    };

    explicit PreparedList(const Incoming& incoming) : incoming_(&incoming) {}
    Result<void> index();
    void make_digests();

    const Incoming* incoming_;
    std::vector<Placed> placed_;      // by place
    std::vector<std::uint32_t> held_; // by item: 0 = none, else 1 + index; empty if none is
    std::string targets_digest_;
    std::string digest_;
};

// What separates the items of an order from a list.
struct ListPlan {
    struct Update {
        std::int64_t key = 0;
        std::uint32_t item = 0;
        ItemState state = ItemState::Active;
    };
    std::vector<std::uint32_t> added;      // items of the list
    std::vector<std::int64_t> lifted;      // keys
    std::vector<std::string> lifted_texts; // the first of them
    std::vector<std::int64_t> given_up; // keys: lifted by a person before, now the source gave them up, too
    std::vector<Update> updated;

    [[nodiscard]] bool empty() const { return added.empty() && lifted.empty() && updated.empty(); }
};

enum class GivenBy : std::uint8_t {
    Person, // means the list exactly as it is
    Source, // repeats what it said: what a person lifted stays lifted, approved successors stay
};

// The plan for an order that is in the book.
[[nodiscard]] Result<ListPlan> compare(Database& database, std::int64_t number, const PreparedList& list,
                                       GivenBy by);
// The plan for a new one.
[[nodiscard]] ListPlan everything(const PreparedList& list);

// Writes lists; a long one without the index by place, which finish() makes again.
class ListWriter {
public:
    explicit ListWriter(Change& change, std::function<void(std::size_t)> progress = {})
        : change_(change), progress_(std::move(progress))
    {
    }

    // So many items will be added.
    [[nodiscard]] Result<void> expect(std::size_t items);
    [[nodiscard]] Result<void> write(std::int64_t number, const PreparedList& list, const ListPlan& plan);
    [[nodiscard]] Result<void> finish();
    [[nodiscard]] std::size_t written() const { return written_; }

private:
    void advance();

    Change& change_;
    std::function<void(std::size_t)> progress_;
    std::size_t written_ = 0;
    bool without_index_ = false;
};

// For the journal: counts, digests and, of each kind, the first hundred targets.
[[nodiscard]] Json describe(const PreparedList& list, const ListPlan& plan);
// The order's fields for the journal, without the status: that has steps of its own.
[[nodiscard]] Json describe_head(const order::Order& order);

} // namespace interdict::book
