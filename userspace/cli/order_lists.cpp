// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/json.h"
#include "book/book.h"
#include "cli/book_view.h"
#include "cli/client.h"
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

Result<Exit> list_held(Session& session)
{
    INTERDICT_TRY(const auto json, ask(session, "/held", [](const book::Book& book) -> Result<Json> {
                      INTERDICT_TRY(const auto held, book.orders().held());
                      Json list = Json::array();
                      for (const auto& item : held)
                          list.push_back(item_json(item));
                      return Json{{"held", list}};
                  }));
    for (const auto& item : json["held"])
        say_item(session.console, item, fmt::format("order {}: ", text_of(item, "order")));
    if (json["held"].empty())
        session.console.say("no target is held");
    session.console.put(json);
    return Exit::Ok;
}

Result<Exit> list(Session& session, const ListOptions& options)
{
    if (options.held)
        return list_held(session);
    const auto status = order::status_named(options.status);
    INTERDICT_TRY(const auto json, ask(session, status ? "/orders?status=" + options.status : "/orders",
                                       [&](const book::Book& book) -> Result<Json> {
                                           INTERDICT_TRY(const auto records, book.orders().all(false));
                                           Json list = Json::array();
                                           for (const auto& record : records)
                                               if (!status || record.order.status == *status)
                                                   list.push_back(daemon::summary_json(record));
                                           return Json{{"orders", list}};
                                       }));
    for (const auto& order : json["orders"]) {
        const auto state = text_of(order, "status");
        const auto end = text_of(order, "expires");
        const auto held = order.value("held", std::uint64_t{0});
        session.console.say(
            "{:<8} {}: {}, {} ({}){}{}",
            session.console.paint(order::gives_rules(*order::status_named(state)) ? Tone::Good : Tone::Faint,
                                  state),
            text_of(order, "id"), text_of(order, "authority"), text_of(order, "reference"),
            text_of(order, "jurisdiction"), end.empty() ? "" : ", until " + end,
            held == 0 ? "" : fmt::format(", {} held", counted(held, "target")));
    }
    if (json["orders"].empty())
        session.console.say("no such order");
    session.console.put(json);
    return Exit::Ok;
}

// json: daemon::order_json()
void say_order(Console& console, const Json& json)
{
    const auto text = [&](const char* key) { return text_of(json, key); };
    console.say("{} {}: {}", text("kind"), console.paint(Tone::Strong, text("id")), text("status"));
    console.say("  {}, {} ({}), issued {}", text("authority"), text("reference"), text("jurisdiction"),
                text_of(json["order"], "issued").substr(0, 10));
    console.say("  from {} {}", text("effective"),
                text("expires").empty() ? "without an end" : "until " + text("expires"));
    if (!text("comply_by").empty())
        console.say("  to be complied with by {}", text("comply_by"));
    console.say("  came by {} at {}, last step {}", text("origin"), text("received"), text("changed"));
    if (const auto document = json["order"].find("document"); document != json["order"].end()) {
        const auto uri = text_of(*document, "uri");
        console.say("  document {}{}{}", text_of(*document, "sha256"), uri.empty() ? "" : ", ", uri);
    }
}

void say_delivery(Console& console, const Json& delivery)
{
    std::string facts = "imported " + text_of(delivery, "imported");
    if (const auto published = text_of(delivery, "published"); !published.empty())
        facts += fmt::format(", published {} in generation {}", published, delivery["generation"].dump());
    const auto proven = text_of(delivery, "proven");
    facts += proven.empty() ? ", not proven" : ", proven " + proven;
    const auto due = text_of(delivery, "due");
    console.say("  change {}: {}{}", delivery["change"].dump(), facts, due.empty() ? "" : ", due " + due);
}

Result<Exit> show(Session& session, const OneOptions& options)
{
    Console& console = session.console;
    INTERDICT_TRY(
        const auto json,
        ask(session, "/orders/" + url_part(options.id), [&](const book::Book& book) -> Result<Json> {
            INTERDICT_TRY(const auto record, book.orders().find(options.id));
            if (!record)
                return fail("order {} is not in the book; see: interdict order list", options.id);
            INTERDICT_TRY(const auto items, book.orders().items(options.id));
            INTERDICT_TRY(const auto deliveries, book.facts().deliveries(options.id));
            return daemon::order_json(*record, items, deliveries);
        }));
    say_order(console, json);
    const auto& items = json["targets"];
    for (std::size_t i = 0; i < std::min(items.size(), kItemLines); ++i)
        say_item(console, items[i]);
    if (items.size() > kItemLines)
        console.say("  and {} more targets (--json has all)", items.size() - kItemLines);
    for (const auto& name : json["exempt"])
        console.say("  {:<10} {}", "exempt", name.get<std::string>());
    for (const auto& delivery : json["deliveries"])
        say_delivery(console, delivery);
    console.put(json);
    return Exit::Ok;
}

Result<Exit> history(Session& session, const OneOptions& options)
{
    INTERDICT_TRY(const auto json, ask(session, "/orders/" + url_part(options.id) + "/history",
                                       [&](const book::Book& book) -> Result<Json> {
                                           INTERDICT_TRY(const auto entries,
                                                         book.journal().history(options.id));
                                           if (entries.empty())
                                               return fail("the journal has nothing about order {}; see: "
                                                           "interdict order list",
                                                           options.id);
                                           Json list = Json::array();
                                           for (const auto& entry : entries) {
                                               INTERDICT_TRY(Json record, daemon::entry_json(entry));
                                               list.push_back(std::move(record));
                                           }
                                           return Json{{"order", options.id}, {"history", list}};
                                       }));
    for (const auto& record : json["history"]) {
        const auto word = [&](const char* key) {
            const Json value = record.value(key, Json());
            return value.is_string() ? value.get<std::string>() : value.is_null() ? "" : value.dump();
        };
        const Json time = record.value("time", Json());
        session.console.say("{:>6}  {}  {:<10} by {}{}{}{}{}", word("sequence"),
                            time.is_number() ? format_timestamp(time.get<std::int64_t>()) : word("time"),
                            word("step"), word("actor"), word("reason").empty() ? "" : ": ", word("reason"),
                            word("document").empty() ? "" : ", document ", word("document").substr(0, 16));
    }
    session.console.put(json);
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
