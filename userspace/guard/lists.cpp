// SPDX-License-Identifier: Apache-2.0
#include "guard/lists.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "order/fields.h"
#include "order/json_tree.h"
#include "order/name.h"

namespace interdict::guard {

namespace {

using order::JsonValue;
using order::Path;
using Type = JsonValue::Type;

constexpr std::size_t kListProblemsMax = 1000;

constexpr std::array<std::pair<Format, std::string_view>, 7> kFormats{{
    {Format::Plain, "plain"},
    {Format::Misp, "misp"},
    {Format::Cloudflare, "cloudflare"},
    {Format::Fastly, "fastly"},
    {Format::Aws, "aws"},
    {Format::Google, "google"},
    {Format::Gcore, "gcore"},
}};

struct Fault {
    std::string message;
    std::string remedy;
};

// A prefix, or one address without a length, as lists often have it.
std::expected<order::Prefix, Fault> read_prefix(std::string_view text)
{
    if (auto address = order::parse_address(text))
        return *address;
    auto prefix = order::parse_prefix(text);
    if (!prefix)
        return std::unexpected(Fault{prefix.error().message, prefix.error().remedy});
    return *prefix;
}

std::expected<order::NameTarget, Fault> read_name(std::string_view text)
{
    if (text.starts_with("*."))
        text.remove_prefix(2);
    else if (text.starts_with('.'))
        text.remove_prefix(1);
    auto name = order::normalise_name(text, order::Match::Exact);
    if (!name)
        return std::unexpected(Fault{name.error().message, name.error().remedy});
    const bool suffix = order::public_suffix(*name) != order::Suffix::None;
    return order::NameTarget{*std::move(name), suffix ? order::Match::Exact : order::Match::Subtree};
}

bool looks_like_prefix(std::string_view text)
{
    const std::string_view address = text.substr(0, text.find('/'));
    return address.find(':') != address.npos ||
           address.find_first_not_of("0123456789.") == std::string_view::npos;
}

enum class Accepts { Prefixes, Names, Both };

std::optional<Fault> add_entry(std::string_view text, Accepts accepts, List& list)
{
    if (accepts == Accepts::Prefixes || (accepts == Accepts::Both && looks_like_prefix(text))) {
        auto prefix = read_prefix(text);
        if (!prefix)
            return prefix.error();
        list.prefixes.push_back({*prefix, {}});
        return std::nullopt;
    }
    auto name = read_name(text);
    if (!name)
        return name.error();
    list.names.push_back({*std::move(name), {}});
    return std::nullopt;
}

void read_plain(std::string_view text, const std::string& file, ReadList& out)
{
    std::size_t unlisted = 0;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        line = line.substr(0, line.find('#'));
        const auto first = line.find_first_not_of(" \t\r");
        if (first == line.npos)
            continue;
        line = line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
        auto fault = add_entry(line, Accepts::Both, out.list);
        if (fault && out.problems.size() < kListProblemsMax)
            out.problems.push_back({.file = file,
                                    .json_path = "entry",
                                    .line = number,
                                    .value = order::printable(line, 300),
                                    .message = std::move(fault->message),
                                    .remedy = std::move(fault->remedy)});
        else if (fault)
            ++unlisted;
    }
    if (unlisted != 0)
        out.problems.push_back({.file = file,
                                .json_path = "entry",
                                .value = {},
                                .message = fmt::format("{} more lines cannot be read", unlisted),
                                .remedy = "see whether the file is a list at all"});
}

// One JSON list of ranges: strings, or objects that have one of the keys.
class JsonList {
public:
    JsonList(std::string_view text, const std::string& file, List& list)
        : report_(text, file, kListProblemsMax), list_(list)
    {
        if (const auto read = tree_.read(text); !read)
            report_.syntax(read.error());
        else if (order::expect_type(tree_.root(), Type::Object, root_, report_))
            readable_ = true;
    }

    [[nodiscard]] bool readable() const { return readable_; }
    [[nodiscard]] std::optional<JsonValue> member(std::string_view key) const
    {
        return member(tree_.root(), key);
    }
    [[nodiscard]] static std::optional<JsonValue> member(JsonValue object, std::string_view key)
    {
        for (const JsonValue value : object)
            if (value.key() == key)
                return value;
        return std::nullopt;
    }

