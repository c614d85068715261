// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "daemon/daemon.h"

namespace interdict::cli {

void add_serve(CommandLine& line)
{
    const auto config = std::make_shared<std::string>(daemon::kConfigFile);
    line.add("serve", "be the daemon, in the foreground: the same as interdictd",
             "Adopts the plane that is up or brings one up, answers on its socket, and carries out the order "
             "book.\n"
             "SIGHUP reads the configuration again, SIGTERM ends it. The filter goes on without it; "
             "`interdict down`\n"
             "is what ends that. docs/daemon.md has every key of the configuration.",
             "interdict serve\n"
             "interdict serve --config trial.json",
             [config](Session&) -> Result<Exit> {
                 return daemon::run_daemon(*config) == 0 ? Exit::Ok : Exit::Error;
             })
        .value("--config", *config, fmt::format("FILE [{}]", daemon::kConfigFile),
               "the daemon's configuration");
}

} // namespace interdict::cli
