// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include <cmath>
#include <cstdio>
#include <fstream>

#include <fmt/color.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace interdict::bench {

namespace {

// Three significant digits, no exponent.
std::string figure(double value)
{
    const double size = std::fabs(value);
    const int digits = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
    return fmt::format("{:.{}f}", value, digits);
}

double rounded(double value) { return std::round(value * 1000) / 1000; }

} // namespace

std::string Target::text() const
{
    switch (kind) {
    case Kind::AtMost:
        return fmt::format("<= {:g}", bound);
    case Kind::AtLeast:
        return fmt::format(">= {:g}", bound);
    case Kind::Below:
        return fmt::format("< {:g}", bound);
    case Kind::None:
        break;
    }
    return "report";
}

bool Target::met(double value) const
{
    switch (kind) {
    case Kind::AtMost:
        return value <= bound;
    case Kind::AtLeast:
        return value >= bound;
    case Kind::Below:
        return value < bound;
    case Kind::None:
        break;
    }
    return true;
}

void Report::heading(const std::string& text) { fmt::print("\n{}\n", text); }

void Report::add(Row row)
{
    const bool has_target = row.target.kind != Target::Kind::None;
    const bool missed = row.value && !row.target.met(row.value->median);
    const char* mark = !row.value ? "skipped" : !has_target ? "" : missed ? "MISSED" : "ok";
    std::string range;
    if (row.value && row.value->least != row.value->most)
        range = fmt::format("{}..{}", figure(row.value->least), figure(row.value->most));
    std::string line = fmt::format("  {:<52} {:>8} {:<11} {:<15} {:<8} {:<7} {}", row.name,
                                   row.value ? figure(row.value->median) : "-", row.unit, range,
                                   has_target ? row.target.text() : "", mark, row.remark);
    line.erase(line.find_last_not_of(' ') + 1);
    if (colour_ && has_target && row.value)
        fmt::print(fg(missed ? fmt::terminal_color::red : fmt::terminal_color::green), "{}\n", line);
    else
        fmt::print("{}\n", line);
    std::fflush(stdout);
    rows_.push_back(std::move(row));
}

void Report::add(std::string name, const Spread& value, std::string unit, Target target, std::string remark)
{
    add(Row{std::move(name), value, std::move(unit), target, std::move(remark)});
}

void Report::add(std::string name, double value, std::string unit, Target target, std::string remark)
{
    add(std::move(name), Spread{value, value, value}, std::move(unit), target, std::move(remark));
}

void Report::skip(std::string name, std::string unit, Target target, std::string reason)
{
    add(Row{std::move(name), std::nullopt, std::move(unit), target, std::move(reason)});
}

std::size_t Report::missed() const
{
    std::size_t count = 0;
    for (const auto& row : rows_)
        count += row.value && !row.target.met(row.value->median);
    return count;
}

void Report::summary() const
{
    std::size_t targets = 0;
    std::size_t skipped = 0;
    for (const auto& row : rows_) {
        targets += row.target.kind != Target::Kind::None && row.value;
        skipped += !row.value;
    }
    fmt::print("\n{} rows: {} of {} targets met, {} skipped\n", rows_.size(), targets - missed(), targets,
               skipped);
}

Result<void> Report::write_json(const std::string& path) const
{
    auto list = nlohmann::ordered_json::array();
    for (const auto& row : rows_) {
        nlohmann::ordered_json entry;
        entry["name"] = row.name;
        entry["value"] = nullptr;
        entry["unit"] = row.unit;
        entry["target"] =
            row.value ? row.target.text() : fmt::format("{}; skipped: {}", row.target.text(), row.remark);
        entry["ok"] = nullptr;
        if (row.value) {
            entry["value"] = rounded(row.value->median);
            entry["ok"] = row.target.met(row.value->median);
        }
        list.push_back(std::move(entry));
    }
    std::ofstream file(path);
    file << list.dump(2) << '\n';
    if (!file.flush())
        return fail("{}: cannot write", path);
    return {};
}

} // namespace interdict::bench
