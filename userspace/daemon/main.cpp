// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include <fmt/format.h>

#include "daemon/daemon.h"

namespace {

constexpr char kHelp[] = R"(usage: interdictd [--config FILE]

Keeps the filter, answers on its socket, and carries out what the order book says. It stays in the foreground;
SIGHUP reads the configuration again, SIGTERM ends it. The filter goes on whatever becomes of this process;
`interdict down` is what ends it.

  --config FILE  [/etc/interdict/interdict.json]; `interdict check --config FILE` checks one
  --version
  --help
)";

} // namespace

int main(int argc, char** argv)
{
    const char* config = interdict::daemon::kConfigFile;
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
            config = argv[++i];
        } else if (std::strcmp(argv[i], "--help") == 0) {
            fmt::print("{}", kHelp);
            return 0;
        } else if (std::strcmp(argv[i], "--version") == 0) {
            fmt::print("interdictd {}\n", INTERDICT_VERSION);
            return 0;
        } else {
            fmt::print(stderr, "interdictd: {}: no such option, or its value is missing; see --help\n",
                       argv[i]);
            return 1;
        }
    }
    return interdict::daemon::run_daemon(config);
}
