// SPDX-License-Identifier: Apache-2.0
//
// report.h: the rows of the bench: as a table while they come, as JSON at the end.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "samples.h"

namespace interdict::bench {

struct Target {
    enum class Kind { None, AtMost, AtLeast, Below };
    Kind kind = Kind::None;
    double bound = 0;

    // "<= 150", ">= 2", "< 2", or "report" where there is none.
    [[nodiscard]] std::string text() const;
    [[nodiscard]] bool met(double value) const;
};

[[nodiscard]] inline Target at_most(double bound) { return {Target::Kind::AtMost, bound}; }
[[nodiscard]] inline Target at_least(double bound) { return {Target::Kind::AtLeast, bound}; }
[[nodiscard]] inline Target below(double bound) { return {Target::Kind::Below, bound}; }

struct Row {
    std::string name;
    std::optional<Spread> value; // nothing: skipped
    std::string unit;
    Target target;
    std::string remark; // why it was skipped, or what the table should say behind it
};

class Report {
public:
    explicit Report(bool colour) : colour_(colour) {}

    // A line of its own in the table.
    void heading(const std::string& text);
    void add(Row row);
    void add(std::string name, const Spread& value, std::string unit, Target target = {},
             std::string remark = {});
    void add(std::string name, double value, std::string unit, Target target = {}, std::string remark = {});
    void skip(std::string name, std::string unit, Target target, std::string reason);

    // Rows whose target is missed.
    [[nodiscard]] std::size_t missed() const;
    void summary() const;

    // A list of {"name", "value", "unit", "target", "ok"}. ok is true where there is no target; value and ok
    // are null in a row that was skipped, and its target says so.
    [[nodiscard]] Result<void> write_json(const std::string& path) const;

private:
    bool colour_;
    std::vector<Row> rows_;
};

} // namespace interdict::bench
