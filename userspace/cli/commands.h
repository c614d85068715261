// SPDX-License-Identifier: Apache-2.0
//
// commands.h: the commands, each in a file of its name.
#pragma once

#include "cli/command.h"

namespace interdict::cli {

void add_check(CommandLine& line);
void add_replay(CommandLine& line);
void add_import(CommandLine& line);
void add_feed(CommandLine& line);
void add_up(CommandLine& line);
void add_apply(CommandLine& line);
void add_order(CommandLine& line);
void add_rollback(CommandLine& line);
void add_serve(CommandLine& line);
void add_token(CommandLine& line);
void add_status(CommandLine& line);
void add_explain(CommandLine& line);
void add_top(CommandLine& line);
void add_watch(CommandLine& line);
void add_doctor(CommandLine& line);
void add_down(CommandLine& line);
void add_dynamic(CommandLine& line);
void add_guard_check(CommandLine& line);
void add_guard_list(CommandLine& line);
void add_guard_explain(CommandLine& line);
void add_guard_suggest(CommandLine& line);
void add_export(CommandLine& line);
void add_audit(CommandLine& line);
void add_report(CommandLine& line);

} // namespace interdict::cli
