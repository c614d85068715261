// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include <nlohmann/json.hpp>

#include "cli/acting.h"
#include "cli/client.h"
#include "cli/commands.h"

namespace interdict::cli {

namespace {

constexpr std::size_t kShown = 20;

struct Options {
    std::string generation;
    ActOptions act;
    EnforceOptions enforce;
};

Result<std::uint64_t> parse_generation(const std::string& text)
{
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    if (const auto [stop, error] = std::from_chars(text.data(), end, number);
        error != std::errc{} || stop != end || number == 0)
        return fail("\"{}\" is not the number of a generation; see: interdict status", text);
    return number;
}

// What is not live now, of what was then and of what is in force.
void show_left(Console& console, const Json& json)
{
    const Json gone = json.value("gone", Json::array());
    for (std::size_t i = 0; i < std::min(gone.size(), kShown); ++i)
        console.warn(
            fmt::format("not brought back, no order in force names it: {}", gone[i].get<std::string>()));
    if (const auto all = gone.size() + json.value("unlisted", std::size_t{0}); all > kShown)
        console.warn(fmt::format("nor {} more", all - kShown));
    if (const auto left_out = json.value("left_out", std::size_t{0}); left_out != 0)
        console.warn(fmt::format("{} in force will not be live until the book is published again (any order "
                                 "step, interdict apply): stay or lift what must not come back",
                                 counted(left_out, "target")));
}

Result<Exit> rollback(Session& session, const Options& options)
{
    INTERDICT_TRY(const auto number, parse_generation(options.generation));
    const auto show = [&session](const Json& json) { show_left(session.console, json); };
    if (const auto daemon = Client::of(session)) {
        INTERDICT_CHECK(Client::allow(options.enforce));
        return daemon->take("/rollback", {{"to", std::to_string(number)}}, options.act, {}, "POST", show);
    }
    INTERDICT_TRY(auto acting, Acting::begin(session, options.act, options.enforce));
    if (!acting.edge().up())
        return fail("no plane is up at {}; there is nothing to roll back", session.globals.pins.string());
    return acting.take(acting.steps().roll_back(number), show);
}

} // namespace

void add_rollback(CommandLine& line)
{
    const auto options = std::make_shared<Options>();
    auto command = line.add(
        "rollback", "publish again what an earlier generation had",
        "Under the next number, and as far as the book still orders it: what was lifted, stayed, expired or "
        "held since\n"
        "does not come back, and means, scopes and dates are those of today. The last ten generations are "
        "kept. The\n"
        "book stays as it is: the next order step or `apply` publishes all of it again.",
        "interdict rollback 41 --reason \"generation 42 blocks the tax office\"\n"
        "interdict rollback --json 41 | jq .gone",
        [options](Session& session) { return rollback(session, *options); });
    command.argument("GENERATION", options->generation, "its number");
    add_options(command, options->act);
    command.value("--guard", options->enforce.guard, "FILE [guard.json in the state directory]",
                  "what may never be blocked");
}

} // namespace interdict::cli
