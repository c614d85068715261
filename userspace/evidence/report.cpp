// SPDX-License-Identifier: Apache-2.0
#include "evidence/report.h"

#include <array>
#include <limits>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/json.h"

namespace interdict::evidence {

namespace {

using Json = nlohmann::ordered_json;

void add(DayCount& sum, const book::CountRecord& count)
{
    sum.packets += count.packets;
    sum.bytes += count.bytes;
    for (unsigned channel = 0; channel < INTERDICT_CHANNEL_MAX; ++channel)
        sum.channel[channel] += count.channel[channel];
}

Step step_of(const book::JournalEntry& entry)
{
    const Json record = Json::parse(entry.record, nullptr, false);
    Step step{.sequence = entry.sequence, .time = {}, .actor = {}, .step = {}, .reason = {}, .document = {}};
    if (!record.is_object())
        return step;
    step.time = text_of(record, "time");
    step.actor = text_of(record, "actor");
    step.step = text_of(record, "step");
    step.reason = text_of(record, "reason");
    step.document = text_of(record, "document");
    return step;
}

} // namespace

Result<Report> gather(const book::Book& book, std::string_view order, std::int64_t now)
{
    INTERDICT_TRY(auto record, book.orders().find(order));
    if (!record)
        return fail("the book has no order \"{}\"; see: interdict order list", order);
    Report report{.made = now,
                  .record = *std::move(record),
                  .items = {},
                  .deliveries = {},
                  .days = {},
                  .history = {},
                  .head_hash = std::string(64, '0')};
    INTERDICT_TRY(report.items, book.orders().items(order));
    INTERDICT_TRY(report.deliveries, book.facts().deliveries(order));
    INTERDICT_TRY(const auto counts, book.counts().of(order, 0, std::numeric_limits<std::int64_t>::max()));
    for (const auto& count : counts) {
        add(report.days[format_timestamp(count.hour).substr(0, 10)], count);
        add(report.total, count);
    }
    INTERDICT_TRY(const auto history, book.journal().history(order));
    for (const auto& entry : history)
        report.history.push_back(step_of(entry));
    INTERDICT_TRY(report.head_sequence, book.journal().last());
    INTERDICT_CHECK(
        book.journal().each(report.head_sequence, [&](const book::JournalEntry& entry) -> Result<void> {
            if (entry.sequence == report.head_sequence)
                report.head_hash = entry.hash;
            return {};
        }));
    return report;
}

Standing standing(const book::Delivery& delivery, std::int64_t now)
{
    if (delivery.due == 0)
        return {};
    if (delivery.proven != 0)
        return delivery.proven <= delivery.due ? Standing{Timeliness::Met, delivery.due - delivery.proven}
                                               : Standing{Timeliness::Missed, delivery.proven - delivery.due};
    return now <= delivery.due ? Standing{Timeliness::Open, delivery.due - now}
                               : Standing{Timeliness::Overdue, now - delivery.due};
}

std::string to_string(const Standing& standing)
{
    switch (standing.what) {
    case Timeliness::NoDeadline:
        return "no deadline";
    case Timeliness::Met:
        return fmt::format("met, {} before the deadline", span_text(standing.seconds));
    case Timeliness::Missed:
        return fmt::format("missed by {}", span_text(standing.seconds));
    case Timeliness::Open:
        return fmt::format("not proven yet, {} left", span_text(standing.seconds));
    case Timeliness::Overdue:
        return fmt::format("not proven, overdue by {}", span_text(standing.seconds));
    }
    return {};
}

std::string span_text(std::int64_t seconds)
{
    struct Unit {
        std::int64_t seconds;
        std::string_view name;
    };
    static constexpr std::array kUnits = {Unit{86'400, "d"}, Unit{3'600, "h"}, Unit{60, "min"}, Unit{1, "s"}};
    std::string text;
    for (std::size_t i = 0; i < kUnits.size(); ++i) {
        if (seconds < kUnits[i].seconds)
            continue;
        text = fmt::format("{} {}", seconds / kUnits[i].seconds, kUnits[i].name);
        const auto rest = seconds % kUnits[i].seconds;
        if (i + 1 < kUnits.size() && rest >= kUnits[i + 1].seconds)
            text += fmt::format(" {} {}", rest / kUnits[i + 1].seconds, kUnits[i + 1].name);
        return text;
    }
    return "0 s";
}

std::string statement(const Report& report)
{
    const auto& order = report.record.order;
    std::string text;
    if (!order::gives_rules(order.status))
        text =
            fmt::format("The order is {}: at present nothing is blocked under it.", to_string(order.status));
    else if (order.expires != 0 && order.expires <= report.made)
        text = "The order has expired: nothing is blocked under it any more.";
    else if (order.effective > report.made)
        text = "The order is not in effect yet: nothing is blocked under it.";
    else if (order.mode == order::Mode::Observe)
        text = "The order is observed: requests for its targets are counted and pass.";
    else
        text = "Access from this network to the active targets listed here is restricted.";
    return text + " The sites themselves are not changed by it and may be reachable from elsewhere and by "
                  "other means. Numbers are of packets and rules; no subscriber is recorded.";
}

} // namespace interdict::evidence
