// SPDX-License-Identifier: Apache-2.0
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/json.h"
#include "cli/book_view.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "daemon/explain.h"
#include "order/order.h"
#include "order/problem.h"
#include "plane/sketches.h"

namespace interdict::cli {

namespace {

struct Options {
    std::string query;
    std::string channel = "all";
    std::string time;
};

bool is(const Json& json, const char* key) { return json.value(key, false); }

std::string joined(const Json& list)
{
    return fmt::format("{}", fmt::join(list.get<std::vector<std::string>>(), ", "));
}

// What a blocked user gets.
std::string effect_text(const Json& channel)
{
    const auto action = text_of(channel, "action");
    std::string text = action.empty() ? "" : ": " + action;
    if (const auto addresses = channel.find("addresses"); addresses != channel.end())
        text += fmt::format(" {}", fmt::join(addresses->get<std::vector<std::string>>(), " "));
    if (const auto ede = channel.find("ede"); ede != channel.end())
        text +=
            fmt::format(", EDE {} \"{}\"", (*ede)["code"].dump(), order::printable(text_of(*ede, "text")));
    if (channel.contains("notice"))
        text += fmt::format(", a 451 page of {} bytes", text_of(channel, "notice").size());
    if (const auto why = text_of(channel, "not_answered"); !why.empty())
        text += "; but dropped without an answer: " + why;
    return text;
}

void say_channel(Console& console, const std::string& name, const Json& channel)
{
    const auto reason = text_of(channel, "reason");
    console.say("  {}: {}{}{}{}{}", name, text_of(channel, "outcome"),
                channel.contains("rule") ? fmt::format(" by rule {}", channel["rule"].dump()) : "",
                is(channel, "conditional") ? ", under its conditions" : "", effect_text(channel),
                reason.empty() ? "" : ": " + reason);
}

// "tls 3, dns 4", if there is more than one.
std::string counts_text(const Json& channels)
{
    std::string text;
    if (channels.size() > 1)
        for (const auto& [channel, packets] : channels.items())
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", channel, packets.dump());
    return text;
}

void say_rule(Console& console, const Json& rule, bool is_name)
{
    const bool exempt = is(rule, "exempt");
    const auto target = text_of(rule, "target");
    console.say("rule {} on {}{}{}", rule["rule"].dump(),
                target.empty() ? "(unknown: not in the state directory)" : target,
                !target.empty() && is_name && is(rule, "subtree") ? " and below" : "",
                exempt                               ? ": exempt"
                : text_of(rule, "mode") == "observe" ? ": observed only"
                                                     : "");
    for (const auto& order : rule["orders"])
        console.say("  order {}: {}, {} ({})", text_of(order, "id"), text_of(order, "authority"),
                    text_of(order, "reference"), text_of(order, "jurisdiction"));
    std::string by;
    if (!exempt && rule.contains("actions"))
        for (const auto& [channel, action] : rule["actions"].items())
            by += fmt::format("{}{} ({})", by.empty() ? "" : ", ", channel, action.get<std::string>());
    console.say("  by {}", exempt ? joined(rule["means"]) : by);
    if (const auto only = text_of(rule, "only"); !only.empty())
        console.say("  only {}", only);
    if (!rule["scope"].empty())
        console.say("  only in scope {}", joined(rule["scope"]));
    const auto until = text_of(rule, "until");
    const auto from = text_of(rule, "from");
    console.say("  from {} {}", from.empty() ? format_timestamp(0) : from,
                until.empty()          ? "without an end"
                : is(rule, "in_force") ? "until " + until
                                       : "until " + until + ", not in force at that time");
    const auto counts = counts_text(rule["channels"]);
    const auto last = text_of(rule, "last_seen");
    console.say("  {} packets{}, {} bytes{}", rule["packets"].dump(),
                counts.empty() ? "" : " (" + counts + ")", rule["bytes"].dump(),
                last.empty() ? ", never seen" : ", last " + last);
    if (const auto names = rule.find("names_behind"); names != rule.end())
        console.say("  names seen behind it: about {} ± {:.1f} %", (*names)["estimate"].dump(),
                    plane::kSketchError * 100);
}

Result<Exit> show(Console& console, const Json& json)
{
    console.say("{} is {} by generation {}", console.paint(Tone::Strong, text_of(json, "query")),
                is(json, "blocked") ? console.paint(Tone::Bad, "blocked")
                                    : console.paint(Tone::Good, "not blocked"),
                json["generation"].dump());
    const auto& rules = json["rules"];
    if (!rules.empty())
        for (const auto& [name, channel] : json["channels"].items())
            say_channel(console, name, channel);
    if (is(json, "observe"))
        console.say("the whole plane is in observe mode: counted, not blocked");
    for (const auto& rule : rules)
        say_rule(console, rule, text_of(json, "kind") == "name");
    // What gives no rule: held, lifted, or of an order that is not in force.
    if (json["book"].is_null())
        console.warn("the book cannot be read; see: interdict audit verify");
    for (const auto& item : json["book"]) {
        const auto state = text_of(item, "state");
        const auto status = order::status_named(text_of(item, "status"));
        if ((state != "active" && state != "overridden") || !status || !order::gives_rules(*status))
            say_item(console, item,
                     fmt::format("order {}, {}: ", text_of(item, "order"), text_of(item, "status")));
    }
    const auto apart = text_of(json, "disagreement");
    if (!apart.empty())
        console.warn(apart);
    console.put(json);
    return apart.empty() ? Exit::Ok : Exit::Degraded;
}

Result<Exit> explain(Session& session, const Options& options)
{
    INTERDICT_TRY(const auto question, daemon::parse_question(options.query, options.channel, options.time));
    if (const auto daemon = Client::of(session)) {
        INTERDICT_TRY(const auto json,
                      daemon->get(fmt::format("/v1/explain?{}={}&channel={}&at={}",
                                              question.is_name ? "name" : "address", url_part(question.text),
                                              options.channel, url_part(options.time))));
        return show(session.console, json);
    }
    INTERDICT_TRY(const auto plane, plane::Plane::adopt(session.globals.pins, plane::Access::Read));
    INTERDICT_TRY(const auto json, daemon::explain(plane, control::State(session.globals.state), question));
    return show(session.console, json);
}

} // namespace

void add_explain(CommandLine& line)
{
    const auto options = std::make_shared<Options>();
    line.add(
            "explain", "is it blocked, by which rule, cited by which orders, until when",
            "Looks the name or address up in the live tables as the kernel does, longest match first, and "
            "reads the\n"
            "orders' texts from the state directory. A name shows every rule on it and on what it is below,\n"
            "exemptions too. Exit code 0 whether blocked or not; 2 if kernel and state directory disagree.",
            "interdict explain www.example.org\n"
            "interdict explain 192.0.2.7\n"
            "interdict explain www.example.org --channel tls --at 2027-01-01T00:00:00Z\n"
            "interdict explain --json www.example.org | jq .blocked",
            [options](Session& session) { return explain(session, *options); })
        .choice("--channel", options->channel, {"all", "address", "tls", "quic", "dns", "http"},
                "only this channel")
        .value("--at", options->time, "TIME", "at that time, e.g. 2027-01-01T00:00:00Z; default: now")
        .argument("NAME|ADDRESS", options->query, "a host name, an address or a prefix");
}

} // namespace interdict::cli
