// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/json.h"
#include "cli/order_commands.h"
#include "control/deadlines.h"
#include "daemon/order_json.h"

namespace interdict::cli {

namespace {

Result<Exit> due(Session& session)
{
    INTERDICT_TRY(const auto json, ask(session, "/due", [](const book::Book& book) {
                      return daemon::deadlines_json(book, now());
                  }));
    const auto deadlines = json.value("deadlines", Json::array());
    for (const auto& deadline : deadlines) {
        const auto state = text_of(deadline, "state");
        session.console.say("{:<20}  {:<9} {:<12}  order {}, change {}: {}", text_of(deadline, "due"),
                            session.console.paint(state == "running" ? Tone::Doubtful : Tone::Bad, state),
                            control::countdown(integer_of(deadline, "left")), text_of(deadline, "order"),
                            integer_of(deadline, "change"), text_of(deadline, "furthest"));
    }
    if (deadlines.empty())
        session.console.say("no deadline is open, and none was missed");
    session.console.put(json);
    return json.value("overdue", false) ? Exit::Degraded : Exit::Ok;
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
