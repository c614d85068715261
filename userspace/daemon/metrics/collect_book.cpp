// SPDX-License-Identifier: Apache-2.0
//
// collect_book.cpp: orders, deadlines and lists.
#include <set>

#include "control/deadlines.h"
#include "daemon/metrics/collect.h"
#include "daemon/metrics/metrics.h"

namespace interdict::daemon::metrics {

namespace {

void add_orders(Page& page, const book::Book* book)
{
    auto orders = page.gauge("interdict_orders", "Orders in the book, by status");
    auto held = page.gauge("interdict_targets_held", "Targets that the guard holds");
    auto proposals = page.gauge("interdict_proposals_open", "Proposals that wait for a decision");
    auto journal = page.counter("interdict_journal_lines_total", "Lines of the journal");
    if (!book)
        return;
    if (const auto by_status = book->orders().by_status())
        for (const auto& [status, count] : *by_status)
            orders.add(static_cast<double>(count), {{"status", order::to_string(status)}});
    if (const auto tally = book->orders().tally())
        held.add(static_cast<double>(tally->held));
    if (const auto open = book->proposals().all(book::ProposalState::Open))
        proposals.add(static_cast<double>(open->size()));
    if (const auto last = book->journal().last())
        journal.add(static_cast<double>(*last));
}

void add_deadlines(Page& page, const book::Book* book, std::int64_t time)
{
    auto seconds = page.gauge("interdict_deadline_seconds",
                              "Time left to prove an order's change, below 0 = overdue; the 50 nearest");
    auto counts = page.gauge("interdict_deadlines", "Changes with a deadline, by what became of it");
    auto hidden = page.gauge("interdict_deadlines_not_shown", "Orders with a deadline beyond the 50 nearest");
    const auto deadlines = book ? control::deadlines(*book, time) : Result<std::vector<control::Deadline>>();
    if (!book || !deadlines)
        return;
    using State = control::Deadline::State;
    std::map<State, std::size_t> by_state{{State::Running, 0}, {State::Overdue, 0}, {State::Missed, 0}};
    std::set<std::string> orders; // the nearest deadline of each
    for (const auto& deadline : *deadlines) {
        ++by_state[deadline.state];
        if (deadline.state == State::Missed || !orders.insert(deadline.delivery.order).second ||
            orders.size() > kDeadlinesMax)
            continue;
        seconds.add(static_cast<double>(deadline.left), {{"order", deadline.delivery.order}});
    }
    for (const auto& [state, count] : by_state)
        counts.add(static_cast<double>(count), {{"state", control::to_string(state)}});
    hidden.add(orders.size() > kDeadlinesMax ? static_cast<double>(orders.size() - kDeadlinesMax) : 0);
}

void add_feeds(Page& page, const book::Book* book, const std::map<std::string, std::int64_t>& intervals,
               std::int64_t time)
{
    auto age = page.gauge("interdict_feed_age_seconds", "Since a list was taken last");
    auto interval = page.gauge("interdict_feed_interval_seconds", "From one fetch to the next");
    auto entries = page.gauge("interdict_feed_entries", "Entries of the list that was taken last");
    auto failing = page.gauge("interdict_feed_failing", "1 = it was not taken when it was tried last");
    std::size_t shown = 0;
    for (const auto& [name, seconds] : intervals)
        if (shown++ < kFeedsMax)
            interval.add(static_cast<double>(seconds), {{"feed", name}});
    const auto feeds = book ? book->feeds().all() : Result<std::vector<book::FeedState>>();
    if (!feeds)
        return;
    for (std::size_t i = 0; i < std::min(feeds->size(), kFeedsMax); ++i) {
        const auto& feed = (*feeds)[i];
        if (feed.fetched != 0)
            age.add(static_cast<double>(time - feed.fetched), {{"feed", feed.name}});
        entries.add(static_cast<double>(feed.entries), {{"feed", feed.name}});
        failing.add(feed.failed != 0, {{"feed", feed.name}});
    }
}

} // namespace

void add_book(Page& page, const book::Book* book, const std::map<std::string, std::int64_t>& intervals,
              std::int64_t time)
{
    page.gauge("interdict_book_readable", "1 = the order book can be read").add(book != nullptr);
    add_orders(page, book);
    add_deadlines(page, book, time);
    add_feeds(page, book, intervals, time);
}

} // namespace interdict::daemon::metrics
