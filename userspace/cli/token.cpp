// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "cli/commands.h"
#include "daemon/order_json.h"
#include "daemon/tokens.h"

namespace interdict::cli {

namespace {

constexpr char kFile[] = "/etc/interdict/tokens.json";

struct Options {
    std::string file = kFile;
    std::string name;
    std::string role = "read";
};

Result<daemon::Tokens> load_or_begin(const std::string& file)
{
    std::error_code ignored;
    return std::filesystem::exists(file, ignored) ? daemon::Tokens::load(file) : daemon::Tokens();
}

Result<Exit> add(Session& session, const Options& options)
{
    INTERDICT_TRY(auto tokens, load_or_begin(options.file));
    INTERDICT_TRY(const auto text, tokens.add(options.name, *daemon::role_named(options.role), now()));
    INTERDICT_CHECK(tokens.save(options.file));
    session.console.say("{}", text);
    session.console.put({{"name", options.name}, {"role", options.role}, {"token", text}});
    session.console.warn("this is shown once; the file has only its hash");
    return Exit::Ok;
}

Result<Exit> list(Session& session, const Options& options)
{
    INTERDICT_TRY(const auto tokens, load_or_begin(options.file));
    Json all = Json::array();
    for (const auto& token : tokens.all()) {
        session.console.say("{:<8} {} since {}", daemon::to_string(token.role), token.name,
                            format_timestamp(token.created));
        all.push_back({{"name", token.name},
                       {"role", daemon::to_string(token.role)},
                       {"created", daemon::time_json(token.created)}});
    }
    if (tokens.all().empty())
        session.console.say("no token");
    session.console.put({{"tokens", all}});
    return Exit::Ok;
}

Result<Exit> remove(Session& session, const Options& options)
{
    INTERDICT_TRY(auto tokens, daemon::Tokens::load(options.file));
    INTERDICT_CHECK(tokens.remove(options.name));
    INTERDICT_CHECK(tokens.save(options.file));
    session.console.say("token {} opens nothing any more", options.name);
    session.console.put({{"removed", options.name}});
    return Exit::Ok;
}

constexpr char kFileHelp[] = "the file that api.tcp.tokens of the configuration names";

} // namespace

void add_token(CommandLine& line)
{
    line.group("token", "who may use the daemon's API over TCP");
    const auto options = std::make_shared<Options>();
    const auto placeholder = fmt::format("FILE [{}]", kFile);
    line.add("token add", "make a token, and show it once",
             "A running daemon takes it at once. read: everything that changes nothing; operate: orders, "
             "feeds, "
             "applying;\napprove: deciding on proposals, rolling back, reloading.",
             "interdict token add noc\n"
             "interdict token add legal --role approve",
             [options](Session& session) { return add(session, *options); })
        .argument("NAME", options->name, "whose it is; the journal names it")
        .choice("--role", options->role, {"read", "operate", "approve"}, "what its holder may do")
        .value("--file", options->file, placeholder, kFileHelp);
    line.add("token list", "the tokens, without their texts, which nobody has", "", "interdict token list",
             [options](Session& session) { return list(session, *options); })
        .value("--file", options->file, placeholder, kFileHelp);
    line.add("token remove", "take a token away", "", "interdict token remove noc",
             [options](Session& session) { return remove(session, *options); })
        .argument("NAME", options->name, "whose it is")
        .value("--file", options->file, placeholder, kFileHelp);
}

} // namespace interdict::cli
