// SPDX-License-Identifier: Apache-2.0
#include "daemon/status_json.h"

#include <algorithm>

#include "base/clock.h"
#include "control/deadlines.h"
#include "daemon/health.h"
#include "daemon/order_json.h"
#include "daemon/words.h"
#include "image/image.h"
#include "plane/counts.h"

namespace interdict::daemon {

namespace {

Json generation_json(const plane::Plane& plane)
{
    const auto live = plane.generation();
    if (!live)
        return nullptr;
    return {{"number", live->number},
            {"digest", control::digest_text(*live)},
            {"published", format_timestamp(static_cast<std::int64_t>(live->published))},
            {"targets", {{"used", live->targets}, {"limit", image::Capacity{}.max_targets}}}};
}

Json channels_json(const plane::Plane& plane, const control::State& state)
{
    Json json = Json::object();
    const auto states = channel_states(plane, state);
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

Result<Json> book_json(const book::Book& book, std::int64_t time)
{
    INTERDICT_TRY(const auto orders, book.orders().all(false));
    INTERDICT_TRY(const auto proposals, book.proposals().all(book::ProposalState::Open));
    INTERDICT_TRY(const auto deadlines, control::deadlines(book, time));
    std::size_t held = 0;
    for (const auto& record : orders)
        held += record.held;
    using State = control::Deadline::State;
    const auto running = std::ranges::find(deadlines, State::Running, &control::Deadline::state);
    return Json{
        {"orders", orders.size()},
        {"in_force", std::ranges::count_if(
                         orders, [](const auto& record) { return order::gives_rules(record.order.status); })},
        {"held", held},
        {"proposals", proposals.size()},
        {"overdue", std::ranges::count(deadlines, State::Overdue, &control::Deadline::state)},
        {"next_deadline", running == deadlines.end() ? Json() : time_json(running->delivery.due)}};
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

Result<Json> totals_json(const plane::Plane& plane)
{
    INTERDICT_TRY(const auto totals, plane::read_totals(plane.maps()));
    Json json = Json::object();
    for (std::size_t i = 0; i < INTERDICT_TOTAL_MAX; ++i)
        if (totals.value[i] != 0)
            json[std::string(plane::kTotals[i].json)] = totals.value[i];
    return json;
}

Json status_json(Desk& desk, std::int64_t time)
{
    Json json = {{"up", desk.edge().up()}};
    auto degraded = desk.faults();
    if (desk.edge().up()) {
        const auto& plane = desk.edge().plane();
        json["generation"] = generation_json(plane);
        json["observe"] = plane.observe();
        json["encapsulations"] = encapsulations_text(plane.maps().control().encapsulations);
        json["quic_budget"] = plane.maps().control().quic_budget;
        const auto interfaces = plane.interfaces();
        json["interfaces"] = interfaces ? interfaces_json(*interfaces) : Json::array();
        json["stages"] = stages_json(plane);
        json["channels"] = channels_json(plane, desk.state());
        auto totals = totals_json(plane);
        json["totals"] = totals ? *std::move(totals) : Json::object();
    }
    auto book = book_json(desk.book(), time);
    if (!book)
        degraded.push_back(book.error().message);
    json["book"] = book ? *std::move(book) : Json();
    json["degraded"] = degraded;
    json["time"] = format_timestamp(time);
    return json;
}

} // namespace interdict::daemon