    void lacks(std::string message, std::string remedy)
    {
        report_.missing(root_, tree_.root(), std::move(message), std::move(remedy));
    }

    // Strings.
    void strings(JsonValue list, const Path& path, Accepts accepts)
    {
        if (!order::expect_type(list, Type::List, path, report_))
            return;
        for (std::size_t i = 0; const JsonValue entry : list) {
            const Path at = path.at(i++);
            if (order::expect_type(entry, Type::String, at, report_))
                add(entry, at, accepts);
        }
    }

    // Objects; of each the first of keys that it has. services: what its "service" may be; empty = anything.
    void objects(JsonValue list, const Path& path, std::span<const std::string_view> keys,
                 std::span<const std::string> services)
    {
        if (!order::expect_type(list, Type::List, path, report_))
            return;
        for (std::size_t i = 0; const JsonValue entry : list) {
            const Path at = path.at(i++);
            if (!order::expect_type(entry, Type::Object, at, report_))
                continue;
            if (!services.empty()) {
                const auto service = member(entry, "service");
                if (!service || std::ranges::find(services, service->text()) == services.end())
                    continue;
            }
            std::optional<JsonValue> value;
            for (const std::string_view key : keys)
                if (!value)
                    value = member(entry, key);
            if (!value)
                report_.missing(at, entry, "has no prefix", fmt::format("it needs \"{}\"", keys[0]));
            else if (order::expect_type(*value, Type::String, at.at(value->key()), report_))
                add(*value, at.at(value->key()), Accepts::Prefixes);
        }
    }

    [[nodiscard]] const Path& root() const { return root_; }
    [[nodiscard]] JsonValue value() const { return tree_.root(); }
    [[nodiscard]] std::vector<order::Problem> take_problems() { return report_.take_problems(); }

private:
    void add(JsonValue entry, const Path& at, Accepts accepts)
    {
        if (auto fault = add_entry(entry.text(), accepts, list_))
            report_.problem(at, entry, std::move(fault->message), std::move(fault->remedy));
    }

    Path root_;
    order::JsonTree tree_;
    order::Report report_;
    List& list_;
    bool readable_ = false;
};

void read_misp(JsonList& json)
{
    const auto type = json.member("type");
    const auto list = json.member("list");
    if (!type || !type->is(Type::String) || !list) {
        json.lacks("is no MISP warninglist: it needs \"type\" and \"list\"",
                   "take list.json of one of MISP's folders");
        return;
    }
    if (type->text() == "cidr")
        json.strings(*list, json.root().at("list"), Accepts::Prefixes);
    else if (type->text() == "hostname")
        json.strings(*list, json.root().at("list"), Accepts::Names);
    else if (type->text() == "string")
        json.strings(*list, json.root().at("list"), Accepts::Both);
    else
        json.lacks(
            fmt::format("is a warninglist of type \"{}\", whose entries are neither names nor prefixes",
                        order::printable(type->text())),
            "take lists of type cidr, hostname or string");
}

// Keys of a JSON object, each a list of prefixes; at least one of them must be there.
void read_keys(JsonList& json, std::optional<JsonValue> object, const Path& path,
               std::span<const std::string_view> keys)
{
    bool any = false;
    for (const std::string_view key : keys)
        if (const auto list = object ? JsonList::member(*object, key) : std::nullopt) {
            any = true;
            json.strings(*list, path.at(key), Accepts::Prefixes);
        }
    if (!any)
        json.lacks(fmt::format("has neither \"{}\" nor \"{}\"", keys[0], keys[1]),
                   "check the format that the settings give for this file");
}

void read_ranges(JsonList& json, std::span<const std::string_view> lists,
                 std::span<const std::string_view> keys, std::span<const std::string> services)
{
    bool any = false;
    for (const std::string_view key : lists)
        if (const auto list = json.member(key)) {
            any = true;
            json.objects(*list, json.root().at(key), keys, services);
        }
    if (!any)
        json.lacks(fmt::format("has no \"{}\"", lists[0]),
                   "check the format that the settings give for this file");
}

void read_json(std::string_view text, const ListSpec& spec, const std::string& file, ReadList& out)
{
    constexpr std::array<std::string_view, 2> kCloudflare{"ipv4_cidrs", "ipv6_cidrs"};
    constexpr std::array<std::string_view, 2> kFastly{"addresses", "ipv6_addresses"};
    constexpr std::array<std::string_view, 2> kGcore{"addresses", "addresses_v6"};
    constexpr std::array<std::string_view, 2> kAwsLists{"prefixes", "ipv6_prefixes"};
    constexpr std::array<std::string_view, 2> kAws{"ip_prefix", "ipv6_prefix"};
    constexpr std::array<std::string_view, 1> kGoogleLists{"prefixes"};
    constexpr std::array<std::string_view, 2> kGoogle{"ipv4Prefix", "ipv6Prefix"};

    JsonList json(text, file, out.list);
    if (json.readable())
        switch (spec.format) {
        case Format::Plain:
            break;
        case Format::Misp:
            read_misp(json);
            break;
        case Format::Cloudflare:
            read_keys(json, json.member("result"), json.root().at("result"), kCloudflare);
            break;
        case Format::Fastly:
        case Format::Gcore:
            read_keys(json, json.value(), json.root(), spec.format == Format::Fastly ? kFastly : kGcore);
            break;
        case Format::Aws:
            read_ranges(json, kAwsLists, kAws, spec.services);
            break;
        case Format::Google:
            read_ranges(json, kGoogleLists, kGoogle, {});
            break;
        }
    out.problems = json.take_problems();
}

std::string usual_words(const ListSpec& spec)
{
    if (!spec.because.empty())
        return spec.because;
    return spec.shared ? "its addresses carry many sites each, and a block on one takes all of them away"
                       : "it must stay reachable";
}

} // namespace

