// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "book/book.h"
#include "cli/book_view.h"
#include "cli/console.h"
#include "cli/order_commands.h"
#include "control/state.h"

namespace interdict::cli {

namespace {

constexpr std::size_t kItemLines = 50;

struct ListOptions {
    std::string status = "all";
    bool held = false;
};

struct OneOptions {
    std::string id;
};

Result<book::Book> open_book(const Session& session)
{
    return book::Book::open(control::State(session.globals.state).book(), book::Access::Read);
}

Result<Exit> list_held(Session& session, const book::Book& book)
{
    INTERDICT_TRY(const auto held, book.orders().held());
    Json list = Json::array();
    for (const auto& item : held) {
        list.push_back(item_json(item));
        say_item(session.console, item, fmt::format("order {}: ", item.order));
    }
    if (held.empty())
        session.console.say("no target is held");
    session.console.put({{"held", list}});
    return Exit::Ok;
}

Result<Exit> list(Session& session, const ListOptions& options)
{
    INTERDICT_TRY(const auto book, open_book(session));
    if (options.held)
        return list_held(session, book);
    INTERDICT_TRY(auto records, book.orders().all(false));
    if (const auto status = order::status_named(options.status))
        std::erase_if(records, [&](const auto& record) { return record.order.status != *status; });
    Json list = Json::array();
    for (const auto& record : records) {
        const auto& order = record.order;
        list.push_back(daemon::summary_json(record));
        session.console.say("{:<8} {}: {}, {} ({}){}{}",
                            session.console.paint(order::gives_rules(order.status) ? Tone::Good : Tone::Faint,
                                                  order::to_string(order.status)),
                            order.id, order.authority, order.reference, order.jurisdiction,
                            order.expires == 0 ? "" : ", until " + format_timestamp(order.expires),
                            record.held == 0 ? "" : fmt::format(", {} held", counted(record.held, "target")));
    }
    if (records.empty())
        session.console.say("no such order");
    session.console.put({{"orders", list}});
    return Exit::Ok;
}

void say_order(Console& console, const book::OrderRecord& record)
{
    const auto& order = record.order;
    console.say("{} {}: {}", order::to_string(order.kind), console.paint(Tone::Strong, order.id),
                order::to_string(order.status));
    console.say("  {}, {} ({}), issued {}", order.authority, order.reference, order.jurisdiction,
                format_timestamp(order.issued).substr(0, 10));
    console.say("  from {} {}", format_timestamp(order.effective),
                order.expires == 0 ? "without an end" : "until " + format_timestamp(order.expires));
    if (order.comply_within)
        console.say("  to be complied with by {}", format_timestamp(deadline(order, record.received)));
    console.say("  came by {} at {}, last step {}", record.origin, format_timestamp(record.received),
                format_timestamp(record.changed));
    if (order.document)
        console.say("  document {}{}{}", order.document->sha256, order.document->uri.empty() ? "" : ", ",
                    order.document->uri);
}

Result<Exit> show(Session& session, const OneOptions& options)
{
    Console& console = session.console;
    INTERDICT_TRY(const auto book, open_book(session));
    INTERDICT_TRY(const auto record, book.orders().find(options.id));
    if (!record)
        return fail("order {} is not in the book; see: interdict order list", options.id);
    INTERDICT_TRY(const auto items, book.orders().items(options.id));
    INTERDICT_TRY(const auto deliveries, book.facts().deliveries(options.id));
    say_order(console, *record);
    for (std::size_t i = 0; i < std::min(items.size(), kItemLines); ++i)
        say_item(console, items[i]);
    if (items.size() > kItemLines)
        console.say("  and {} more targets (--json has all)", items.size() - kItemLines);
    for (const auto& exempt : record->order.exempt)
        console.say("  {:<10} {}", "exempt", to_string(exempt));
    for (const auto& delivery : deliveries) {
        std::string facts = "imported " + format_timestamp(delivery.imported);
        if (delivery.published != 0)
            facts += fmt::format(", published {} in generation {}", format_timestamp(delivery.published),
                                 delivery.generation);
        facts += delivery.proven != 0 ? ", proven " + format_timestamp(delivery.proven) : ", not proven";
        console.say("  change {}: {}{}", delivery.change, facts,
                    delivery.due == 0 ? "" : ", due " + format_timestamp(delivery.due));
    }
    console.put(daemon::order_json(*record, items, deliveries));
    return Exit::Ok;
}

Result<Exit> history(Session& session, const OneOptions& options)
{
    INTERDICT_TRY(const auto book, open_book(session));
    INTERDICT_TRY(const auto entries, book.journal().history(options.id));
    if (entries.empty())
        return fail("the journal has nothing about order {}; see: interdict order list", options.id);
    Json list = Json::array();
    for (const auto& entry : entries) {
        INTERDICT_TRY(Json record, daemon::entry_json(entry));
        const auto text = [&](const char* key) { return record.value(key, Json()); };
        const auto word = [&](const char* key) {
            const Json value = text(key);
            return value.is_string() ? value.get<std::string>() : value.is_null() ? "" : value.dump();
        };
        const Json time = text("time");
        session.console.say("{:>6}  {}  {:<10} by {}{}{}{}{}", entry.sequence,
                            time.is_number() ? format_timestamp(time.get<std::int64_t>()) : word("time"),
                            word("step"), word("actor"), word("reason").empty() ? "" : ": ", word("reason"),
                            word("document").empty() ? "" : ", document ", word("document").substr(0, 16));
        list.push_back(std::move(record));
    }
    session.console.put({{"order", options.id}, {"history", list}});
    return Exit::Ok;
}

} // namespace

void add_order_lists(CommandLine& line)
{
    const auto listed = std::make_shared<ListOptions>();
    line.add("order list", "the orders in the book",
             "In the order of their arrival, those that are over, too.",
             "interdict order list\n"
             "interdict order list --status stayed\n"
             "interdict order list --held --json",
             [listed](Session& session) { return list(session, *listed); })
        .choice("--status", listed->status,
                {"all", "draft", "interim", "active", "stayed", "varied", "final", "lifted", "expired"},
                "only these")
        .flag("--held", listed->held, "the targets that the guard holds, with its reasons");

    const auto shown = std::make_shared<OneOptions>();
    line.add("order show", "one order with its targets, held ones too, and when each change was proven", "",
             "interdict order show it-milano-2022-dns\n"
             "interdict order show --json it-milano-2022-dns | jq .deliveries",
             [shown](Session& session) { return show(session, *shown); })
        .argument("ID", shown->id, "the order");

    const auto told = std::make_shared<OneOptions>();
    line.add("order history", "every step that was taken on an order, by whom and why",
             "From the journal, whose lines are chained by their hashes.",
             "interdict order history it-milano-2022-dns",
             [told](Session& session) { return history(session, *told); })
        .argument("ID", told->id, "the order");
}

} // namespace interdict::cli
