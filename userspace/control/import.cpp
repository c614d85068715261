// SPDX-License-Identifier: Apache-2.0
#include "control/import.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "control/review.h"
#include "order/problem.h"

namespace interdict::control {

namespace {

using Json = nlohmann::ordered_json;

std::string cursor_text(const Import& import, std::int64_t timestamp)
{
    Json cursor = Json::parse(to_string(import.cursor));
    if (timestamp != 0)
        cursor["timestamp"] = timestamp;
    return cursor.dump();
}

// The ends that addresses have by the list of before.
std::unordered_map<std::string, std::int64_t> ends_of(const FeedBefore& before)
{
    std::unordered_map<std::string, std::int64_t> ends;
    const auto note_end = [&](const order::Item& item) {
        if (!item.target.is_name() && item.expires != 0)
            ends.emplace(to_string(item.target), item.expires);
    };
    for (const order::Order& order : before.orders)
        std::ranges::for_each(order.targets, note_end);
    for (const book::ItemRecord& held : before.held)
        note_end(held.item);
    return ends;
}

Result<ImportedOrders> orders_of(const Import& import)
{
    ImportedOrders out;
    if (import.format == feed::Format::Native) {
        for (const feed::List& list : import.lists)
            for (const order::Order& order : list.orders)
                out.orders.push_back(order);
        return out;
    }
    if (import.summary().entries == 0)
        return out; // the policy has let an empty list pass: everything is lifted
    const auto ends = ends_of(import.before);
    const feed::Receipt receipt{.received = import.received,
                                .end_in_force = [&](const order::Target& target) {
                                    const auto found = ends.find(to_string(target));
                                    return found == ends.end() ? std::int64_t{0} : found->second;
                                }};
    // The counts of the lists are still to be shown, so they are copied.
    INTERDICT_TRY(auto made, feed::to_order(import.lists, *import.basis, receipt));
    out.orders.push_back(std::move(made.order));
    out.tickets = std::move(made.tickets);
    return out;
}

bool same_lines(const FeedBefore& before, const order::Order& now)
{
    auto items = items_of(before.orders.front());
    for (const auto& record : before.held)
        items.push_back(&record.item);
    return items.size() == now.targets.size() && differing(std::move(items), items_of(now)).empty();
}

// A connector's lists come with tickets, which change beside them.
bool is_known(const Import& import, const ImportedOrders& imported)
{
    const auto& before = import.before;
    return !import.fetch && before.any() && before.state->failed == 0 &&
           before.state->digest == import.digest && before.orders.size() == 1 &&
           imported.orders.size() == 1 && order::gives_rules(before.orders.front().status) &&
           book::same_head(before.orders.front(), imported.orders.front()) &&
           same_lines(before, imported.orders.front());
}

// What vetting all of it would come to: what was let through is by a guard that has reviewed the book.
Result<Vetted> vet_known(const book::Book& book, const guard::Guard& guard, const ImportedOrders& imported)
{
    const auto& order = imported.orders.front();
    INTERDICT_TRY(const auto held, book.orders().items(order.id, book::ItemState::Held));
    std::map<order::Target, std::size_t> places;
    for (const auto& record : held)
        places.emplace(record.item.target, order.targets.size());
    order::Order part = order;
    part.targets.clear();
    for (std::size_t i = 0; i < order.targets.size() && !places.empty(); ++i)
        if (const auto found = places.find(order.targets[i].target); found != places.end()) {
            found->second = i;
            part.targets.push_back(order.targets[i]);
        }
    INTERDICT_TRY(auto vetted, Intake(book, guard).vet({std::move(part)}));
    if (vetted.held.size() != held.size())
        return fail("order {}: the guard holds {} of the {} targets that the book holds", order.id,
                    vetted.held.size(), held.size());
    vetted.passed = order.targets.size() - held.size();
    auto& incoming = vetted.orders.front();
    for (auto& one : incoming.held)
        one.item = places.at(incoming.order.targets[one.item].target);
    incoming.order = order;
    return vetted;
}

} // namespace

std::vector<std::string_view> FeedBefore::names() const
{
    std::vector<std::string_view> out;
    for (const auto& order : orders)
        for (const auto& item : order.targets)
            if (item.target.is_name())
                out.emplace_back(item.target.name.name);
    return out;
}

std::int64_t FeedBefore::timestamp() const
{
    const Json cursor = state ? Json::parse(state->cursor, nullptr, false) : Json();
    return cursor.is_object() ? integer_of(cursor, "timestamp") : 0;
}

feed::Summary Import::summary() const
{
    feed::Summary out{.received = received};
    for (const feed::List& list : lists) {
        out.entries += list.entries();
        out.quarantined += list.count(feed::Status::Quarantined);
        // The oldest part says how old the whole is.
        if (list.timestamp != 0 && (out.timestamp == 0 || list.timestamp < out.timestamp))
            out.timestamp = list.timestamp;
    }
    return out;
}

std::string Import::reason() const
{
    std::string out = fmt::format("list of {}", to_string(format));
    for (const feed::List& list : lists)
        if (!list.serial.empty())
            out += fmt::format(", serial {}", order::printable(list.serial, 40));
    return out;
}

bool is_feed_name(std::string_view name)
{
    return !name.empty() && name.size() <= 64 && name.front() != '.' && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    });
}

