// SPDX-License-Identifier: Apache-2.0
#include "daemon/status_json.h"

#include "base/clock.h"
#include "daemon/order_json.h"
#include "daemon/words.h"
#include "image/image.h"
#include "plane/counts.h"

namespace interdict::daemon {

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
            {"next_deadline", book.next ? time_json(book.next->delivery.due) : Json()}};
}

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

Json status_json(Desk& desk, std::int64_t time)
{
    Json json = {{"up", desk.edge().up()}};
    auto degraded = desk.faults();
    if (desk.edge().up()) {
        const auto& plane = desk.edge().plane();
        const auto live = plane.generation();
        json["generation"] = live ? generation_json(*live) : Json();
        json["observe"] = plane.observe();
        json["encapsulations"] = encapsulations_text(plane.maps().control().encapsulations);
        json["quic_budget"] = plane.maps().control().quic_budget;
        const auto interfaces = plane.interfaces();
        json["interfaces"] = interfaces ? interfaces_json(*interfaces) : Json::array();
        json["stages"] = stages_json(plane);
        json["channels"] = channels_json(channel_states(plane, desk.state()));
        const auto totals = plane::read_totals(plane.maps());
        json["totals"] = totals ? totals_json(*totals) : Json::object();
    }
    const auto book = control::overview(desk.book(), time);
    if (!book)
        degraded.push_back(book.error().message);
    json["book"] = book ? book_json(*book) : Json();
    json["degraded"] = degraded;
    json["time"] = format_timestamp(time);
    return json;
}

} // namespace interdict::daemon
