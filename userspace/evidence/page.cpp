// SPDX-License-Identifier: Apache-2.0
#include "evidence/page.h"

#include <algorithm>
#include <array>

#include <fmt/ranges.h>

#include "base/clock.h"

namespace interdict::evidence {

namespace {

using Row = std::vector<Cell>;

std::string time_or(std::int64_t time, std::string_view otherwise)
{
    return time == 0 ? std::string(otherwise) : format_timestamp(time);
}

Cell time_cell(std::int64_t time, std::string_view otherwise = "-")
{
    return {time_or(time, otherwise), time == 0 ? Mark::None : Mark::Time};
}

// 1234567 as "1 234 567", so that a column of them can be read.
std::string number_text(std::uint64_t number)
{
    const std::string digits = fmt::to_string(number);
    std::string text;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i != 0 && (digits.size() - i) % 3 == 0)
            text += ' ';
        text += digits[i];
    }
    return text;
}

Mark mark_of(Timeliness what)
{
    switch (what) {
    case Timeliness::Met:
        return Mark::Good;
    case Timeliness::Missed:
    case Timeliness::Overdue:
        return Mark::Bad;
    case Timeliness::Open:
        return Mark::Doubtful;
    case Timeliness::NoDeadline:
        return Mark::None;
    }
    return Mark::None;
}

Section basis(const Report& report)
{
    const auto& order = report.record.order;
    Section section{.title = "Legal basis"};
    const auto fact = [&](const char* name, std::string text, Mark mark = Mark::None) {
        if (!text.empty())
            section.facts.emplace_back(name, Cell{std::move(text), mark});
    };
    std::vector<std::string_view> means;
    for (unsigned channel = 0; channel < INTERDICT_CHANNEL_MAX; ++channel)
        if (order.means & INTERDICT_MEANS(channel))
            means.push_back(order::channel_name(channel));
    const bool works = order::gives_rules(order.status);
    fact("Authority", order.authority);
    fact("Reference", order.reference);
    fact("Kind", order.kind == order::Kind::CourtOrder ? "court order" : "administrative order");
    fact("Jurisdiction", order.jurisdiction);
    fact("State", std::string(to_string(order.status)), works ? Mark::Good : Mark::Doubtful);
    fact("Mode", order.mode == order::Mode::Observe ? "observe: counted, not blocked" : "enforce",
         order.mode == order::Mode::Observe ? Mark::Doubtful : Mark::None);
    fact("Issued", format_timestamp(order.issued).substr(0, 10));
    fact("In effect from", time_or(order.effective, ""));
    fact("Until", time_or(order.expires, "no end"));
    fact("Deadline", order.comply_within ? format_timestamp(deadline(order, report.record.received)) + " (" +
                                               span_text(*order.comply_within) + ")"
                                         : "none");
    fact("Means", fmt::format("{}", fmt::join(means, ", ")));
    fact("Where", order.scope.empty() ? "everywhere" : fmt::format("{}", fmt::join(order.scope, ", ")));
    fact("Successors", order.dynamic ? "may be proposed; a person approves each" : "");
    if (order.document) {
        fact("Instrument", order.document->uri);
        fact("SHA-256 of it", order.document->sha256, Mark::Code);
    }
    fact("Received", time_or(report.record.received, "unknown") +
                         (report.record.origin.empty() ? "" : ", " + report.record.origin));
    std::vector<std::string> exempt;
    for (const auto& name : order.exempt)
        exempt.push_back(to_string(name));
    fact("Exempt", fmt::format("{}", fmt::join(exempt, ", ")));
    return section;
}

