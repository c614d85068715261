// SPDX-License-Identifier: Apache-2.0
#include "daemon/feeds.h"

#include <algorithm>

#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "control/in_place.h"
#include "control/intake.h"
#include "feed/http.h"
#include "order/problem.h"

namespace interdict::daemon {

namespace {

constexpr std::int64_t kSoon = 1; // seconds after the start, if it is over time

Result<std::string> bytes_of(const FeedConfig& feed)
{
    if (feed.source == FeedConfig::Source::File)
        return read_file(feed.from);
    INTERDICT_TRY(auto http, feed::Http::make({.ca_file = feed.ca.string()}));
    INTERDICT_TRY(auto answer, http.send({.url = feed.from}));
    if (answer.status != 200)
        return fail("{} answers {}", feed.from, answer.status);
    return std::move(answer.body);
}

// The feed as the book has it.
struct Known {
    std::optional<book::FeedState> state;
    std::vector<order::Order> orders; // with the targets in force
};

Result<Known> known_of(const book::Book& book, const FeedConfig& feed, const FetchedList& fetched)
{
    Known known;
    INTERDICT_TRY(known.state, book.feeds().find(feed.name));
    if (!fetched.basis)
        return known;
    INTERDICT_TRY(auto record, book.orders().find(fetched.basis->order.id));
    if (record && record->origin != "feed " + feed.name)
        return fail("order {} is in the book already, from {}; give the template an id of its own",
                    record->order.id, record->origin);
    if (record)
        known.orders.push_back(std::move(record->order));
    return known;
}

struct Prepared {
    std::vector<order::Order> orders;
    std::vector<std::string> tickets; // of the one order of a list
};

Result<Prepared> prepare(const Known& known, FetchedList fetched)
{
    if (!fetched.basis)
        return Prepared{std::move(fetched.list.orders), {}};
    if (fetched.list.entries() == 0)
        return Prepared{}; // the policy has let an empty list pass: everything is lifted
    std::map<order::Target, std::int64_t> ends;
    for (const auto& order : known.orders)
        for (const auto& item : order.targets)
            if (!item.target.is_name() && item.expires != 0)
                ends.emplace(item.target, item.expires);
    const feed::Receipt receipt{.received = fetched.received,
                                .end_in_force = [&](const order::Target& target) {
                                    const auto found = ends.find(target);
                                    return found == ends.end() ? std::int64_t{0} : found->second;
                                }};
    std::vector<feed::List> lists;
    lists.push_back(std::move(fetched.list));
    INTERDICT_TRY(auto made, feed::to_order(std::move(lists), *fetched.basis, receipt));
    Prepared prepared;
    prepared.orders.push_back(std::move(made.order));
    prepared.tickets = std::move(made.tickets);
    return prepared;
}

// Of an order that is new or varied, its targets; one that goes makes the change unbounded.
control::Reach reach_of(const Known& known, const Prepared& prepared)
{
    if (known.orders.size() != 1 || prepared.orders.size() != 1)
        return {.targets = {}, .unbounded = "a whole list"};
    return control::reach_of(known.orders.front(), prepared.orders.front());
}

Result<void> note_failure(Desk& desk, const FeedConfig& feed, const std::string& why)
{
    INTERDICT_TRY(const auto before, desk.book().feeds().find(feed.name));
    auto state = before.value_or(book::FeedState{});
    state.name = feed.name;
    state.format = to_string(feed.format);
    state.failed = now();
    state.failure = order::printable(why, 1000);
    return desk.book().feeds().set(state);
}

std::unexpected<Failure> stay(Desk& desk, const FeedConfig& feed, const Error& why)
{
    auto text = fmt::format("feed {}: {}; the list of before stays", feed.name, why.message);
    if (const auto noted = note_failure(desk, feed, why.message); !noted)
        text += "; nor can that be noted: " + noted.error().message;
    return failure(409, "conflict", text);
}

} // namespace

Result<FetchedList> fetch_list(const FeedConfig& feed, std::int64_t time)
{
    FetchedList fetched;
    fetched.received = time;
    INTERDICT_TRY(const auto bytes, bytes_of(feed));
    fetched.digest = blake2b_256(bytes);
    auto reading = feed.reading;
    reading.source = feed.name;
    reading.received = time;
    if (!feed.order.empty()) {
        INTERDICT_TRY(const auto text, read_file(feed.order));
        auto basis = feed::parse_template(text, feed.order.string());
        if (!basis)
            return fail("{}", to_string(basis.error().front()));
        fetched.basis = *std::move(basis);
        if (!reading.match)
            reading.match = fetched.basis->match;
    }
    INTERDICT_TRY(fetched.list, feed::read(feed.format, bytes, reading));
    return fetched;
}

Reply take_list(Desk& desk, const FeedConfig& feed, FetchedList fetched)
{
    const auto known = known_of(desk.book(), feed, fetched);
    if (!known)
        return stay(desk, feed, known.error());
    const feed::Summary before{.entries = known->state ? known->state->entries : 0};
    const feed::Summary summary{.entries = fetched.list.entries(),
                                .quarantined = fetched.list.count(feed::Status::Quarantined),
                                .timestamp = fetched.list.timestamp,
                                .received = fetched.received};
    if (const auto accepted = feed::accept(feed.policy, before, summary); !accepted)
        return stay(desk, feed, accepted.error());
    const auto folder = desk.state().directory() / "feeds" / feed.name;
    std::error_code ignored;
    std::filesystem::create_directories(folder, ignored);
    if (const auto kept = write_file(folder / "quarantine.jsonl", quarantine_text(fetched.list), 0640); !kept)
        return stay(desk, feed, kept.error());
    const book::FeedState state{.name = feed.name,
                                .format = std::string(to_string(feed.format)),
                                .fetched = fetched.received,
                                .digest = fetched.digest,
                                .entries = summary.entries,
                                .failed = 0,
                                .failure = {},
                                .cursor = known->state ? known->state->cursor : ""};
    auto prepared = prepare(*known, std::move(fetched));
    if (!prepared)
        return stay(desk, feed, prepared.error());
    const book::Act act{.actor = "feed " + feed.name,
                        .reason = fmt::format("list of {}", to_string(feed.format)),
                        .document = {},
                        .time = 0};
    auto reach = reach_of(*known, *prepared);
    auto done = desk.carefully(act, std::move(reach), [&]() -> Result<Taken> {
        INTERDICT_TRY(auto vetted,
                      control::Intake(desk.book(), desk.guard()).vet(std::move(prepared->orders)));
        if (!prepared->tickets.empty())
            vetted.orders.front().tickets = std::move(prepared->tickets);
        INTERDICT_TRY(const auto change,
                      desk.book().orders().replace("feed " + feed.name, vetted.orders, act));
        INTERDICT_CHECK(desk.book().feeds().set(state));
        return Taken{.summary = fmt::format("feed {}: {} entries, {} added, {} lifted", feed.name,
                                            summary.entries, change.items_added, change.items_lifted),
                     .json = {{"step", "feed"},
                              {"feed", feed.name},
                              {"entries", summary.entries},
                              {"quarantined", summary.quarantined},
                              {"added", change.items_added},
                              {"lifted", change.items_lifted}},
                     .held = std::move(vetted.held),
                     .nothing_new = vetted.passed == 0 && !vetted.held.empty()};
    });
    if (!done)
        return stay(desk, feed, {done.error().message, 0});
    return done;
}

void Feeds::set(const std::vector<FeedConfig>& feeds)
{
    for (const auto& [name, planned] : planned_)
        loop_.cancel(planned.timer);
    auto before = std::exchange(planned_, {});
    for (const auto& feed : feeds) {
        auto& planned = planned_[feed.name];
        planned.feed = feed;
        const auto was = before.find(feed.name);
        planned.under_way = was != before.end() && was->second.under_way;
        const auto state = desk_.book().feeds().find(feed.name);
        const auto last = state && *state ? std::max((*state)->fetched, (*state)->failed) : 0;
        plan(planned, std::max(kSoon, last + feed.interval - now()));
    }
}

void Feeds::plan(Planned& planned, std::int64_t delay)
{
    // Others poll the same source at the same full hours.
    if (planned.feed.jitter > 0)
        delay += std::uniform_int_distribution<std::int64_t>(0, planned.feed.jitter)(random_);
    planned.next = now() + delay;
    planned.timer = loop_.after(std::chrono::seconds(delay),
                                [this, name = planned.feed.name] { static_cast<void>(fetch(name)); });
}

bool Feeds::fetch(const std::string& name)
{
    const auto found = planned_.find(name);
    if (found == planned_.end())
        return false;
    loop_.cancel(found->second.timer);
    if (!found->second.under_way)
        begin(found->second);
    return true;
}

void Feeds::begin(Planned& planned)
{
    planned.under_way = true;
    const std::string name = planned.feed.name;
    fetching_[name] = std::jthread([this, feed = planned.feed, name] {
        auto fetched = std::make_shared<Result<FetchedList>>(fetch_list(feed, now()));
        loop_.post([this, name, fetched] { end(name, std::move(*fetched)); });
    });
}

void Feeds::end(const std::string& name, Result<FetchedList> fetched)
{
    fetching_.erase(name);
    const auto found = planned_.find(name);
    if (found == planned_.end())
        return; // no longer wanted
    auto& planned = found->second;
    planned.under_way = false;
    const Reply done = fetched ? take_list(desk_, planned.feed, *std::move(fetched))
                               : Reply(stay(desk_, planned.feed, fetched.error()));
    plan(planned, planned.feed.interval);
    if (done)
        events_.add(Severity::Info, "feed", (*done)["summary"].get<std::string>(),
                    {{"feed", name}, {"outcome", (*done)["outcome"]}});
    else
        events_.add(Severity::Error, "feed-failed", done.error().message, {{"feed", name}});
    changed_();
}

Json Feeds::schedule() const
{
    Json json = Json::object();
    for (const auto& [name, planned] : planned_)
        json[name] = format_timestamp(planned.next);
    return json;
}

} // namespace interdict::daemon
