// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/order_commands.h"
#include "control/state.h"

namespace interdict::cli {

Result<Json> ask(Session& session, const std::string& path,
                 const std::function<Result<Json>(const book::Book&)>& read)
{
    if (const auto daemon = Client::of(session))
        return daemon->get("/v1" + path);
    INTERDICT_TRY(const auto book,
                  book::Book::open(control::State(session.globals.state).book(), book::Access::Read));
    return read(book);
}

void add_order(CommandLine& line)
{
    line.group("order", "the order book: what was ordered, by whom, until when, and every step since");
    add_order_intake(line);
    add_order_lists(line);
    add_order_steps(line);
    add_order_decisions(line);
    add_order_due(line);
}

} // namespace interdict::cli
