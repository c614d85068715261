// SPDX-License-Identifier: Apache-2.0
//
// import_report.cpp: what the authority is told about the items of its tickets, and when.
#include <unordered_map>

#include <nlohmann/json.hpp>

#include "control/import.h"
#include "order/name.h"
#include "order/prefix.h"

namespace interdict::control {

namespace {

using Json = nlohmann::ordered_json;

// How a value of a ticket stands in the book; empty if it is no target.
std::string as_target(const std::string& value)
{
    if (const auto address = order::parse_address(value))
        return to_string(*address);
    return order::normalise_name(value, order::Match::Exact).value_or("");
}

std::string as_target(const order::Target& target)
{
    return target.is_name() ? target.name.name : to_string(target.address.prefix);
}

// The proofs of one order's changes.
class Proofs {
public:
    [[nodiscard]] static Result<Proofs> make(const book::Book& book, const std::string& order)
    {
        Proofs out;
        INTERDICT_TRY(out.deliveries_, book.facts().deliveries(order));
        INTERDICT_TRY(const auto history, book.journal().history(order));
        for (const book::JournalEntry& entry : history) {
            const Json record = Json::parse(entry.record, nullptr, false);
            const std::string step = record.is_object() ? record.value("step", "") : "";
            if (step != "add" && step != "vary")
                out.since_ = entry.sequence;
        }
        return out;
    }

    // When what came at this time was first proven; 0 = not yet. A release, an override or a stay may have
    // brought an old item into force anew: only proofs of that and of what came later count. And while
    // anything is still to be proven, nothing is: the last change may have taken the item out.
    [[nodiscard]] std::int64_t of(std::int64_t received) const
    {
        if (deliveries_.empty() || deliveries_.back().proven == 0)
            return 0;
        for (const book::Delivery& delivery : deliveries_)
            if (delivery.imported >= received && delivery.change >= since_ && delivery.proven != 0)
                return delivery.proven;
        return 0;
    }

private:
    std::vector<book::Delivery> deliveries_; // in the order of their changes
    std::int64_t since_ = 0;
};

// The items of the feed's order that are in force or held, with the proof of each.
class Standing {
public:
    [[nodiscard]] static Result<Standing> make(const book::Book& book, const std::string& order)
    {
        Standing out;
        INTERDICT_TRY(const Proofs proofs, Proofs::make(book, order));
        INTERDICT_TRY(const auto items, book.orders().items(order));
        for (const book::ItemRecord& item : items) {
            if (item.state == book::ItemState::Lifted)
                continue;
            const bool held = item.state == book::ItemState::Held;
            out.by_target_[as_target(item.item.target)] = {held, held ? 0 : proofs.of(item.received)};
        }
        return out;
    }

    // Nothing: not in the book, or not proven yet. Then nothing is said: the next run may know more.
    [[nodiscard]] std::optional<feed::Outcome> of(const std::string& value) const
    {
        const auto found = by_target_.find(as_target(value));
        if (found == by_target_.end() || (!found->second.held && found->second.proven == 0))
            return std::nullopt;
        return feed::Outcome{.value = value,
                             .proven = found->second.proven,
                             .note =
                                 found->second.held ? "held: it would block more than the order names" : ""};
    }

private:
    struct State {
        bool held = false;
        std::int64_t proven = 0;
    };
    std::unordered_map<std::string, State> by_target_;
};

} // namespace

Result<feed::ReportResult> report_outcomes(const book::Book& book, feed::PiracyShield& shield, Import& import)
{
    INTERDICT_TRY(const Standing standing, Standing::make(book, import.basis->order.id));
    std::vector<feed::Outcome> outcomes;
    std::set<std::string> done;
    for (const feed::ShieldTicket& ticket : import.tickets) {
        if (import.cursor.reported.contains(ticket.id))
            done.insert(ticket.id);
        if (!feed::takes_reports(ticket, import.cursor, import.received))
            continue;
        INTERDICT_TRY(const auto items, shield.items(ticket.id));
        std::size_t pending = 0;
        for (const feed::ShieldItem& item : items) {
            if (item.status != "pending")
                continue;
            ++pending;
            if (auto outcome = standing.of(item.value))
                outcomes.push_back(*std::move(outcome));
        }
        if (pending == 0 && ticket.status == "closed")
            done.insert(ticket.id);
    }
    // Tickets that the authority shows no more are forgotten.
    import.cursor.reported = std::move(done);
    return shield.report(outcomes);
}

} // namespace interdict::control