Section deliveries(const Report& report)
{
    Section section{.title = "Carried out"};
    section.paragraphs.push_back(
        "Each change of the order, from its receipt to the proof that the programs on the "
        "network's interfaces act on it. Only what is proven counts as done.");
    section.table.columns = {{"Change", true}, {"Received"}, {"Staged"}, {"Published"},
                             {"Proven"},       {"Deadline"}, {"Result"}, {"Generation", true}};
    for (const auto& delivery : report.deliveries) {
        const auto state = standing(delivery, report.made);
        section.table.rows.push_back(
            {{fmt::to_string(delivery.change)},
             time_cell(delivery.imported),
             time_cell(delivery.staged),
             time_cell(delivery.published),
             time_cell(delivery.proven),
             time_cell(delivery.due),
             {to_string(state), mark_of(state.what)},
             {delivery.generation == 0 ? "-" : fmt::to_string(delivery.generation)}});
    }
    if (section.table.rows.empty())
        section.paragraphs.emplace_back("Nothing had to be carried out yet.");
    return section;
}

// What needs a reader's eye first: held, then let through, then active, then lifted.
unsigned rank(book::ItemState state)
{
    switch (state) {
    case book::ItemState::Held:
        return 0;
    case book::ItemState::Overridden:
        return 1;
    case book::ItemState::Active:
        return 2;
    case book::ItemState::Lifted:
        return 3;
    }
    return 4;
}

Cell state_cell(const book::ItemRecord& item)
{
    switch (item.state) {
    case book::ItemState::Active:
        return {"active", Mark::Good};
    case book::ItemState::Held:
        return {"held", Mark::Doubtful};
    case book::ItemState::Overridden:
        return {"let through", Mark::Doubtful};
    case book::ItemState::Lifted:
        return {"lifted", Mark::None};
    }
    return {};
}

std::string remarks(const book::ItemRecord& item)
{
    std::vector<std::string> parts;
    if (!item.held_by.empty())
        parts.push_back(item.held_by);
    if (!item.alternative.empty())
        parts.push_back("instead: " + item.alternative);
    if (!item.overridden_by.empty() || !item.approved_by.empty())
        parts.push_back(fmt::format("proposed by {}, approved by {}", item.overridden_by, item.approved_by));
    if (!item.successor_of.empty())
        parts.push_back("successor of " + item.successor_of);
    if (!item.ticket.empty())
        parts.push_back("ticket " + item.ticket);
    if (item.item.expires != 0)
        parts.push_back("ends " + format_timestamp(item.item.expires));
    if (item.lifted != 0)
        parts.push_back("lifted " + format_timestamp(item.lifted));
    return fmt::format("{}", fmt::join(parts, "; "));
}

Section targets(const Report& report, std::size_t limit)
{
    Section section{.title = "Targets"};
    std::array<std::size_t, 5> counts{};
    std::vector<const book::ItemRecord*> items;
    for (const auto& item : report.items) {
        ++counts[rank(item.state)];
        items.push_back(&item);
    }
    std::ranges::stable_sort(items, {}, [](const auto* item) { return rank(item->state); });
    section.paragraphs.push_back(
        fmt::format("{} active, {} held by the guard, {} let through by two persons, {} "
                    "lifted, {} set aside because they could not be read.",
                    counts[2], counts[0], counts[1], counts[3], report.quarantined.size()));
    section.table.columns = {{"Target"}, {"State"}, {"Received"}, {"Remarks"}};
    for (const auto& one : report.quarantined) {
        if (section.table.rows.size() == limit)
            break;
        section.table.rows.push_back(
            {{one.value, Mark::Code},
             {"set aside", Mark::Bad},
             {"-"},
             {one.nearest.empty() ? one.reason : one.reason + "; near: " + one.nearest}});
    }
    for (const auto* item : items) {
        if (section.table.rows.size() == limit)
            break;
        section.table.rows.push_back({{to_string(item->item.target), Mark::Code},
                                      state_cell(*item),
                                      time_cell(item->received),
                                      {remarks(*item)}});
    }
    if (const auto all = items.size() + report.quarantined.size(); all > limit)
        section.table.note = fmt::format("{} more in the JSON report", all - limit);
    return section;
}

void add_count_columns(Table& table)
{
    for (unsigned channel = 0; channel < INTERDICT_CHANNEL_MAX; ++channel)
        table.columns.push_back({std::string(order::channel_name(channel)), true});
    table.columns.push_back({"Packets", true});
    table.columns.push_back({"Bytes", true});
}

