// SPDX-License-Identifier: Apache-2.0
#include "cli/book_view.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/json.h"
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

void say_item(Console& console, const Json& item, const std::string& before)
{
    const auto state = text_of(item, "state");
    const Tone tone = state == "active" ? Tone::Good : state == "lifted" ? Tone::Faint : Tone::Doubtful;
    const auto end = text_of(item, "expires");
    console.say("  {}{} {}{}", before, console.paint(tone, state), text_of(item, "target"),
                end.empty() ? "" : " until " + end);
    const auto alternative = text_of(item, "alternative");
    if (state == "held" || state == "overridden")
        console.say("    held: {}{}{}", text_of(item, "held_by"),
                    alternative.empty() ? "" : "; instead: ", alternative);
    if (state == "overridden")
        console.say("    let through by {}, approved by {}", text_of(item, "overridden_by"),
                    text_of(item, "approved_by"));
}

} // namespace interdict::cli
