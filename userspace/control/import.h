// SPDX-License-Identifier: Apache-2.0
//
// import.h: a list of an authority on its way into the book: what it is, whether it may take the place of the
// one before it, and what it then is under its order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "book/book.h"
#include "control/in_place.h"
#include "control/intake.h"
#include "control/state.h"
#include "feed/policy.h"
#include "feed/read.h"
#include "feed/shield_source.h"
#include "feed/template.h"
#include "guard/guard.h"

namespace interdict::control {

// The feed as the book has it.
struct FeedBefore {
    std::optional<book::FeedState> state;
    std::vector<order::Order> orders;   // with the targets in force
    std::vector<book::ItemRecord> held; // of these orders

    [[nodiscard]] bool any() const { return state && state->fetched != 0; }
    [[nodiscard]] std::size_t entries() const { return state ? state->entries : 0; }
    [[nodiscard]] std::vector<std::string_view> names() const;
    [[nodiscard]] std::int64_t timestamp() const; // the authority's, of the list in force
};

// One import.
struct Import {
    feed::Format format = feed::Format::Plain;
    std::string name; // of the feed
    std::int64_t received = 0;
    feed::Policy policy;
    feed::Options reading;               // without source, known and progress
    std::optional<feed::Template> basis; // none for Native
    FeedBefore before;
    feed::ShieldCursor cursor;

    std::vector<feed::List> lists;
    std::string digest;                     // BLAKE2b-256 of all that was read
    std::optional<feed::ShieldFetch> fetch; // of Piracy Shield
    std::vector<feed::ShieldTicket> tickets;

    [[nodiscard]] feed::Summary summary() const;
    [[nodiscard]] book::Origin origin() const { return "feed " + name; }
    [[nodiscard]] std::filesystem::path folder(const State& state) const
    {
        return state.directory() / "feeds" / name;
    }
    // "list of cncpo, serial 123"
    [[nodiscard]] std::string reason() const;
};

// Letters a-z, digits, - _ and ., at most 64.
[[nodiscard]] bool is_feed_name(std::string_view name);

// file: for messages. Errors: all of them, one a line.
[[nodiscard]] Result<feed::Template> read_template(std::string_view json, const std::string& file);

// Sets `before` and `cursor`. Error: the order of its basis came from elsewhere.
[[nodiscard]] Result<void> look_up(const book::Book& book, Import& import);

struct ListText {
    std::string source; // for messages
    std::string_view bytes;
};
using ListProgress = std::function<void(std::string_view source, std::uint64_t done, std::uint64_t total)>;

// Several are taken together. Errors: those of feed::read().
[[nodiscard]] Result<void> read_lists(std::span<const ListText> texts, Import& import,
                                      const ListProgress& progress);

// The three lists of the authority. folder: has those that were taken last. warn: the tickets cannot be had,
// without which the lists are as good.
[[nodiscard]] Result<void> read_lists(feed::PiracyShield& shield, const std::filesystem::path& folder,
                                      Import& import, const std::function<void(const std::string&)>& warn);

// What the accepted entries are under their order.
struct ImportedOrders {
    std::vector<order::Order> orders;
    std::vector<std::string> tickets; // of the one order of a list
    // The feed's last list was the same, and the book has of it what this one gives, held targets included.
    bool known = false;
};

// Error: why the list of before stays: the policy, or entries that cannot stand under the order.
[[nodiscard]] Result<ImportedOrders> judge(const Import& import);

// What the guard lets through of it and what not.
[[nodiscard]] Result<Vetted> vet(const book::Book& book, const guard::Guard& guard, ImportedOrders imported);

[[nodiscard]] Reach reach_of(const Import& import, const ImportedOrders& imported);

// Every refused entry, whether the list is taken or not, into the feed's folder.
[[nodiscard]] Result<void> keep_quarantine(const Import& import, const State& state);

// The list is not taken, and why.
[[nodiscard]] Result<void> note_failure(book::Book& book, const Import& import, const std::string& why);

struct TakenList {
    std::vector<book::Incoming> orders;
    std::vector<Held> held;
    std::size_t passed = 0; // targets
    book::ListChange change;
};

// The step in the book: the feed's orders are now these, and the list is noted as taken; of one that is known
// only that, if this guard has reviewed the book. Error: another one
// of the same feed was taken since look_up().
[[nodiscard]] Result<TakenList> take(book::Book& book, const guard::Guard& guard, const State& state,
                                     const book::Act& act, Import& import, ImportedOrders imported,
                                     const ListProgress& progress);

// The cursor and what else is known of the list that was taken.
[[nodiscard]] Result<void> note_taken(book::Book& book, Import& import);

// Tells the authority what was proven since, and what the guard holds. Notes in the cursor what is done.
[[nodiscard]] Result<feed::ReportResult> report_outcomes(const book::Book& book, feed::PiracyShield& shield,
                                                         Import& import);

} // namespace interdict::control
