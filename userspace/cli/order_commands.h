// SPDX-License-Identifier: Apache-2.0
//
// order_commands.h: the commands of `interdict order`, by what they are about.
#pragma once

#include "book/book.h"
#include "cli/command.h"

namespace interdict::cli {

// From the daemon if one runs, else from the book. path: behind "/v1".
[[nodiscard]] Result<Json> ask(Session& session, const std::string& path,
                               const std::function<Result<Json>(const book::Book&)>& read);

void add_order_intake(CommandLine& line);    // add, vary
void add_order_steps(CommandLine& line);     // activate, stay, final, lift, expire
void add_order_decisions(CommandLine& line); // override, proposals, approve, reject
void add_order_lists(CommandLine& line);     // list, show, history
void add_order_due(CommandLine& line);       // due

} // namespace interdict::cli
