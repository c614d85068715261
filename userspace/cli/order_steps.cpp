// SPDX-License-Identifier: Apache-2.0
#include "cli/acting.h"
#include "cli/client.h"
#include "cli/order_commands.h"

namespace interdict::cli {

namespace {

struct Options {
    std::string id;
    std::string target;
    ActOptions act;
    EnforceOptions enforce;
};

Result<Exit> take_step(Session& session, const Options& options, order::Status to)
{
    if (const auto daemon = Client::of(session)) {
        INTERDICT_CHECK(Client::allow(options.enforce));
        Client::Query query;
        if (!options.target.empty())
            query.emplace_back("target", options.target);
        return daemon->take(fmt::format("/orders/{}/{}", url_part(options.id), control::step_name(to)), query,
                            options.act);
    }
    INTERDICT_TRY(auto acting, Acting::begin(session, options.act, options.enforce));
    const auto steps = acting.steps();
    return acting.take(options.target.empty() ? steps.set_status(options.id, to)
                                              : steps.lift_target(options.id, options.target));
}

void declare(CommandLine& line, order::Status to, const char* summary, const char* details,
             const std::string& examples)
{
    const auto options = std::make_shared<Options>();
    auto command = line.add(fmt::format("order {}", control::step_name(to)), summary, details, examples,
                            [options, to](Session& session) { return take_step(session, *options, to); });
    command.argument("ID", options->id, "the order");
    if (to == order::Status::Lifted)
        command.value("--target", options->target, "NAME|PREFIX", "lift only this target of the order");
    add_options(command, options->act);
    add_options(command, options->enforce);
}

} // namespace

void add_order_steps(CommandLine& line)
{
    declare(line, order::Status::Active, "put a draft or a stayed order into force",
            "Its rules are live and proven when the command returns.",
            "interdict order activate it-milano-2022-dns");
    declare(line, order::Status::Stayed, "suspend an order until it is activated again",
            "Its rules go at once. Targets that other orders name stay blocked.",
            "interdict order stay it-milano-2022-dns --document stay.pdf");
    declare(line, order::Status::Final, "note that an order can no longer be appealed",
            "Its rules stay as they are.", "interdict order final it-milano-2022-dns");
    declare(line, order::Status::Lifted, "end an order, or one target of it",
            "Its targets pass when the command returns, unless another order names them; the last counts of "
            "their\n"
            "rules are archived. An order that is lifted stays in the book and cannot come back.",
            "interdict order lift it-milano-2022-dns --reason \"revoked\" --document revocation.pdf\n"
            "interdict order lift it-milano-2022-dns --target www.example.org\n"
            "interdict order lift --json it-milano-2022-dns | jq .ms");
    declare(line, order::Status::Expired, "note that an order has run out",
            "The kernel ends rules at their expiry by itself; this writes it into the book and frees their "
            "place.",
            "interdict order expire it-milano-2022-dns");
}

} // namespace interdict::cli
