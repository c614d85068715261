// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

#include <sstream>

#include <CLI/CLI.hpp>

namespace interdict::cli {

namespace {

constexpr char kVersion[] = "interdict " INTERDICT_VERSION;

constexpr char kSummary[] =
    "Carries out court blocking orders at the network edge, exactly and with a counter "
    "for each rule.";

constexpr char kFooter[] = R"(Examples:
  interdict check orders/*.json
  interdict up --iface eth0:subscriber --iface eth1:uplink
  interdict apply --dry-run orders/*.json
  interdict apply orders/*.json
  interdict status
  interdict explain www.example.org
  interdict top
  interdict down

`interdict COMMAND --help` says more about a command.
Exit codes: 0 ok, 1 error, 2 degraded (the last good state goes on), 3 refused by the guard.)";

void add_globals(CLI::App& app, Globals& globals)
{
    app.add_flag("--json", globals.json, "JSON on standard output")->group("Options of every command");
    app.add_flag("-v,--verbose", globals.verbose,
                 "more detail, also what libbpf and the kernel's verifier said")
        ->group("Options of every command");
    app.add_option("--pin-path", globals.pins, "where the plane is pinned: a folder in a BPF file system")
        ->option_text("DIR [" INTERDICT_PIN_PATH "]")
        ->group("Options of every command");
    app.add_option("--state", globals.state, "where generations and last counts are kept")
        ->option_text("DIR [/var/lib/interdict]")
        ->group("Options of every command");
    app.add_option("--socket", globals.socket, "where the daemon answers; if it does, it takes the steps")
        ->option_text("FILE [/run/interdict/interdict.sock]")
        ->group("Options of every command");
    app.add_flag("--direct", globals.direct, "work on book and plane here, without the daemon")
        ->group("Options of every command");
}

std::string indented(const std::string& lines)
{
    std::istringstream in(lines);
    std::string line;
    std::string out;
    while (std::getline(in, line))
        out += "\n  " + line;
    return out;
}

std::vector<std::string> as_vector(int argc, char** argv)
{
    // CLI11 takes the last one first.
    std::vector<std::string> arguments(argv + 1, argv + argc);
    std::reverse(arguments.begin(), arguments.end());
    return arguments;
}

} // namespace

Command& Command::flag(const std::string& names, bool& target, const std::string& help)
{
    app_.add_flag(names, target, help);
    return *this;
}

Command& Command::value(const std::string& names, std::string& target, const std::string& placeholder,
                        const std::string& help)
{
    app_.add_option(names, target, help)->option_text(placeholder);
    return *this;
}

Command& Command::number(const std::string& names, unsigned& target, unsigned least, unsigned most,
                         const std::string& help)
{
    app_.add_option(names, target, help)
        ->check(CLI::Range(least, most))
        ->option_text(fmt::format("N [{}]", target));
    return *this;
}

Command& Command::real(const std::string& names, double& target, double least, double most,
                       const std::string& help)
{
    app_.add_option(names, target, help)
        ->check(CLI::Range(least, most))
        ->option_text(fmt::format("S [{}]", target));
    return *this;
}

Command& Command::choice(const std::string& names, std::string& target,
                         const std::vector<std::string>& choices, const std::string& help)
{
    app_.add_option(names, target, help)
        ->check(CLI::IsMember(choices))
        ->option_text(fmt::format("{} [{}]", fmt::join(choices, "|"), target));
    return *this;
}

Command& Command::list(const std::string& names, std::vector<std::string>& target,
                       const std::string& placeholder, const std::string& help, bool required)
{
    app_.add_option(names, target, help)
        ->required(required)
        ->allow_extra_args(false)
        ->option_text(placeholder + (required ? " (required, may be repeated)" : " (may be repeated)"));
    return *this;
}

Command& Command::arguments(const std::string& name, std::vector<std::string>& target,
                            const std::string& help, bool required)
{
    app_.add_option(name, target, help)->required(required)->option_text("...");
    return *this;
}

Command& Command::argument(const std::string& name, std::string& target, const std::string& help)
{
    app_.add_option(name, target, help)->required()->option_text(" ");
    return *this;
}

CommandLine::CommandLine() : app_(std::make_unique<CLI::App>(kSummary, "interdict"))
{
    app_->set_version_flag("--version", kVersion);
    app_->footer(kFooter);
    app_->require_subcommand(1);
    add_globals(*app_, globals_);
    app_->get_formatter()->column_width(34);
}

CommandLine::~CommandLine() = default;

void CommandLine::group(const std::string& name, const std::string& summary)
{
    CLI::App* group = app_->add_subcommand(name, summary);
    group->require_subcommand(1);
    group->footer(fmt::format("`interdict {} COMMAND --help` says more about a command.", name));
    add_globals(*group, globals_);
}

Command CommandLine::add(const std::string& name, const std::string& summary, const std::string& details,
                         const std::string& examples, Action action)
{
    const auto space = name.find(' ');
    CLI::App* parent = space == name.npos ? app_.get() : app_->get_subcommand(name.substr(0, space));
    CLI::App* command = parent->add_subcommand(name.substr(space == name.npos ? 0 : space + 1), summary);
    command->footer((details.empty() ? std::string() : details + "\n\n") + "Examples:" + indented(examples));
    add_globals(*command, globals_);
    actions_.emplace_back(command, std::move(action));
    return Command(*command);
}

int CommandLine::run(int argc, char** argv)
{
    try {
        app_->parse(as_vector(argc, argv));
    } catch (const CLI::Success& done) { // --help, --version
        return app_->exit(done);
    } catch (const CLI::ParseError& error) {
        Console(globals_.json).error({fmt::format("{}; see: interdict{} --help", error.what(), called()), 0});
        return static_cast<int>(Exit::Error);
    }
    for (const auto& [command, action] : actions_)
        if (command->parsed())
            return act(action);
    return static_cast<int>(Exit::Error);
}

std::string CommandLine::called() const
{
    std::string name;
    for (auto used = app_->get_subcommands(); !used.empty(); used = used.front()->get_subcommands())
        name += " " + used.front()->get_name();
    return name;
}

int CommandLine::act(const Action& action)
{
    Console console(globals_.json);
    Session session{globals_, console};
    const auto done = action(session);
    if (!done) {
        auto error = done.error();
        if (!session.denied.empty())
            error.message = fmt::format("{}; without it: {}", session.denied, error.message);
        console.error(error);
        return static_cast<int>(Exit::Error);
    }
    return static_cast<int>(*done);
}

} // namespace interdict::cli
