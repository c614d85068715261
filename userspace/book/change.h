// SPDX-License-Identifier: Apache-2.0
//
// change.h: one step of somebody: one transaction with its lines of the journal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "book/store.h"

namespace interdict::book {

using Json = nlohmann::ordered_json;

// Rolled back unless it is committed.
class Change {
public:
    // Errors: the book is open for reading; nobody is named as actor; document is not a SHA-256.
    [[nodiscard]] static Result<Change> begin(Store& store, const Act& act);
    Change(Change&& other) noexcept;
    Change& operator=(Change&&) = delete;
    ~Change();

    [[nodiscard]] Database& database() { return store_->database(); }
    [[nodiscard]] std::int64_t time() const { return act_.time; }
    [[nodiscard]] const Act& act() const { return act_; }

    // One line of the journal; its sequence number. reason: instead of the act's, if not empty.
    [[nodiscard]] Result<std::int64_t> line(std::string_view step, std::string_view subject, Json detail,
                                            std::string_view reason = {});
    // A line about an order that has to be carried out: also opens its delivery. number: of the order.
    [[nodiscard]] Result<void> deliver(std::string_view step, std::int64_t number, std::string_view order,
                                       Json detail, std::int64_t due, std::string_view reason = {});

    // On disk when it returns; together with others, when they all are.
    [[nodiscard]] Result<void> commit();

private:
    Change(Store& store, Act act, Tail tail) : store_(&store), act_(std::move(act)), tail_(std::move(tail)) {}

    Store* store_; // null: committed or moved from
    Act act_;
    Tail tail_;
};

// The hash of a line: BLAKE2b-256 of the previous hash's 32 bytes and the record.
[[nodiscard]] std::string chain(std::string_view previous_hex, std::string_view record);

} // namespace interdict::book
