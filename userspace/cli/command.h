// SPDX-License-Identifier: Apache-2.0
//
// command.h: the command line: what every command declares and how it is run.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/console.h"
#include "maps/pins.h"

namespace CLI {
class App;
}

namespace interdict::cli {

// What the process returns.
enum class Exit : int {
    Ok = 0,
    Error = 1,    // nothing was changed, or what was asked for is not so
    Degraded = 2, // done or filtering, but not everywhere: an interface is gone, a stage is missing
    Refused = 3,  // by the guard
};

// Options that every command takes, before or after its name.
struct Globals {
    std::filesystem::path pins = INTERDICT_PIN_PATH;
    std::filesystem::path state = "/var/lib/interdict";
    std::filesystem::path socket = "/run/interdict/interdict.sock";
    bool direct = false;
    bool json = false;
    bool verbose = false;
};

// What a running command has at hand.
struct Session {
    const Globals& globals;
    Console& console;
    std::string denied{}; // a daemon is there and does not answer this user: what to do
};

using Action = std::function<Result<Exit>(Session&)>;

// One command's options. What they write to must live until the action has run.
class Command {
public:
    explicit Command(CLI::App& app) : app_(app) {}

    Command& flag(const std::string& names, bool& target, const std::string& help);
    // placeholder: how the value is called in the help, e.g. "FILE".
    Command& value(const std::string& names, std::string& target, const std::string& placeholder,
                   const std::string& help);
    Command& number(const std::string& names, unsigned& target, unsigned least, unsigned most,
                    const std::string& help);
    Command& real(const std::string& names, double& target, double least, double most,
                  const std::string& help);
    Command& choice(const std::string& names, std::string& target, const std::vector<std::string>& choices,
                    const std::string& help);
    // One value each time it is given.
    Command& list(const std::string& names, std::vector<std::string>& target, const std::string& placeholder,
                  const std::string& help, bool required = false);
    Command& arguments(const std::string& name, std::vector<std::string>& target, const std::string& help,
                       bool required = true);
    Command& argument(const std::string& name, std::string& target, const std::string& help);

private:
    CLI::App& app_;
};

class CommandLine {
public:
    CommandLine();
    ~CommandLine();
    CommandLine(const CommandLine&) = delete;
    CommandLine& operator=(const CommandLine&) = delete;

    // The first word of commands of two words; before any of them is added.
    void group(const std::string& name, const std::string& summary);

    // name: "check", or "guard check" in a group. examples: one command a line, without indentation.
    Command add(const std::string& name, const std::string& summary, const std::string& details,
                const std::string& examples, Action action);

    [[nodiscard]] int run(int argc, char** argv);

private:
    [[nodiscard]] int act(const Action& action);
    // What was called, as far as it is known: " guard check".
    [[nodiscard]] std::string called() const;

    Globals globals_;
    std::unique_ptr<CLI::App> app_;
    std::vector<std::pair<CLI::App*, Action>> actions_;
};

} // namespace interdict::cli