Result<feed::Template> read_template(std::string_view json, const std::string& file)
{
    auto basis = feed::parse_template(json, file);
    if (basis)
        return *std::move(basis);
    std::string all;
    for (const auto& problem : basis.error())
        all += (all.empty() ? "" : "\n") + order::to_string(problem);
    return fail("{}", all);
}

Result<void> look_up(const book::Book& book, Import& import)
{
    auto& before = import.before;
    INTERDICT_TRY(before.state, book.feeds().find(import.name));
    if (before.state)
        import.cursor = feed::parse_cursor(before.state->cursor);
    if (!import.basis)
        return {};
    INTERDICT_TRY(auto record, book.orders().find(import.basis->order.id));
    if (!record)
        return {};
    if (record->origin != import.origin())
        return fail("order {} is in the book already, from {}; give the template an id of its own",
                    record->order.id, record->origin);
    INTERDICT_TRY(before.held, book.orders().items(record->order.id, book::ItemState::Held));
    before.orders.push_back(std::move(record->order));
    return {};
}

Result<void> read_lists(std::span<const ListText> texts, Import& import, const ListProgress& progress)
{
    feed::Options reading = import.reading;
    const auto known = import.before.names();
    reading.known = known;
    reading.received = import.received;
    Blake2b digest;
    for (const auto& [source, bytes] : texts) {
        digest.add(bytes);
        reading.source = source;
        reading.progress = [&](std::size_t done) { progress("reading " + source, done, bytes.size()); };
        INTERDICT_TRY(feed::List list, feed::read(import.format, bytes, reading));
        progress("reading " + source, bytes.size(), bytes.size());
        import.lists.push_back(std::move(list));
    }
    import.digest = digest.finish_hex();
    return {};
}

Result<void> read_lists(feed::PiracyShield& shield, const std::filesystem::path& folder, Import& import,
                        const std::function<void(const std::string&)>& warn)
{
    INTERDICT_TRY(import.fetch, feed::fetch(shield, import.cursor, folder));
    // Without the tickets only the items do not say which one brought them.
    if (auto tickets = shield.tickets())
        import.tickets = *std::move(tickets);
    else
        warn("tickets: " + tickets.error().message);
    const auto by_value = feed::tickets_by_value(import.tickets);
    feed::Options reading = import.reading;
    const auto known = import.before.names();
    reading.known = known;
    reading.received = import.received;
    Blake2b digest;
    for (const feed::Genre genre : feed::kGenres) {
        const std::string& text = import.fetch->texts[static_cast<std::size_t>(genre)];
        digest.add(text);
        digest.add("\n");
        reading.source = fmt::format("{}/{}", import.name, to_string(genre));
        INTERDICT_TRY(feed::List list, feed::read(import.format, text, reading));
        for (feed::Accepted& entry : list.accepted) {
            const auto& target = entry.item.target;
            std::string value = target.is_name() ? target.name.name : to_string(target.address.prefix);
            if (!target.is_name())
                value.resize(value.find('/'));
            if (const auto found = by_value.find(value); found != by_value.end())
                entry.ticket = found->second;
        }
        import.lists.push_back(std::move(list));
    }
    import.digest = digest.finish_hex();
    return {};
}

