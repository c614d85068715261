// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "cli/book_view.h"
#include "cli/commands.h"
#include "cli/health.h"
#include "control/state.h"
#include "daemon/status_json.h"
#include "image/image.h"
#include "plane/live.h"
#include "plane/plane.h"

namespace interdict::cli {

namespace {

struct OrderState {
    std::size_t rules = 0;
    std::int64_t next_expiry = 0; // 0 = none ahead
};

std::vector<OrderState> order_states(const ruleset::Ruleset& rules, std::int64_t time)
{
    std::vector<OrderState> states(rules.orders.size());
    for (const auto& rule : rules.rules) {
        const auto end = static_cast<std::int64_t>(rule.record.not_after);
        for (const auto index : rule.orders) {
            ++states[index].rules;
            auto& next = states[index].next_expiry;
            if (end > time && (next == 0 || end < next))
                next = end;
        }
    }
    return states;
}

class Status {
public:
    Status(Session& session, const plane::Plane& plane)
        : session_(session), console_(session.console), plane_(plane), state_(session.globals.state)
    {
    }

    Result<Exit> run();

private:
    Result<void> generation();
    Result<void> interfaces();
    void stages();
    void channels();
    Result<void> totals();
    void orders();

    Session& session_;
    Console& console_;
    const plane::Plane& plane_;
    const control::State state_;
    std::optional<interdict_generation> live_;
    std::optional<ruleset::Ruleset> rules_;
    Json json_ = {{"up", true}};
};

Result<Exit> Status::run()
{
    INTERDICT_CHECK(generation());
    json_["observe"] = plane_.observe();
    json_["encapsulations"] = encapsulations_text(plane_.maps().control().encapsulations);
    if (plane_.observe())
        console_.say("{}",
                     console_.paint(Tone::Doubtful, "dry run: everything is judged and counted, nothing is "
                                                    "blocked; end it: interdict up --enforce"));
    console_.say("encapsulations: {}", json_["encapsulations"].get<std::string>());
    json_["quic_budget"] = plane_.maps().control().quic_budget;
    console_.say("QUIC: at most {} Initials decrypted on each CPU in a second",
                 plane_.maps().control().quic_budget);
    INTERDICT_CHECK(interfaces());
    stages();
    channels();
    orders();
    INTERDICT_CHECK(totals());
    json_["book"] = show_book(console_, state_, now());
    INTERDICT_TRY(const auto degraded, faults(plane_, state_));
    json_["degraded"] = degraded;
    console_.put(json_);
    for (const auto& fault : degraded)
        console_.warn(fault);
    return degraded.empty() ? Exit::Ok : Exit::Degraded;
}

Result<void> Status::generation()
{
    live_ = plane_.generation();
    json_["generation"] = nullptr;
    if (!live_) {
        console_.say("no generation is live, everything passes; apply orders: interdict apply FILE...");
        return {};
    }
    auto found = state_.rules(*live_);
    if (!found)
        console_.warn(found.error().message);
    else
        rules_ = *std::move(found);
    const std::string published = format_timestamp(static_cast<std::int64_t>(live_->published));
    json_["generation"] = daemon::generation_json(*live_);
    json_["generation"]["rules"] = rules_ ? Json(rules_->rules.size()) : Json();
    console_.say("{}, published {}",
                 console_.paint(Tone::Strong, fmt::format("generation {}", live_->number)), published);
    console_.say("  digest {}", control::digest_text(*live_));
    console_.say("  {} on {} (limit {})",
                 rules_ ? counted(rules_->rules.size(), "rule") : std::string("an unknown number of rules"),
                 counted(live_->targets, "target"), image::Capacity{}.max_targets);
    if (!rules_)
        console_.warn(fmt::format("{} has no file of the live generation's rules; apply the orders again",
                                  session_.globals.state.string()));
    return {};
}

Result<void> Status::interfaces()
{
    INTERDICT_TRY(const auto found, plane_.interfaces());
    json_["interfaces"] = daemon::interfaces_json(found);
    if (found.empty())
        console_.say("no interface: interdict up --iface NAME:subscriber");
    for (const auto& [attachment, role] : found) {
        const char* mode = attachment.generic ? "generic" : "native";
        const char* means = attachment.means == plane::Means::Dispatcher ? "dispatcher" : "link";
        const bool gone = attachment.ifindex == 0;
        console_.say("interface {}: {}", attachment.interface,
                     gone                   ? console_.paint(Tone::Bad, "gone")
                     : !attachment.attached ? console_.paint(Tone::Bad, "not attached")
                                            : fmt::format("{}, {} mode, {}", role_text(role), mode, means));
        if (attachment.attached && attachment.generic)
            console_.warn(
                fmt::format("{}: GENERIC mode, several times slower than native", attachment.interface));
    }
    return {};
}

void Status::stages()
{
    json_["stages"] = daemon::stages_json(plane_);
    for (const auto& stage : plane_.programs().stages())
        console_.say("stage {}: {}", stage.name,
                     stage.loaded ? std::string("loaded") : console_.paint(Tone::Bad, "missing"));
}

// By which means a name can be blocked here, whatever the orders say.
void Status::channels()
{
    const auto states = channel_states(plane_, state_);
    json_["channels"] = daemon::channels_json(states);
    for (unsigned channel = 0; channel < INTERDICT_CHANNEL_MAX; ++channel) {
        const auto& [inspected, reason] = states[channel];
        console_.say("channel {}: {}{}{}", order::channel_name(channel),
                     inspected ? std::string("inspected") : console_.paint(Tone::Bad, "not inspected"),
                     reason.empty() ? ""
                     : inspected    ? ", "
                                    : ": ",
                     reason);
    }
}

void Status::orders()
{
    json_["orders"] = Json::array();
    if (!rules_)
        return;
    const auto states = order_states(*rules_, now());
    for (std::size_t i = 0; i < states.size(); ++i) {
        const auto& order = rules_->orders[i];
        const auto& [rules, next] = states[i];
        json_["orders"].push_back(
            {{"id", order.id},
             {"authority", order.authority},
             {"reference", order.reference},
             {"status", order::to_string(order.status)},
             {"mode", order::to_string(order.mode)},
             {"rules", rules},
             {"expires", order.expires == 0 ? Json() : Json(format_timestamp(order.expires))},
             {"next_expiry", next == 0 ? Json() : Json(format_timestamp(next))}});
        console_.say("order {}: {}, {}{}{}", order.id, order::to_string(order.status), counted(rules, "rule"),
                     order.mode == order::Mode::Observe ? ", observed only" : "",
                     next == 0 ? std::string(", no expiry ahead")
                               : ", next expiry " + format_timestamp(next));
    }
}

Result<void> Status::totals()
{
    INTERDICT_TRY(const auto found, plane::read_totals(plane_.maps()));
    json_["totals"] = daemon::totals_json(found);
    for (std::size_t i = 0; i < INTERDICT_TOTAL_MAX; ++i)
        if (found.value[i] != 0)
            console_.say("{:>14}  {}: {}", found.value[i], plane::kTotals[i].json, plane::kTotals[i].help);
    return {};
}

} // namespace

void add_status(CommandLine& line)
{
    line.add("status", "what is live, where, and what it has done",
             "The live generation, interfaces, stages, orders with their next expiry, and totals by reason. "
             "The exit\n"
             "code is 2 if an interface is gone or a stage is missing, 1 if nothing is up.",
             "interdict status\n"
             "interdict status --json | jq .generation.number",
             [](Session& session) -> Result<Exit> {
                 INTERDICT_TRY(const auto plane,
                               plane::Plane::adopt(session.globals.pins, plane::Access::Read));
                 return Status(session, plane).run();
             });
}

} // namespace interdict::cli
