// SPDX-License-Identifier: Apache-2.0
//
// report.h: what was done under one order, so that it can be shown to a court: what it ordered, when it was
// carried out against its deadline, what it has counted, what it left alone and why, and who took which step.
//
// Numbers are of rules and targets. No subscriber stands in a report, because none stands in the book.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "book/book.h"
#include "evidence/output.h"

namespace interdict::evidence {

// How many other sites an address carries: distinct names seen behind it by an observing rule.
struct Collateral {
    std::string target; // as text
    std::uint64_t names = 0;
    double error = 0; // relative standard error, 0.02 = two percent
};

// An item of the list that could not be taken as it stood.
struct Quarantined {
    std::string value;
    std::string reason;
    std::string nearest; // what it may have meant, may be empty
};

// A line of the journal about the order.
struct Step {
    std::int64_t sequence = 0;
    std::string time; // as the journal has it
    std::string actor;
    std::string step;
    std::string reason;
    std::string document;
};

struct DayCount {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    std::uint64_t channel[INTERDICT_CHANNEL_MAX]{};
};

// What one target has counted since its rule was made, as the kernel says it now.
struct LiveCount {
    std::string target;         // as text
    unsigned means = 0;         // INTERDICT_MEANS() bits: the channels that it can have been counted by
    DayCount count;             // its channels modulo 2^32
    std::int64_t last_seen = 0; // 0 = never
};

struct Report {
    std::int64_t made = 0;
    book::OrderRecord record;
    std::vector<book::ItemRecord> items; // of every state
    std::vector<book::Delivery> deliveries;
    std::map<std::string, DayCount> days; // by UTC day, "2026-01-31"
    DayCount total{};
    std::vector<Step> history;
    std::int64_t head_sequence = 0; // the journal when the report was made
    std::string head_hash;

    // From elsewhere, where there is anything.
    bool plane = false; // a plane is up: `live` is complete
    std::vector<LiveCount> live{};
    std::vector<Collateral> collateral{};
    std::vector<Quarantined> quarantined{};
};

// Everything that the book knows. Errors: no such order.
[[nodiscard]] Result<Report> gather(const book::Book& book, std::string_view order, std::int64_t now);

// How a delivery stands against its deadline at a time.
enum class Timeliness : std::uint8_t { NoDeadline, Met, Missed, Open, Overdue };

struct Standing {
    Timeliness what = Timeliness::NoDeadline;
    std::int64_t seconds = 0; // before the deadline or after it
};
[[nodiscard]] Standing standing(const book::Delivery& delivery, std::int64_t now);
[[nodiscard]] std::string to_string(const Standing& standing); // "met, 14 min 3 s before the deadline"

// "14 min 3 s", "2 d 4 h": the two largest units.
[[nodiscard]] std::string span_text(std::int64_t seconds);

// What the order does and does not do, for people.
[[nodiscard]] std::string statement(const Report& report);

// rows: at most so many targets are listed for people; JSON has all.
void write_json(const Report& report, Output& out);
void write_markdown(const Report& report, std::size_t rows, Output& out);
void write_html(const Report& report, std::size_t rows, Output& out);

} // namespace interdict::evidence
