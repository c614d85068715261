// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "order/fields.h"
#include "order/parse.h"
#include "order/values.h"

namespace interdict::order {

namespace {

using Type = JsonValue::Type;

constexpr std::array<std::string_view, 1> kScopesKeys{"scopes"};
constexpr std::array<std::string_view, 4> kScopeKeys{"name", "interfaces", "vlans", "prefixes"};
constexpr std::size_t kNameMax = 64;
constexpr std::size_t kInterfaceMax = 15; // IFNAMSIZ - 1
constexpr std::size_t kProblemsMax = 1000;

std::string parse_name(const Fields& fields)
{
    constexpr std::string_view kRemedy = "write letters, digits, - and _, e.g. italy";
    const auto value = fields.require("name", Type::String, kRemedy);
    if (!value)
        return {};
    const std::string_view name = value->text();
    const bool plain = std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_';
    });
    if (name.empty() || name.size() > kNameMax || !plain)
        fields.problem("name", *value, "is not a name for a scope", std::string(kRemedy));
    return std::string(name);
}

void add_interface(JsonValue entry, const Path& at, Report& report, Scope& scope)
{
    if (!expect_type(entry, Type::String, at, report))
        return;
    std::string name(entry.text());
    const bool plain =
        std::ranges::all_of(name, [](char c) { return c > 0x20 && c < 0x7f && c != '/' && c != ':'; });
    if (name.empty() || name.size() > kInterfaceMax || !plain || name == "." || name == "..")
        report.problem(at, entry, "is not the name of an interface",
                       fmt::format("write it as `ip link` does, at most {} bytes", kInterfaceMax));
    else if (std::ranges::find(scope.interfaces, name) != scope.interfaces.end())
        report.problem(at, entry, "is in the list twice", "keep one of the two");
    else
        scope.interfaces.push_back(std::move(name));
}

void add_prefix(JsonValue entry, const Path& at, Report& report, Scope& scope)
{
    const auto prefix = read_prefix(entry, at, report);
    if (!prefix)
        return;
    if (std::ranges::find(scope.prefixes, *prefix) != scope.prefixes.end())
        report.problem(at, entry, "is in the list twice", "keep one of the two");
    else
        scope.prefixes.push_back(*prefix);
}

void add_vlan(JsonValue entry, const Path& at, Report& report, Scope& scope)
{
    if (const auto range = parse_range(entry, at, report, "VLAN", 1, 4094))
        scope.vlans.push_back({range->first, range->last});
}

// An empty list would hold nowhere, or everywhere: nobody can tell which was meant.
template <class Add>
bool each(const Fields& fields, const Path& path, Report& report, std::string_view key, Add add)
{
    const auto list = fields.each(key, add);
    if (list && list->size() == 0)
        report.problem(path.at(key), *list, "is empty", "leave it out if it does not matter");
    return fields.find(key).has_value();
}

std::optional<Scope> parse_scope(JsonValue value, const Path& path, Report& report)
{
    const std::size_t before = report.count();
    const Fields fields(value, path, report, kScopeKeys);
    if (!fields.is_object())
        return std::nullopt;
    Scope scope;
    scope.name = parse_name(fields);
    bool any = false;
    any |= each(fields, path, report, "interfaces",
                [&](JsonValue entry, const Path& at) { add_interface(entry, at, report, scope); });
    any |= each(fields, path, report, "vlans",
                [&](JsonValue entry, const Path& at) { add_vlan(entry, at, report, scope); });
    any |= each(fields, path, report, "prefixes",
                [&](JsonValue entry, const Path& at) { add_prefix(entry, at, report, scope); });
    if (!any)
        report.missing(path, value, "has no interfaces, vlans or prefixes", "say where it applies");
    return report.count() == before ? std::optional(std::move(scope)) : std::nullopt;
}

} // namespace

ParsedScopes parse_scopes(std::string_view json, std::string file)
{
    Report report(json, std::move(file), kProblemsMax);
    ParsedScopes parsed;
    JsonTree tree;
    if (!read_tree(json, tree, report)) {
        parsed.problems = report.take_problems();
        return parsed;
    }

    const Path root;
    const Fields fields(tree.root(), root, report, kScopesKeys);
    if (const auto list = fields.require("scopes", Type::List, "write {\"scopes\": [...]}")) {
        const Path here = root.at("scopes");
        for (std::size_t i = 0; const JsonValue entry : *list) {
            const Path at = here.at(i++);
            auto scope = parse_scope(entry, at, report);
            if (!scope)
                continue;
            if (std::ranges::find(parsed.scopes, scope->name, &Scope::name) != parsed.scopes.end())
                for (const JsonValue member : entry) {
                    if (member.key() == "name")
                        report.problem(at.at("name"), member, "is already the name of another scope",
                                       "give each scope a name of its own");
                }
            else
                parsed.scopes.push_back(*std::move(scope));
        }
        if (list->size() > INTERDICT_SCOPES_MAX)
            fields.problem(
                "scopes", *list,
                fmt::format("has {} scopes, the kernel's limit is {}", list->size(), INTERDICT_SCOPES_MAX),
                "join scopes that always stand together");
    }
    if (parsed.scopes.size() > INTERDICT_SCOPES_MAX)
        parsed.scopes.resize(INTERDICT_SCOPES_MAX);
    parsed.problems = report.take_problems();
    return parsed;
}

} // namespace interdict::order