Result<ImportedOrders> judge(const Import& import)
{
    const feed::Summary before{.entries = import.before.entries(), .timestamp = import.before.timestamp()};
    INTERDICT_CHECK(feed::accept(import.policy, before, import.summary()));
    INTERDICT_TRY(auto imported, orders_of(import));
    imported.known = is_known(import, imported);
    return imported;
}

Result<Vetted> vet(const book::Book& book, const guard::Guard& guard, ImportedOrders imported)
{
    INTERDICT_TRY(auto vetted, Intake(book, guard).vet(std::move(imported.orders)));
    if (!imported.tickets.empty())
        vetted.orders.front().tickets = std::move(imported.tickets);
    return vetted;
}

// Of an order that is varied, its targets; one that comes or goes makes the change unbounded.
Reach reach_of(const Import& import, const ImportedOrders& imported)
{
    const auto& before = import.before.orders;
    if (imported.known)
        return {};
    if (before.size() != 1 || imported.orders.size() != 1)
        return {.targets = {}, .unbounded = "a list takes the place of the one before it"};
    return reach_of(before.front(), imported.orders.front());
}

Result<void> keep_quarantine(const Import& import, const State& state)
{
    const auto folder = import.folder(state);
    std::string text;
    for (const feed::List& list : import.lists)
        text += quarantine_text(list);
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error)
        return fail_errno(error.value(), "{}: cannot make the folder", folder.string());
    return write_file(folder / "quarantine.jsonl", text, 0640);
}

Result<void> note_failure(book::Book& book, const Import& import, const std::string& why)
{
    // As it is now: another list may have been taken meanwhile.
    INTERDICT_TRY(const auto before, book.feeds().find(import.name));
    auto state = before.value_or(book::FeedState{});
    state.name = import.name;
    state.format = to_string(import.format);
    state.failed = import.received;
    state.failure = order::printable(why, 1000);
    return book.feeds().set(state);
}

Result<TakenList> take(book::Book& book, const guard::Guard& guard, const State& state, const book::Act& act,
                       Import& import, ImportedOrders imported, const ListProgress& progress)
{
    INTERDICT_TRY(const auto present, book.feeds().find(import.name));
    const auto version = [](const std::optional<book::FeedState>& known) {
        return known ? std::pair(known->fetched, known->digest) : std::pair(std::int64_t{0}, std::string());
    };
    if (version(present) != version(import.before.state))
        return fail("another list of the feed was taken meanwhile; take this one again");
    INTERDICT_TRY(const bool reviewed, Review::done(book, guard));
    if (imported.known && reviewed) {
        INTERDICT_TRY(auto known, vet_known(book, guard, imported));
        INTERDICT_CHECK(note_taken(book, import));
        book::ListChange none;
        none.unchanged = 1;
        return TakenList{.orders = std::move(known.orders),
                         .held = std::move(known.held),
                         .passed = known.passed,
                         .change = std::move(none)};
    }
    INTERDICT_TRY(auto vetted, vet(book, guard, std::move(imported)));
    TakenList taken{.orders = std::move(vetted.orders),
                    .held = std::move(vetted.held),
                    .passed = vetted.passed,
                    .change = {}};
    const auto total = import.summary().entries;
    INTERDICT_TRY(taken.change,
                  book.orders().replace(import.origin(), taken.orders, act, [&](std::size_t done) {
                      progress("writing the book", done, total);
                  }));
    progress("writing the book", total, total);
    if (import.fetch)
        INTERDICT_CHECK(feed::keep(*import.fetch, import.folder(state)));
    INTERDICT_CHECK(note_taken(book, import));
    return taken;
}

Result<void> note_taken(book::Book& book, Import& import)
{
    if (import.fetch)
        import.cursor.checksums = import.fetch->checksums;
    const auto summary = import.summary();
    return book.feeds().set({.name = import.name,
                             .format = std::string(to_string(import.format)),
                             .fetched = import.received,
                             .digest = import.digest,
                             .entries = summary.entries,
                             .failed = 0,
                             .failure = {},
                             .cursor = cursor_text(import, summary.timestamp)});
}

} // namespace interdict::control
