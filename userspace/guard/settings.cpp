// SPDX-License-Identifier: Apache-2.0
#include "guard/settings.h"

#include <algorithm>
#include <array>

#include "order/fields.h"
#include "order/name.h"
#include "order/values.h"

namespace interdict::guard {

namespace {

using order::Fields;
using order::JsonValue;
using order::Path;
using order::Report;
using Type = JsonValue::Type;

constexpr std::array<std::string_view, 7> kRootKeys{
    "own", "lists", "canaries", "max_width", "sharing", "require_expiry", "allow_special_purpose"};
constexpr std::array<std::string_view, 4> kOwnKeys{"label", "names", "prefixes", "because"};
constexpr std::array<std::string_view, 2> kNameKeys{"name", "match"};
constexpr std::array<std::string_view, 9> kListKeys{
    "label", "file", "format", "shared", "min_entries", "max_drop_percent", "max_age", "because", "services"};
constexpr std::array<std::string_view, 2> kWidthKeys{"ipv4", "ipv6"};
constexpr std::array<std::string_view, 2> kSharing{"acknowledge", "hold"};
constexpr std::array<std::string_view, 7> kFormatNames{"plain", "misp",   "cloudflare", "fastly",
                                                       "aws",   "google", "gcore"};
constexpr std::size_t kProblemsMax = 1000;

void read_own_name(JsonValue entry, const Path& at, Report& report, List& list)
{
    if (!entry.is(Type::Object)) {
        if (auto name = read_host_name(entry, at, report))
            list.names.push_back({{*std::move(name), order::Match::Subtree}, {}});
        return;
    }
    const Fields fields(entry, at, report, kNameKeys);
    order::Match match = order::Match::Subtree;
    if (const auto value = fields.find("match", Type::String); value && value->text() == "exact")
        match = order::Match::Exact;
    else if (value && value->text() != "subtree")
        fields.problem("match", *value, "is not a way to match", "write exact or subtree");
    if (const auto value = fields.require("name", Type::String, "write the host's name"))
        if (auto name = read_host_name(*value, at.at("name"), report))
            list.names.push_back({{*std::move(name), match}, {}});
}

List read_own(JsonValue value, const Path& path, Report& report)
{
    List list{.kind = ListKind::Own, .source = report.file()};
    const Fields fields(value, path, report, kOwnKeys);
    if (!fields.is_object())
        return list;
    list.label =
        "own: " + fields.require_text("label", "write what it is, e.g. stop pages, resolvers, management");
    list.because = fields.find("because")
                       ? fields.require_text("because", "say why it must stay reachable")
                       : "it is the operator's own, and its loss would hit every subscriber";
    fields.each("names", [&](JsonValue entry, const Path& at) { read_own_name(entry, at, report, list); });
    fields.each("prefixes", [&](JsonValue entry, const Path& at) {
        if (const auto read = read_prefix(entry, at, report))
            list.prefixes.push_back({*read, {}});
    });
    if (!fields.find("names") && !fields.find("prefixes"))
        report.missing(path, value, "has neither names nor prefixes", "write what is the operator's own");
    return list;
}

ListSpec read_spec(JsonValue value, const Path& path, Report& report)
{
    ListSpec spec;
    const Fields fields(value, path, report, kListKeys);
    if (!fields.is_object())
        return spec;
    spec.label = fields.require_text("label", "write a name for the list, e.g. Cloudflare");
    spec.file = fields.require_text("file", "write the path of the list");
    if (const auto format = fields.find("format", Type::String)) {
        if (const auto known = format_named(format->text()))
            spec.format = *known;
        else
            fields.problem("format", *format, "is not a format of lists",
                           "write " + order::one_of(format->text(), kFormatNames));
    }
    spec.shared = fields.boolean_or("shared", false);
    read_number(fields, "min_entries", 1, 100'000'000, spec.min_entries);
    read_number(fields, "max_drop_percent", 0, 100, spec.max_drop_percent);
    read_duration(fields, "max_age", 1, spec.max_age);
    if (fields.find("because"))
        spec.because = fields.require_text("because", "say why it must stay reachable");
    fields.each("services", [&](JsonValue entry, const Path& at) {
        if (order::expect_type(entry, Type::String, at, report))
            spec.services.emplace_back(entry.text());
    });
    if (const auto services = fields.find("services"); services && spec.format != Format::Aws)
        report.missing(path.at("services"), *services, "stands beside a format that has no services",
                       "leave it out, or write \"format\": \"aws\"");
    return spec;
}

void read_canary(JsonValue entry, const Path& at, Report& report, Settings& settings)
{
    if (!order::expect_type(entry, Type::String, at, report))
        return;
    if (const auto address = order::parse_address(entry.text()))
        settings.canary_addresses.push_back(*address);
    else if (auto name = read_host_name(entry, at, report))
        settings.canary_names.push_back(*std::move(name));
}

void read_width(const Fields& root, const Path& path, Report& report, Settings& settings)
{
    const auto value = root.find("max_width", Type::Object);
    if (!value)
        return;
    const Path here = path.at("max_width");
    const Fields fields(*value, here, report, kWidthKeys);
    read_number(fields, "ipv4", 1, 32, settings.max_width_v4);
    read_number(fields, "ipv6", 1, 128, settings.max_width_v6);
}

} // namespace

std::vector<order::Prefix> Settings::documentation_space()
{
    std::vector<order::Prefix> space;
    for (const char* text :
         {"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"})
        space.push_back(*order::parse_prefix(text));
    return space;
}

ParsedSettings parse_settings(std::string_view json, std::string file)
{
    Report report(json, std::move(file), kProblemsMax);
    ParsedSettings parsed;
    Settings& settings = parsed.settings;
    order::JsonTree tree;
    if (!read_tree(json, tree, report)) {
        parsed.problems = report.take_problems();
        return parsed;
    }

    const Path root;
    const Fields fields(tree.root(), root, report, kRootKeys);
    fields.each(
        "own", [&](JsonValue entry, const Path& at) { settings.own.push_back(read_own(entry, at, report)); });
    fields.each("lists", [&](JsonValue entry, const Path& at) {
        auto spec = read_spec(entry, at, report);
        // The label names the last good copy, too.
        if (!spec.label.empty() &&
            std::ranges::find(settings.lists, spec.label, &ListSpec::label) != settings.lists.end())
            report.missing(at.at("label"), entry, "is already the label of another list",
                           "give each list a label of its own");
        settings.lists.push_back(std::move(spec));
    });
    fields.each("canaries",
                [&](JsonValue entry, const Path& at) { read_canary(entry, at, report, settings); });
    read_width(fields, root, report, settings);
    if (const auto sharing = fields.find("sharing", Type::String)) {
        if (sharing->text() == "hold")
            settings.sharing = Sharing::Hold;
        else if (sharing->text() != "acknowledge")
            fields.problem("sharing", *sharing, "is not a way to treat shared networks",
                           "write " + order::one_of(sharing->text(), kSharing));
    }
    settings.require_expiry = fields.boolean_or("require_expiry", true);
    if (fields.find("allow_special_purpose")) {
        settings.allow_special_purpose.clear();
        fields.each("allow_special_purpose", [&](JsonValue entry, const Path& at) {
            if (const auto read = read_prefix(entry, at, report))
                settings.allow_special_purpose.push_back(*read);
        });
    }
    parsed.problems = report.take_problems();
    return parsed;
}

} // namespace interdict::guard
