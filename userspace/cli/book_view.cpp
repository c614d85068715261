// SPDX-License-Identifier: Apache-2.0
#include "cli/book_view.h"

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/json.h"
#include "control/deadlines.h"

namespace interdict::cli {

namespace {

std::uint64_t count_of(const Json& json, const char* key)
{
    return static_cast<std::uint64_t>(integer_of(json, key));
}

} // namespace

void say_book(Console& console, const Json& book, std::int64_t time)
{
    if (!book.is_object())
        return;
    console.say("book: {}, {} in force, {} held, {}", counted(count_of(book, "orders"), "order"),
                count_of(book, "in_force"), counted(count_of(book, "held"), "target"),
                counted(count_of(book, "proposals"), "open proposal"));
    if (const auto overdue = count_of(book, "overdue"); overdue != 0)
        console.say("  {}", console.paint(Tone::Bad, fmt::format("{} overdue; see: interdict order due",
                                                                 counted(overdue, "change"))));
    const auto next = text_of(book, "next_deadline");
    if (const auto due = parse_timestamp(next))
        console.say("  next deadline {}: order {}, {} left", next, text_of(book, "next_order"),
                    control::countdown(*due - time));
}

void say_feed(Console& console, const Json& feed)
{
    const auto next = text_of(feed, "next");
    const bool taken = !text_of(feed, "fetched").empty();
    const auto format = text_of(feed, "format");
    const auto entries = count_of(feed, "entries");
    console.say("feed {}{}: {}, {}", text_of(feed, "name"), format.empty() ? "" : " (" + format + ")",
                taken ? fmt::format("{} entr{}, {} old", entries, entries == 1 ? "y" : "ies",
                                    control::countdown(integer_of(feed, "age")))
                      : console.paint(Tone::Doubtful, "never taken"),
                feed.value("fetching", false) ? "is fetched now"
                : next.empty()                ? "not in the daemon's configuration"
                                              : "next fetch " + next);
    if (const auto failed = text_of(feed, "failed"); !failed.empty())
        console.say("  {}",
                    console.paint(Tone::Bad, fmt::format("failed {}: {}", failed, text_of(feed, "failure"))));
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
