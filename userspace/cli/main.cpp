// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

int main(int argc, char** argv)
{
    using namespace interdict::cli;
    CommandLine line;
    add_check(line);
    add_import(line);
    add_feed(line);
    add_up(line);
    add_apply(line);
    add_order(line);
    add_rollback(line);
    add_status(line);
    add_explain(line);
    add_top(line);
    add_watch(line);
    add_dynamic(line);
    add_export(line);
    add_report(line);
    add_audit(line);
    add_replay(line);
    add_down(line);
    add_serve(line);
    add_doctor(line);
    add_token(line);
    line.group("guard", "what may never be blocked, and what may not be blocked in this way");
    add_guard_check(line);
    add_guard_list(line);
    add_guard_explain(line);
    add_guard_suggest(line);
    return line.run(argc, argv);
}
