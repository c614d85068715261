// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "evidence/report.h"

namespace interdict::evidence {

namespace {

using Json = nlohmann::ordered_json;

Json time_json(std::int64_t time) { return time == 0 ? Json() : Json(format_timestamp(time)); }

// Absent where there is nothing to say.
void set(Json& json, const char* key, const std::string& text)
{
    if (!text.empty())
        json[key] = text;
}

Json count_json(const DayCount& count, unsigned means = ~0u)
{
    Json channels = Json::object();
    for (unsigned channel = 0; channel < INTERDICT_CHANNEL_MAX; ++channel)
        if (means & INTERDICT_MEANS(channel))
            channels[std::string(order::channel_name(channel))] = count.channel[channel];
    return {{"packets", count.packets}, {"bytes", count.bytes}, {"channels", std::move(channels)}};
}

Json order_json(const book::OrderRecord& record)
{
    const auto& order = record.order;
    Json means = Json::array();
    for (unsigned channel = 0; channel < INTERDICT_CHANNEL_MAX; ++channel)
        if (order.means & INTERDICT_MEANS(channel))
            means.push_back(order::channel_name(channel));
    Json json = {{"id", order.id},
                 {"kind", to_string(order.kind)},
                 {"authority", order.authority},
                 {"reference", order.reference},
                 {"jurisdiction", order.jurisdiction},
                 {"status", to_string(order.status)},
                 {"mode", to_string(order.mode)},
                 {"issued", format_timestamp(order.issued).substr(0, 10)},
                 {"effective", time_json(order.effective)},
                 {"expires", time_json(order.expires)},
                 {"comply_by", time_json(deadline(order, record.received))},
                 {"means", std::move(means)},
                 {"scope", order.scope},
                 {"dynamic", order.dynamic},
                 {"origin", record.origin},
                 {"received", time_json(record.received)},
                 {"changed", time_json(record.changed)}};
    json["document"] = nullptr;
    if (order.document)
        json["document"] = {{"sha256", order.document->sha256}, {"uri", order.document->uri}};
    json["exempt"] = Json::array();
    for (const auto& exempt : order.exempt)
        json["exempt"].push_back(to_string(exempt));
    return json;
}

Json item_json(const book::ItemRecord& item)
{
    Json json = {{"target", to_string(item.item.target)},
                 {"state", to_string(item.state)},
                 {"received", time_json(item.received)}};
    if (item.item.expires != 0)
        json["expires"] = time_json(item.item.expires);
    if (item.lifted != 0)
        json["lifted"] = time_json(item.lifted);
    set(json, "held_by", item.held_by);
    set(json, "alternative", item.alternative);
    set(json, "overridden_by", item.overridden_by);
    set(json, "approved_by", item.approved_by);
    set(json, "successor_of", item.successor_of);
    set(json, "ticket", item.ticket);
    return json;
}

Json delivery_json(const book::Delivery& delivery, std::int64_t now)
{
    static constexpr const char* kWords[] = {"no-deadline", "met", "missed", "open", "overdue"};
    const auto state = standing(delivery, now);
    return {{"change", delivery.change},
            {"generation", delivery.generation},
            {"imported", time_json(delivery.imported)},
            {"staged", time_json(delivery.staged)},
            {"published", time_json(delivery.published)},
            {"proven", time_json(delivery.proven)},
            {"due", time_json(delivery.due)},
            {"deadline", kWords[static_cast<std::size_t>(state.what)]},
            {"seconds", state.what == Timeliness::NoDeadline ? Json() : Json(state.seconds)}};
}

Json days_json(const Report& report)
{
    Json days = Json::array();
    for (const auto& [day, count] : report.days) {
        Json json = count_json(count);
        json["day"] = day;
        days.push_back(std::move(json));
    }
    return days;
}

Json outside_json(const Report& report)
{
    Json live = Json::array();
    for (const auto& one : report.live) {
        Json json = {{"target", one.target}};
        json.update(count_json(one.count, one.means));
        json["last_seen"] = time_json(one.last_seen);
        live.push_back(std::move(json));
    }
    Json collateral = Json::array();
    for (const auto& one : report.collateral)
        collateral.push_back({{"target", one.target}, {"distinct_names", one.names}, {"error", one.error}});
    Json quarantined = Json::array();
    for (const auto& one : report.quarantined)
        quarantined.push_back({{"value", one.value}, {"reason", one.reason}, {"nearest", one.nearest}});
    return {{"live", report.plane ? std::move(live) : Json()},
            {"collateral", std::move(collateral)},
            {"quarantined", std::move(quarantined)}};
}

} // namespace

void write_json(const Report& report, Output& out)
{
    Json items = Json::array();
    for (const auto& item : report.items)
        items.push_back(item_json(item));
    Json deliveries = Json::array();
    for (const auto& delivery : report.deliveries)
        deliveries.push_back(delivery_json(delivery, report.made));
    Json history = Json::array();
    for (const auto& step : report.history) {
        Json json = {
            {"sequence", step.sequence}, {"time", step.time}, {"actor", step.actor}, {"step", step.step}};
        set(json, "reason", step.reason);
        set(json, "document", step.document);
        history.push_back(std::move(json));
    }
    Json json = {{"made", format_timestamp(report.made)},
                 {"statement", statement(report)},
                 {"order", order_json(report.record)},
                 {"targets", std::move(items)},
                 {"deliveries", std::move(deliveries)},
                 {"total", count_json(report.total)},
                 {"days", days_json(report)}};
    json.update(outside_json(report));
    json["history"] = std::move(history);
    json["journal"] = {{"sequence", report.head_sequence}, {"hash", report.head_hash}};
    out.text(json.dump(2, ' ', false, Json::error_handler_t::replace));
    out.text("\n");
}

} // namespace interdict::evidence
