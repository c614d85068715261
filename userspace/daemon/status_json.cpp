// SPDX-License-Identifier: Apache-2.0
#include "daemon/status_json.h"

#include <span>

#include "base/clock.h"
#include "base/json.h"
#include "control/deadlines.h"
#include "daemon/health.h"
#include "daemon/words.h"
#include "image/image.h"
#include "plane/counts.h"

namespace interdict::daemon {

namespace {

Json generation_json(const interdict_generation& live)
{
    return {{"number", live.number},
            {"digest", control::digest_text(live)},
            {"published", format_timestamp(static_cast<std::int64_t>(live.published))},
            {"targets", {{"used", live.targets}, {"limit", image::Capacity{}.max_targets}}}};
}

Json channels_json(std::span<const ChannelState, INTERDICT_CHANNEL_MAX> states)
{
    Json json = Json::object();
    for (unsigned channel = 0; channel < INTERDICT_CHANNEL_MAX; ++channel) {
        auto& one = json[std::string(order::channel_name(channel))];
        one = {{"inspected", states[channel].inspected}};
        if (!states[channel].reason.empty())
            one["reason"] = states[channel].reason;
    }
    return json;
}

Json stages_json(const plane::Plane& plane)
{
    Json list = Json::array();
    for (const auto& stage : plane.programs().stages()) {
        list.push_back({{"name", stage.name}, {"loaded", stage.loaded}});
        if (!stage.reason.empty())
            list.back()["reason"] = stage.reason;
    }
    return list;
}

Json book_json(const control::Overview& book)
{
    return {{"orders", book.orders},
            {"in_force", book.in_force},
            {"held", book.held},
            {"proposals", book.proposals},
            {"overdue", book.overdue},
            {"next_deadline", book.next ? time_json(book.next->delivery.due) : Json()},
            {"next_order", book.next ? Json(book.next->delivery.order) : Json()}};
}

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

} // namespace

Json interfaces_json(const std::vector<plane::InterfaceState>& interfaces)
{
    Json list = Json::array();
    for (const auto& [attachment, role] : interfaces)
        list.push_back({{"name", attachment.interface},
                        {"role", role_text(role)},
                        {"gone", attachment.ifindex == 0},
                        {"attached", attachment.attached},
                        {"mode", !attachment.attached ? Json()
                                 : attachment.generic ? Json("generic")
                                                      : Json("native")},
                        {"attach", attachment.means == plane::Means::Dispatcher ? "dispatcher" : "link"}});
    return list;
}

Json totals_json(const interdict_totals& totals)
{
    Json json = Json::object();
    for (std::size_t i = 0; i < INTERDICT_TOTAL_MAX; ++i)
        if (totals.value[i] != 0)
            json[std::string(plane::kTotals[i].json)] = totals.value[i];
    return json;
}

Result<Json> feeds_json(const book::Book& book, const Json& schedule, std::int64_t time)
{
    INTERDICT_TRY(const auto states, book.feeds().all());
    Json left = schedule;
    Json list = Json::array();
    const auto add = [&](Json json) {
        const auto plan = left.find(text_of(json, "name"));
        json["next"] = plan == left.end() ? Json() : (*plan)["next"];
        json["fetching"] = plan != left.end() && (*plan)["fetching"].get<bool>();
        if (plan != left.end())
            left.erase(plan);
        list.push_back(std::move(json));
    };
    for (const auto& state : states)
        add({{"name", state.name},
             {"format", state.format},
             {"fetched", time_json(state.fetched)},
             {"age", state.fetched == 0 ? Json() : Json(time - state.fetched)},
             {"entries", state.entries},
             {"failed", time_json(state.failed)},
             {"failure", state.failure}});
    const Json never = left;
    for (const auto& [name, plan] : never.items()) // fetched
        add({{"name", name},
             {"format", plan["format"]},
             {"fetched", nullptr},
             {"age", nullptr},
             {"entries", 0},
             {"failed", nullptr},
             {"failure", ""}});
    return list;
}

Json status_json(Subject subject, std::int64_t time)
{
    auto& degraded = subject.degraded;
    Json json = {{"up", subject.plane != nullptr}};
    if (subject.plane) {
        const auto& plane = *subject.plane;
        const auto live = plane.generation();
        json["generation"] = live ? generation_json(*live) : Json();
        json["observe"] = plane.observe();
        json["encapsulations"] = encapsulations_text(plane.maps().control().encapsulations);
        json["quic_budget"] = plane.maps().control().quic_budget;
        const auto interfaces = plane.interfaces();
        json["interfaces"] = interfaces ? interfaces_json(*interfaces) : Json::array();
        json["stages"] = stages_json(plane);
        json["channels"] = channels_json(channel_states(plane, subject.state));
        const auto totals = plane::read_totals(plane.maps());
        if (!totals)
            degraded.push_back(totals.error().message);
        json["totals"] = totals ? totals_json(*totals) : Json::object();
    }
    json["book"] = nullptr;
    if (subject.book) {
        if (const auto book = control::overview(*subject.book, time))
            json["book"] = book_json(*book);
        else
            degraded.push_back(book.error().message);
    }
    json["degraded"] = degraded;
    json["time"] = format_timestamp(time);
    return json;
}

void add_orders(Json& status, const control::State& state, std::int64_t time)
{
    auto& orders = status["orders"] = Json::array();
    const auto live = status.find("generation");
    if (live == status.end() || live->is_null())
        return;
    const auto rules = state.rules(text_of(*live, "digest"));
    (*live)["rules"] = rules && *rules ? Json((*rules)->rules.size()) : Json();
    if (!rules || !*rules) {
        status["degraded"].push_back(
            rules ? fmt::format("{} has no file of the live generation's rules; apply the orders again",
                                state.directory().string())
                  : rules.error().message);
        return;
    }
    const auto states = order_states(**rules, time);
    for (std::size_t i = 0; i < states.size(); ++i) {
        const auto& order = (*rules)->orders[i];
        orders.push_back({{"id", order.id},
                          {"authority", order.authority},
                          {"reference", order.reference},
                          {"status", order::to_string(order.status)},
                          {"mode", order::to_string(order.mode)},
                          {"rules", states[i].rules},
                          {"expires", time_json(order.expires)},
                          {"next_expiry", time_json(states[i].next_expiry)}});
    }
}

} // namespace interdict::daemon
