// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "cli/order_commands.h"

namespace interdict::cli {

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
