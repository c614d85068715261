// SPDX-License-Identifier: Apache-2.0
//
// fields.h: reading objects strictly: what is unknown, repeated, missing or of the wrong type is reported.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "order/json_tree.h"
#include "order/problem.h"

namespace interdict::order {

// Where a value stands, as a chain on the stack: no text is made unless there is a problem.
class Path {
public:
    Path() = default;
    [[nodiscard]] Path at(std::string_view key) const { return Path(this, key, 0); }
    [[nodiscard]] Path at(std::size_t index) const { return Path(this, {}, index); }
    [[nodiscard]] std::string text() const; // "$.orders[2].targets[0].name"

private:
    Path(const Path* parent, std::string_view key, std::size_t index)
        : parent_(parent), key_(key), index_(index)
    {
    }

    const Path* parent_ = nullptr;
    std::string_view key_;
    std::size_t index_ = 0;
};

// Collects the problems of one file.
class Report {
public:
    Report(std::string_view json, std::string file, std::size_t max_problems)
        : json_(json), file_(std::move(file)), max_problems_(max_problems)
    {
    }

    // value: the culprit, quoted in the problem if it is a scalar, and the source of its line.
    void problem(const Path& path, JsonValue value, std::string message, std::string remedy);
    // Something is missing from where.
    void missing(const Path& path, JsonValue where, std::string message, std::string remedy);
    void syntax(const SyntaxFault& fault);
    void warning(const Path& path, JsonValue value, std::string message, std::string remedy);

    // Problems so far, listed or not: a caller sees by it whether one of its callees found any.
    [[nodiscard]] std::size_t count() const { return problems_.size() + unlisted_; }
    [[nodiscard]] std::size_t line_of(JsonValue value);
    [[nodiscard]] std::vector<Problem> take_problems() { return std::move(problems_); }
    [[nodiscard]] std::vector<Problem> take_warnings() { return std::move(warnings_); }
    [[nodiscard]] std::size_t unlisted() const { return unlisted_; }
    [[nodiscard]] const std::string& file() const { return file_; }

private:
    void add(std::vector<Problem>& list, const Path& path, JsonValue value, bool quote, std::string message,
             std::string remedy);

    std::string_view json_;
    std::string file_;
    std::size_t max_problems_;
    std::vector<Problem> problems_;
    std::vector<Problem> warnings_;
    std::size_t unlisted_ = 0;
    std::vector<std::size_t> line_ends_; // made at the first problem
};

// One object of the file. Every getter reports what is wrong and then returns nothing.
class Fields {
public:
    // Reports members that are not in known and repeated ones. A value that is not an object is reported as
    // such and has no members.
    Fields(JsonValue object, const Path& path, Report& report, std::span<const std::string_view> known);

    [[nodiscard]] bool is_object() const { return object_.is(JsonValue::Type::Object); }
    [[nodiscard]] JsonValue value() const { return object_; }

    // Absent, or null where an absent one is meant: nothing, without a report.
    [[nodiscard]] std::optional<JsonValue> find(std::string_view key) const;
    [[nodiscard]] std::optional<JsonValue> find(std::string_view key, JsonValue::Type type) const;
    // remedy: what to write for it.
    [[nodiscard]] std::optional<JsonValue> require(std::string_view key, JsonValue::Type type,
                                                   std::string_view remedy) const;
    // A required line of text: not empty, at most 1024 bytes, no control characters.
    [[nodiscard]] std::string require_text(std::string_view key, std::string_view remedy) const;
    [[nodiscard]] bool boolean_or(std::string_view key, bool otherwise) const;
    // A timestamp after 1970; 0 if absent or faulty.
    [[nodiscard]] std::int64_t timestamp(std::string_view key) const;

    // Calls use(entry, its path) for each entry of a list, and returns the list if it is there.
    template <class Use>
    std::optional<JsonValue> each(std::string_view key, Use use) const
    {
        const auto list = find(key, JsonValue::Type::List);
        const Path here = path_.at(key);
        if (list)
            for (std::size_t i = 0; const JsonValue entry : *list)
                use(entry, here.at(i++));
        return list;
    }

    void problem(std::string_view key, JsonValue value, std::string message, std::string remedy) const;

private:
    JsonValue object_;
    const Path& path_;
    Report& report_;
};

// "one of a, b, c", with the nearest first if there is one.
[[nodiscard]] std::string one_of(std::string_view word, std::span<const std::string_view> candidates);

// Reports if value is not of the type.
[[nodiscard]] bool expect_type(JsonValue value, JsonValue::Type type, const Path& path, Report& report);

// An integer or a range "8000-8100" from least to most, as first and last. unit: "port", "VLAN".
struct NumberRange {
    std::uint16_t first = 0;
    std::uint16_t last = 0;
};
[[nodiscard]] std::optional<NumberRange> parse_range(JsonValue value, const Path& path, Report& report,
                                                     std::string_view unit, std::int64_t least,
                                                     std::int64_t most);

} // namespace interdict::order
