// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "book/book.h"
#include "cli/book_view.h"
#include "cli/order_commands.h"
#include "control/deadlines.h"
#include "control/state.h"

namespace interdict::cli {

namespace {

Tone tone_of(const control::Deadline& deadline)
{
    switch (deadline.state) {
    case control::Deadline::State::Overdue:
    case control::Deadline::State::Missed:
        return Tone::Bad;
    case control::Deadline::State::Running:
        return Tone::Doubtful;
    }
    return Tone::Strong;
}

Result<Exit> due(Session& session)
{
    INTERDICT_TRY(const auto book,
                  book::Book::open(control::State(session.globals.state).book(), book::Access::Read));
    INTERDICT_TRY(const auto deadlines, control::deadlines(book, now()));
    Json list = Json::array();
    bool overdue = false;
    for (const auto& deadline : deadlines) {
        const auto& delivery = deadline.delivery;
        overdue |= deadline.state == control::Deadline::State::Overdue;
        list.push_back(daemon::deadline_json(deadline));
        session.console.say("{:<20}  {:<9} {:<12}  order {}, change {}: {}", format_timestamp(delivery.due),
                            session.console.paint(tone_of(deadline), control::to_string(deadline.state)),
                            control::countdown(deadline.left), delivery.order, delivery.change,
                            control::furthest(delivery));
    }
    if (deadlines.empty())
        session.console.say("no deadline is open, and none was missed");
    session.console.put({{"overdue", overdue}, {"deadlines", list}});
    return overdue ? Exit::Degraded : Exit::Ok;
}

} // namespace

void add_order_due(CommandLine& line)
{
    line.add(
        "order due", "deadlines that are open or were missed, the nearest first",
        "A deadline is `effective` and `comply_within` of an order; it is met when the change is proven on "
        "the live\n"
        "plane. Exit code 2 if something is overdue and still not proven.",
        "interdict order due\n"
        "interdict order due --json | jq '.deadlines[] | select(.state == \"running\") | .left'",
        due);
}

} // namespace interdict::cli