// means: a channel that is none of them has no number.
void add_count(Row& row, const DayCount& count, unsigned means = ~0u)
{
    for (unsigned channel = 0; channel < INTERDICT_CHANNEL_MAX; ++channel)
        row.push_back({means & INTERDICT_MEANS(channel) ? number_text(count.channel[channel]) : "-"});
    row.push_back({number_text(count.packets)});
    row.push_back({number_text(count.bytes)});
}

Section counters(const Report& report)
{
    Section section{.title = "Counters"};
    section.table.columns = {{"Day (UTC)"}};
    add_count_columns(section.table);
    const auto row = [&](std::string day, const DayCount& count) {
        Row cells{{std::move(day)}};
        add_count(cells, count);
        section.table.rows.push_back(std::move(cells));
    };
    for (const auto& [day, count] : report.days)
        row(day, count);
    if (report.days.empty())
        section.paragraphs.emplace_back("Nothing was counted yet.");
    else
        row("Total", report.total);
    return section;
}

Section live(const Report& report)
{
    Section section{.title = "Counters in the kernel"};
    section.paragraphs.emplace_back(
        "Since each rule was made, as read when this report was; the days above are "
        "archived from them.");
    section.table.columns = {{"Target"}};
    add_count_columns(section.table);
    section.table.columns.push_back({"Last"});
    for (const auto& one : report.live) {
        Row row{{one.target, Mark::Code}};
        add_count(row, one.count, one.means);
        row.push_back(time_cell(one.last_seen, "never"));
        section.table.rows.push_back(std::move(row));
    }
    return section;
}

Section collateral(const Report& report)
{
    Section section{.title = "Measured collateral"};
    section.paragraphs.emplace_back(
        "Distinct host names seen behind an address: the sites that a block of the "
        "whole address would take with it.");
    section.table.columns = {{"Address"}, {"Names", true}, {"Error", true}};
    for (const auto& one : report.collateral)
        section.table.rows.push_back({{one.target, Mark::Code},
                                      {number_text(one.names)},
                                      {fmt::format("± {:.1f} %", 100 * one.error)}});
    return section;
}

Section history(const Report& report)
{
    Section section{.title = "Steps"};
    section.table.columns = {{"No.", true}, {"Time"}, {"Step"}, {"By"}, {"Reason"}, {"Instrument"}};
    for (const auto& step : report.history)
        section.table.rows.push_back({{fmt::to_string(step.sequence)},
                                      {step.time, Mark::Time},
                                      {step.step},
                                      {step.actor},
                                      {step.reason},
                                      {step.document, step.document.empty() ? Mark::None : Mark::Code}});
    return section;
}

} // namespace

Page compose(const Report& report, std::size_t rows)
{
    const auto& order = report.record.order;
    Page page{.title = fmt::format("Order {}", order.id),
              .subtitle = fmt::format("{}, {}", order.authority, order.reference),
              .lead = statement(report),
              .foot = {}};
    page.sections.push_back(basis(report));
    page.sections.push_back(deliveries(report));
    page.sections.push_back(targets(report, rows));
    page.sections.push_back(counters(report));
    if (!report.live.empty())
        page.sections.push_back(live(report));
    if (!report.collateral.empty())
        page.sections.push_back(collateral(report));
    page.sections.push_back(history(report));
    Section tie{.title = "Journal"};
    tie.paragraphs.emplace_back(
        "Every step is a line of a journal in which each line's hash includes the one "
        "before it. When this report was made, the journal ended with:");
    tie.facts = {{"Line", {fmt::to_string(report.head_sequence)}},
                 {"BLAKE2b-256", {report.head_hash, Mark::Code}},
                 {"To check",
                  {fmt::format("interdict audit verify --head {}:{}", report.head_sequence, report.head_hash),
                   Mark::Code}}};
    page.sections.push_back(std::move(tie));
    page.foot = fmt::format("Made by interdict, {}.", format_timestamp(report.made));
    return page;
}

} // namespace interdict::evidence
