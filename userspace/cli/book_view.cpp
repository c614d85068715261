// SPDX-License-Identifier: Apache-2.0
#include "cli/book_view.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "book/book.h"
#include "control/deadlines.h"
#include "daemon/status_json.h"

namespace interdict::cli {

namespace {

std::optional<book::Book> open_book(Console& console, const control::State& state)
{
    std::error_code ignored;
    if (!std::filesystem::exists(state.book(), ignored))
        return std::nullopt;
    auto book = book::Book::open(state.book(), book::Access::Read);
    if (book)
        return *std::move(book);
    console.warn(book.error().message);
    return std::nullopt;
}

Result<Json> summary(Console& console, const book::Book& book, std::int64_t time)
{
    INTERDICT_TRY(const auto now, control::overview(book, time));
    console.say("book: {}, {} in force, {} held, {}", counted(now.orders, "order"), now.in_force,
                counted(now.held, "target"), counted(now.proposals, "open proposal"));
    if (now.overdue != 0)
        console.say("  {}", console.paint(Tone::Bad, fmt::format("{} overdue; see: interdict order due",
                                                                 counted(now.overdue, "change"))));
    if (now.next)
        console.say("  next deadline {}: order {}, {} left", format_timestamp(now.next->delivery.due),
                    now.next->delivery.order, control::countdown(now.next->left));
    return daemon::book_json(now);
}

Result<Json> citing(Console& console, const book::Book& book, const order::Target& target)
{
    INTERDICT_TRY(const auto items, book.orders().citing(target));
    Json list = Json::array();
    for (const auto& item : items) {
        INTERDICT_TRY(const auto record, book.orders().find(item.order));
        const auto status = record ? record->order.status : order::Status::Lifted;
        Json json = item_json(item);
        json["status"] = order::to_string(status);
        list.push_back(std::move(json));
        const bool rule = item.state == book::ItemState::Active || item.state == book::ItemState::Overridden;
        if (!rule || !order::gives_rules(status))
            say_item(console, item, fmt::format("order {}, {}: ", item.order, order::to_string(status)));
    }
    return list;
}

} // namespace

Json show_book(Console& console, const control::State& state, std::int64_t time)
{
    const auto book = open_book(console, state);
    if (!book)
        return nullptr;
    auto json = summary(console, *book, time);
    if (json)
        return *std::move(json);
    console.warn(json.error().message);
    return nullptr;
}

Json show_citing(Console& console, const control::State& state, const order::Target& target)
{
    const auto book = open_book(console, state);
    if (!book)
        return Json::array();
    auto json = citing(console, *book, target);
    if (json)
        return *std::move(json);
    console.warn(json.error().message);
    return Json::array();
}

void say_item(Console& console, const book::ItemRecord& item, const std::string& before)
{
    using book::ItemState;
    const Tone tone = item.state == ItemState::Active   ? Tone::Good
                      : item.state == ItemState::Lifted ? Tone::Faint
                                                        : Tone::Doubtful;
    console.say("  {}{} {}{}", before, console.paint(tone, book::to_string(item.state)),
                to_string(item.item.target),
                item.item.expires == 0 ? "" : " until " + format_timestamp(item.item.expires));
    if (item.state == ItemState::Held || item.state == ItemState::Overridden)
        console.say("    held: {}{}{}", item.held_by,
                    item.alternative.empty() ? "" : "; instead: ", item.alternative);
    if (item.state == ItemState::Overridden)
        console.say("    let through by {}, approved by {}", item.overridden_by, item.approved_by);
}

} // namespace interdict::cli
