// SPDX-License-Identifier: Apache-2.0
#include "watch/settings.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/file.h"
#include "order/fields.h"
#include "order/values.h"

namespace interdict::watch {

namespace {

using order::Fields;
using order::JsonValue;
using order::Path;
using order::Report;

constexpr std::size_t kProblemsMax = 1000;
constexpr std::int64_t kIntervalMin = 60;

constexpr std::array<std::string_view, 12> kRootKeys{
    "resolvers", "quorum",  "interval",     "settled_after",    "dead_after", "limits",
    "ask_mx",    "banners", "banner_lists", "built_in_banners", "stop_pages", "candidates"};
constexpr std::array<std::string_view, 2> kPatienceKeys{"checks", "for"};
constexpr std::array<std::string_view, 5> kBannerKeys{"label", "kind", "name_servers", "names", "prefixes"};
constexpr std::array<std::string_view, 4> kBannerListKeys{"label", "kind", "file", "format"};
constexpr std::array<std::string_view, 5> kLimitKeys{"names_per_check", "per_second", "concurrent",
                                                     "timeout_ms", "tries"};
constexpr std::array<std::string_view, 2> kCandidateKeys{"order", "names"};
constexpr std::array<std::string_view, 2> kKinds{"seized", "parked"};

void read_patience(const Fields& root, const Path& path, Report& report, std::string_view key, Patience& into)
{
    const auto object = root.find(key, JsonValue::Type::Object);
    if (!object)
        return;
    const Path here = path.at(key);
    const Fields fields(*object, here, report, kPatienceKeys);
    read_number(fields, "checks", 1, 1000, into.checks);
    read_duration(fields, "for", 0, into.seconds);
}

void read_names(const Fields& fields, Report& report, std::string_view key, std::vector<std::string>& into)
{
    fields.each(key, [&](JsonValue entry, const Path& at) {
        if (auto name = order::read_host_name(entry, at, report))
            into.push_back(*std::move(name));
    });
}

void read_prefixes(const Fields& fields, Report& report, std::string_view key,
                   std::vector<order::Prefix>& into)
{
    fields.each(key, [&](JsonValue entry, const Path& at) {
        if (const auto prefix = order::read_prefix(entry, at, report))
            into.push_back(*prefix);
    });
}

void read_resolvers(const Fields& root, const Path& path, Report& report, Settings& settings)
{
    const auto required =
        root.require("resolvers", JsonValue::Type::List, "write {\"resolvers\": [\"192.0.2.53\", ...]}");
    if (!required)
        return;
    root.each("resolvers", [&](JsonValue entry, const Path& at) {
        if (!expect_type(entry, JsonValue::Type::String, at, report))
            return;
        const auto server = parse_server(entry.text());
        const auto same = [&](const Server& other) {
            return other.address == server->address && other.port == server->port;
        };
        if (!server)
            report.problem(at, entry, server.error().message, "name a recursive resolver");
        else if (std::ranges::any_of(settings.resolvers, same))
            report.problem(at, entry, "is in the list twice", "keep one: each resolver has one vote");
        else
            settings.resolvers.push_back(*server);
    });
    if (required->size() == 0)
        report.problem(path.at("resolvers"), *required, "is empty",
                       "name at least one resolver, better three");
}

void read_quorum(const Fields& root, Settings& settings)
{
    const auto count = static_cast<unsigned>(settings.resolvers.size());
    settings.quorum = count / 2 + 1;
    const auto value = root.find("quorum", JsonValue::Type::Integer);
    if (!value || count == 0)
        return;
    if (value->integer() < count / 2 + 1 || value->integer() > count)
        root.problem("quorum", *value, "is not a majority of the resolvers",
                     fmt::format("write a number from {} to {}", count / 2 + 1, count));
    else
        settings.quorum = static_cast<unsigned>(value->integer());
}

void read_kind(const Fields& fields, Takeover& into)
{
    const auto kind = fields.find("kind", JsonValue::Type::String);
    if (!kind)
        return;
    if (kind->text() == kKinds[0])
        into = Takeover::Seized;
    else if (kind->text() == kKinds[1])
        into = Takeover::Parked;
    else
        fields.problem("kind", *kind, "is no kind of banner", "write " + order::one_of(kind->text(), kKinds));
}

void read_banner_list(JsonValue value, const Path& path, Report& report, Settings& settings)
{
    const Fields fields(value, path, report, kBannerListKeys);
    if (!fields.is_object())
        return;
    BannerFile list;
    list.label = fields.require_text("label", "write whose hosts these are");
    list.file = fields.require_text("file", "write the file's path");
    read_kind(fields, list.kind);
    if (const auto format = fields.find("format", JsonValue::Type::String)) {
        if (const auto known = guard::format_named(format->text()))
            list.format = *known;
        else
            fields.problem("format", *format, "is no format of a list", "write plain or misp");
    }
    settings.banner_files.push_back(std::move(list));
}

void read_banner(JsonValue value, const Path& path, Report& report, Settings& settings)
{
    const Fields fields(value, path, report, kBannerKeys);
    if (!fields.is_object())
        return;
    Banner banner;
    banner.label = fields.require_text("label", "write whose hosts these are");
    read_kind(fields, banner.kind);
    const std::size_t before = report.count();
    read_names(fields, report, "name_servers", banner.name_servers);
    read_names(fields, report, "names", banner.names);
    read_prefixes(fields, report, "prefixes", banner.prefixes);
    if (report.count() == before && banner.name_servers.empty() && banner.names.empty() &&
        banner.prefixes.empty())
        report.missing(path, value, "has no name_servers, names or prefixes", "say where the banner stands");
    settings.banners.push_back(std::move(banner));
}

void read_candidates(JsonValue value, const Path& path, Report& report, Settings& settings)
{
    const Fields fields(value, path, report, kCandidateKeys);
    if (!fields.is_object())
        return;
    Candidates candidates;
    candidates.order = fields.require_text("order", "write the id of a dynamic order");
    if (fields.require("names", JsonValue::Type::List, "write the names to watch for this order"))
        read_names(fields, report, "names", candidates.names);
    settings.candidates.push_back(std::move(candidates));
}

void read_limits(const Fields& root, const Path& path, Report& report, Settings& settings)
{
    const auto object = root.find("limits", JsonValue::Type::Object);
    if (!object)
        return;
    const Path here = path.at("limits");
    const Fields fields(*object, here, report, kLimitKeys);
    read_number(fields, "names_per_check", 1, 1'000'000, settings.names_per_check);
    read_number(fields, "per_second", 1, 10'000, settings.pace.per_second);
    read_number(fields, "concurrent", 1, 1000, settings.pace.concurrent);
    read_number(fields, "timeout_ms", 50, 30'000, settings.pace.timeout);
    read_number(fields, "tries", 1, 10, settings.pace.tries);
}

} // namespace

ParsedSettings parse_settings(std::string_view json, std::string file)
{
    Report report(json, std::move(file), kProblemsMax);
    ParsedSettings parsed;
    order::JsonTree tree;
    if (!read_tree(json, tree, report)) {
        parsed.problems = report.take_problems();
        return parsed;
    }
    Settings& settings = parsed.settings;
    const Path path;
    const Fields root(tree.root(), path, report, kRootKeys);
    if (root.is_object()) {
        read_resolvers(root, path, report, settings);
        read_quorum(root, settings);
        read_duration(root, "interval", kIntervalMin, settings.interval);
        read_patience(root, path, report, "settled_after", settings.settled);
        read_patience(root, path, report, "dead_after", settings.dead);
        settings.mx = root.boolean_or("ask_mx", false);
        if (!root.boolean_or("built_in_banners", true))
            settings.banners.clear();
        root.each("banners",
                  [&](JsonValue value, const Path& at) { read_banner(value, at, report, settings); });
        root.each("banner_lists",
                  [&](JsonValue value, const Path& at) { read_banner_list(value, at, report, settings); });
        read_prefixes(root, report, "stop_pages", settings.stop_pages);
        root.each("candidates",
                  [&](JsonValue value, const Path& at) { read_candidates(value, at, report, settings); });
        read_limits(root, path, report, settings);
    }
    parsed.problems = report.take_problems();
    return parsed;
}

ParsedSettings load_settings(const std::filesystem::path& file)
{
    const auto unreadable = [](const std::filesystem::path& path, const Error& error) {
        return order::Problem{.file = path.string(),
                              .json_path = "$",
                              .value = {},
                              .message = error.message,
                              .remedy = "name a file that exists and can be read"};
    };
    const auto text = read_file(file);
    if (!text) {
        ParsedSettings parsed;
        parsed.problems.push_back(unreadable(file, text.error()));
        return parsed;
    }
    auto parsed = parse_settings(*text, file.string());
    for (const auto& list : parsed.settings.banner_files) {
        const auto path = file.parent_path() / list.file;
        const auto entries = read_file(path);
        if (!entries) {
            parsed.problems.push_back(unreadable(path, entries.error()));
            continue;
        }
        guard::ListSpec spec;
        spec.label = list.label;
        spec.format = list.format;
        auto read = guard::read_list(*entries, spec, path.string());
        for (auto& problem : read.problems)
            parsed.problems.push_back(std::move(problem));
        Banner banner{.label = list.label, .kind = list.kind};
        for (const auto& entry : read.list.names)
            banner.name_servers.push_back(entry.name.name);
        banner.names = banner.name_servers;
        for (const auto& entry : read.list.prefixes)
            banner.prefixes.push_back(entry.prefix);
        parsed.settings.banners.push_back(std::move(banner));
    }
    return parsed;
}

} // namespace interdict::watch
