// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "cli/acting.h"
#include "cli/book_view.h"
#include "cli/client.h"
#include "cli/order_commands.h"

namespace interdict::cli {

namespace {

struct OverrideOptions {
    std::string id;
    std::string target;
    ActOptions act;
};

struct DecideOptions {
    std::string number;
    ActOptions act;
    EnforceOptions enforce;
};

struct ListOptions {
    bool all = false;
};

Result<std::int64_t> parse_number(const std::string& text)
{
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    if (const auto [stop, error] = std::from_chars(text.data(), end, number);
        error != std::errc{} || stop != end || number < 1)
        return fail("\"{}\" is not the number of a proposal; see: interdict order proposals", text);
    return number;
}

Result<Exit> propose_override(Session& session, const OverrideOptions& options)
{
    if (options.act.reason.empty())
        return fail("an override needs a reason: --reason TEXT");
    if (const auto daemon = Client::of(session))
        return daemon->take(fmt::format("/orders/{}/override", url_part(options.id)),
                            {{"target", options.target}}, options.act);
    INTERDICT_TRY(auto acting, Acting::begin(session, options.act, {.guard = {}, .no_apply = true}));
    return acting.tell(acting.steps().propose_override(options.id, options.target));
}

Result<Exit> decide(Session& session, const DecideOptions& options, bool approve)
{
    INTERDICT_TRY(const auto number, parse_number(options.number));
    if (const auto daemon = Client::of(session)) {
        if (approve)
            INTERDICT_CHECK(Client::allow(options.enforce));
        return daemon->take(fmt::format("/proposals/{}/{}", number, approve ? "approve" : "reject"), {},
                            options.act);
    }
    INTERDICT_TRY(auto acting, Acting::begin(session, options.act, options.enforce));
    return approve ? acting.take(acting.steps().approve(number)) : acting.tell(acting.steps().reject(number));
}

Result<Exit> show_proposals(Session& session, const ListOptions& options)
{
    INTERDICT_TRY(const auto json,
                  ask(session, fmt::format("/proposals?all={}", options.all),
                      [&](const book::Book& book) { return daemon::proposals_json(book, options.all); }));
    const auto proposals = json.value("proposals", Json::array());
    for (const auto& proposal : proposals) {
        const auto reason = text_of(proposal, "reason");
        session.console.say(
            "{}: {} {} under order {}, proposed by {} at {}{}{}", integer_of(proposal, "number"),
            text_of(proposal, "kind"), text_of(proposal, "target"), text_of(proposal, "order"),
            text_of(proposal, "proposer"), text_of(proposal, "proposed"), reason.empty() ? "" : ": ", reason);
        if (const auto of = text_of(proposal, "of"); !of.empty())
            session.console.say("  follows on {}", of);
        if (const auto evidence = proposal.value("evidence", Json()); evidence.is_structured())
            session.console.say("  evidence {}", text_of(evidence));
        else if (const auto text = text_of(proposal, "evidence"); !text.empty())
            session.console.say("  evidence {}", text);
        if (const auto state = text_of(proposal, "state"); state != "open")
            session.console.say("  {} by {} at {}", state, text_of(proposal, "decider"),
                                text_of(proposal, "decided"));
    }
    if (proposals.empty())
        session.console.say("nothing is proposed");
    session.console.put(json);
    return Exit::Ok;
}

void declare_decision(CommandLine& line, bool approve, const char* name, const char* summary,
                      const char* details, const char* examples)
{
    const auto options = std::make_shared<DecideOptions>();
    auto command = line.add(name, summary, details, examples, [options, approve](Session& session) {
        return decide(session, *options, approve);
    });
    command.argument("N", options->number, "the proposal");
    add_options(command, options->act);
    if (approve)
        add_options(command, options->enforce);
    else
        options->enforce.no_apply = true;
}

} // namespace

void add_order_decisions(CommandLine& line)
{
    const auto override = std::make_shared<OverrideOptions>();
    auto command = line.add(
        "order override", "propose to let a held target through",
        "The guard holds it for the reason that `order show` gives. A second person approves or rejects; "
        "both "
        "are\njournalled.",
        "interdict order override it-milano-2022-dns 192.0.2.7 --reason \"exclusive use, see annex 2\"",
        [override](Session& session) { return propose_override(session, *override); });
    command.argument("ID", override->id, "the order").argument("TARGET", override->target, "its held target");
    add_options(command, override->act);

    const auto list = std::make_shared<ListOptions>();
    line.add("order proposals", "what is proposed and waits for a person",
             "Overrides of held targets; successors, suspensions and lifts that were found under dynamic "
             "orders.",
             "interdict order proposals\n"
             "interdict order proposals --all --json",
             [list](Session& session) { return show_proposals(session, *list); })
        .flag("--all", list->all, "also what is decided");

    declare_decision(line, true, "order approve", "carry out a proposal of somebody else",
                     "It is live and proven when the command returns. The proposer cannot approve.",
                     "interdict order approve 3 --reason \"seen by counsel\"");
    declare_decision(line, false, "order reject", "turn a proposal down", "",
                     "interdict order reject 3 --reason \"still shared with others\"");
}

} // namespace interdict::cli
