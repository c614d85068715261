// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "cli/acting.h"
#include "cli/client.h"
#include "cli/order_commands.h"
#include "control/review.h"
#include "daemon/targets.h"

namespace interdict::cli {

namespace {

struct Options {
    std::string id;
    std::string target;
    ActOptions act;
    EnforceOptions enforce;
};

struct StepInfo {
    const char* name;
    order::Status to;
    const char* done;
};

Result<Report> lift_target(Acting& acting, const Options& options, const order::Target& target)
{
    INTERDICT_CHECK(acting.book().orders().lift_item(options.id, target, acting.act()));
    return Report{.sentence = fmt::format("order {}: {} lifted", options.id, to_string(target)),
                  .json = {{"step", "lift"}, {"order", options.id}, {"target", to_string(target)}},
                  .held = {}};
}

Result<Report> step_order(Acting& acting, const Options& options, const StepInfo& step)
{
    INTERDICT_CHECK(acting.book().orders().step(options.id, step.to, acting.act()));
    Report report{.sentence = fmt::format("order {}: {}", options.id, step.done),
                  .json = {{"step", step.name}, {"order", options.id}, {"status", order::to_string(step.to)}},
                  .held = {}};
    if (!order::gives_rules(step.to))
        return report;
    // Lists have changed since it came: what comes into force is judged as if it came now.
    INTERDICT_TRY(auto record, acting.book().orders().find(options.id));
    std::vector<order::Order> orders{std::move(record->order)};
    INTERDICT_TRY(const auto review, control::Review::make(acting.book(), acting.guard(), orders));
    INTERDICT_CHECK(review.write(acting.book(), acting.act()));
    report.held = review.held();
    report.nothing_new = orders.front().targets.empty();
    return report;
}

// Nothing if there is no such order, which the step will say.
Result<control::Reach> reach_of(Acting& acting, const Options& options, const StepInfo& step)
{
    control::Reach reach{.targets = {}, .unbounded = {}, .status = std::pair(options.id, step.to)};
    INTERDICT_TRY(const auto record, acting.book().orders().find(options.id));
    if (record)
        for (const auto& item : record->order.targets)
            reach.targets.push_back(item.target);
    return reach;
}

Result<Exit> take_step(Session& session, const Options& options, const StepInfo& step)
{
    if (const auto daemon = Client::of(session)) {
        INTERDICT_CHECK(Client::allow(options.enforce));
        Client::Query query;
        if (!options.target.empty())
            query.emplace_back("target", options.target);
        return daemon->take(fmt::format("/orders/{}/{}", url_part(options.id), step.name), query,
                            options.act);
    }
    INTERDICT_TRY(auto acting, Acting::begin(session, options.act, options.enforce));
    if (!options.target.empty()) {
        INTERDICT_TRY(const auto target, daemon::find_target(acting.book(), options.id, options.target));
        return acting.at_once({.targets = {target}, .unbounded = {}},
                              [&] { return lift_target(acting, options, target); });
    }
    INTERDICT_TRY(auto reach, reach_of(acting, options, step));
    const auto taken = [&] { return step_order(acting, options, step); };
    return order::gives_rules(step.to) ? acting.carefully(std::move(reach), taken)
                                       : acting.at_once(std::move(reach), taken);
}

void declare(CommandLine& line, const StepInfo& step, const char* summary, const char* details,
             const std::string& examples)
{
    const auto options = std::make_shared<Options>();
    auto command = line.add(fmt::format("order {}", step.name), summary, details, examples,
                            [options, step](Session& session) { return take_step(session, *options, step); });
    command.argument("ID", options->id, "the order");
    if (step.to == order::Status::Lifted)
        command.value("--target", options->target, "NAME|PREFIX", "lift only this target of the order");
    add_options(command, options->act);
    add_options(command, options->enforce);
}

} // namespace

void add_order_steps(CommandLine& line)
{
    declare(line, {"activate", order::Status::Active, "active"}, "put a draft or a stayed order into force",
            "Its rules are live and proven when the command returns.",
            "interdict order activate it-milano-2022-dns");
    declare(line, {"stay", order::Status::Stayed, "stayed"}, "suspend an order until it is activated again",
            "Its rules go at once. Targets that other orders name stay blocked.",
            "interdict order stay it-milano-2022-dns --document stay.pdf");
    declare(line, {"final", order::Status::Final, "final"}, "note that an order can no longer be appealed",
            "Its rules stay as they are.", "interdict order final it-milano-2022-dns");
    declare(line, {"lift", order::Status::Lifted, "lifted"}, "end an order, or one target of it",
            "Its targets pass when the command returns, unless another order names them; the last counts of "
            "their\n"
            "rules are archived. An order that is lifted stays in the book and cannot come back.",
            "interdict order lift it-milano-2022-dns --reason \"revoked\" --document revocation.pdf\n"
            "interdict order lift it-milano-2022-dns --target www.example.org\n"
            "interdict order lift --json it-milano-2022-dns | jq .ms");
    declare(line, {"expire", order::Status::Expired, "expired"}, "note that an order has run out",
            "The kernel ends rules at their expiry by itself; this writes it into the book and frees their "
            "place.",
            "interdict order expire it-milano-2022-dns");
}

} // namespace interdict::cli