ReadList read_list(std::string_view text, const ListSpec& spec, const std::string& file)
{
    ReadList out;
    out.list.label = spec.label;
    out.list.kind = spec.shared ? ListKind::Shared : ListKind::Protected;
    out.list.source = file;
    out.list.because = usual_words(spec);
    if (spec.format == Format::Plain)
        read_plain(text, file, out);
    else
        read_json(text, spec, file, out);
    if (spec.shared && !out.list.names.empty()) {
        out.problems.push_back({.file = file,
                                .json_path = "$",
                                .value = {},
                                .message = fmt::format("has {} names, but a shared network has only prefixes",
                                                       out.list.names.size()),
                                .remedy = "leave \"shared\" out for lists of names"});
        out.list.names.clear();
    }
    std::ranges::sort(out.list.names, {}, &NameEntry::name);
    // For people: IPv4 first.
    std::ranges::sort(out.list.prefixes, {},
                      [](const PrefixEntry& entry) { return std::pair(entry.prefix.v6, entry.prefix); });
    const auto same_names = std::ranges::unique(out.list.names, {}, &NameEntry::name);
    out.list.names.erase(same_names.begin(), same_names.end());
    const auto same_prefixes = std::ranges::unique(out.list.prefixes, {}, &PrefixEntry::prefix);
    out.list.prefixes.erase(same_prefixes.begin(), same_prefixes.end());
    return out;
}

std::optional<std::string> refusal(const List& fresh, const List* good, const ListSpec& spec)
{
    const std::size_t now = fresh.entries();
    if (now < spec.min_entries)
        return fmt::format("has {} entries, fewer than min_entries, {}", now, spec.min_entries);
    if (!good || now >= good->entries())
        return std::nullopt;
    const std::size_t lost = good->entries() - now;
    if (lost * 100 > good->entries() * spec.max_drop_percent)
        return fmt::format(
            "has {} entries, {}% fewer than the {} of the last good copy; max_drop_percent is {}", now,
            lost * 100 / good->entries(), good->entries(), spec.max_drop_percent);
    return std::nullopt;
}

std::optional<Format> format_named(std::string_view text)
{
    const auto found = std::ranges::find(kFormats, text, &std::pair<Format, std::string_view>::second);
    return found == kFormats.end() ? std::nullopt : std::optional(found->first);
}

std::string_view to_string(Format format)
{
    return std::ranges::find(kFormats, format, &std::pair<Format, std::string_view>::first)->second;
}

std::string_view to_string(ListKind kind)
{
    switch (kind) {
    case ListKind::Own:
        return "own";
    case ListKind::Infrastructure:
        return "infrastructure";
    case ListKind::Protected:
        return "protected";
    case ListKind::SpecialPurpose:
        return "special-purpose";
    case ListKind::Shared:
        return "shared";
    }
    return "protected";
}

} // namespace interdict::guard
