// SPDX-License-Identifier: Apache-2.0
#include "cli/acting.h"
#include "cli/client.h"
#include "cli/inputs.h"
#include "cli/order_commands.h"
#include "order/write.h"

namespace interdict::cli {

namespace {

constexpr char kOrigin[] = "cli";

enum class Step { Add, Vary };

struct Options {
    std::vector<std::string> files;
    bool partial = false;
    ActOptions act;
    EnforceOptions enforce;
};

Result<control::OrderList> read_orders(Session& session, const Options& options)
{
    auto inputs = read_inputs(options.files, {});
    show_problems(inputs, session.console);
    if (!inputs.ok() && (!options.partial || inputs.orders.orders.empty()))
        return fail("{}, nothing was taken; mend the files{}", counted(inputs.problems(), "problem"),
                    inputs.orders.orders.empty() ? "" : ", or take the rest with --accept-partial");
    const auto problems = inputs.problems();
    return control::OrderList{std::move(inputs.orders.orders), problems};
}

// Added all at once, or varied one after the other.
Result<Exit> hand_over(const Client& daemon, const Options& options, const std::vector<order::Order>& orders,
                       Step step)
{
    INTERDICT_CHECK(Client::allow(options.enforce));
    if (step == Step::Add)
        return daemon.take("/orders", {{"origin", kOrigin}}, options.act, order::write_orders(orders));
    Exit worst = Exit::Ok;
    for (const auto& order : orders) {
        INTERDICT_TRY(const auto code, daemon.take("/orders/" + url_part(order.id), {}, options.act,
                                                   order::write_orders({&order, 1}), "PUT"));
        worst = std::max(worst, code);
    }
    return worst;
}

Result<Exit> take(Session& session, const Options& options, Step step)
{
    INTERDICT_TRY(auto list, read_orders(session, options));
    const bool partial = list.problems != 0;
    if (const auto daemon = Client::of(session)) {
        INTERDICT_TRY(const auto code, hand_over(*daemon, options, list.orders, step));
        return code == Exit::Ok && partial ? Exit::Degraded : code;
    }
    INTERDICT_TRY(auto acting, Acting::begin(session, options.act, options.enforce));
    const auto steps = acting.steps();
    INTERDICT_TRY(const auto code, acting.take(step == Step::Add ? steps.add(std::move(list), kOrigin)
                                                                 : steps.vary(std::move(list))));
    return code == Exit::Ok && partial ? Exit::Degraded : code;
}

void declare(CommandLine& line, Step step, const char* name, const char* summary, const char* details,
             const char* examples)
{
    const auto options = std::make_shared<Options>();
    auto command = line.add(name, summary, details, examples,
                            [options, step](Session& session) { return take(session, *options, step); });
    command
        .flag("--accept-partial", options->partial,
              "take what is good of files that have problems; exit code 2")
        .arguments("FILE", options->files, "order files");
    add_options(command, options->act);
    add_options(command, options->enforce);
}

} // namespace

void add_order_intake(CommandLine& line)
{
    declare(line, Step::Add, "order add", "take orders into the book, and make them live",
            "Orders that are there already are refused, and then none is taken. Targets that the guard holds "
            "are kept\n"
            "as held and give no rule: exit code 2, or 3 if there is nothing else. An order with \"status\": "
            "\"draft\"\n"
            "waits for `order activate`.",
            "interdict order add milan.json --document ruling.pdf --reason \"served 9 May\"\n"
            "interdict order add --no-apply draft.json\n"
            "interdict order add --json milan.json | jq .ms.published");
    declare(line, Step::Vary, "order vary", "replace an order's fields and targets by those of a file",
            "What the file does not name any more is lifted, what is new is added, the rest goes on with its "
            "counters.",
            "interdict order vary milan-2.json --document ruling-2.pdf");
}

} // namespace interdict::cli
